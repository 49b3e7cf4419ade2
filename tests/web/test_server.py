"""What the web server's settings promise: modules are shared between processes, open things are not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ASK = """
import gc, json, os, runpy, sys, threading
fds = "/proc/self/fd"
files = lambda: {os.readlink(f"{fds}/{n}") for n in os.listdir(fds) if os.path.exists(f"{fds}/{n}")}
before = files() if os.path.isdir(fds) else set()
runpy.run_path("gunicorn.conf.py")["on_starting"](None)
opened = sorted((files() if before else set()) - before)
print(json.dumps({
    "read": "storefront.web.checkout.routes" in sys.modules,
    "frozen": gc.get_freeze_count() > 100_000,
    "threads": threading.active_count(),
    "opened": opened,
}))
"""


def test_the_master_reads_the_shop_and_opens_nothing() -> None:
    """A thread, a socket or a database that the master opens would be shared by its processes after the fork."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == {"read": True, "frozen": True, "threads": 1, "opened": []}
