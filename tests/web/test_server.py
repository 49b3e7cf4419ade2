"""What the web server promises: modules are shared between processes, open things are not; files stay in memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from storefront.web.assets import Shelf

ROOT = Path(__file__).resolve().parents[2]
_ASK = """
import gc, json, os, re, runpy, sys, threading
fds = "/proc/self/fd"
files = lambda: {os.readlink(f"{fds}/{n}") for n in os.listdir(fds) if os.path.exists(f"{fds}/{n}")}
before = files() if os.path.isdir(fds) else set()
runpy.run_path("gunicorn.conf.py")["on_starting"](None)
opened = sorted(one for one in (files() if before else set()) - before if not re.search(r"[.]so[.0-9]*$", one))
print(json.dumps({
    "read": "storefront.web.checkout.routes" in sys.modules,
    "frozen": gc.get_freeze_count() > 100_000,
    "threads": threading.active_count(),
    "opened": opened,
}))
"""


def test_the_master_reads_the_shop_and_opens_nothing() -> None:
    """A thread, a socket or a database that the master opens would be shared by its processes after the fork.

    Shared libraries may be: Python 3.15 keeps one of them open.
    """
    done = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == {"read": True, "frozen": True, "threads": 1, "opened": []}


def test_a_static_file_that_changes_is_read_again_within_seconds(tmp_path: Path) -> None:
    """It has another address then; one that is taken away is gone, and one outside the folder never was there."""
    style, shelf = tmp_path / "static" / "a.css", Shelf(tmp_path / "static")
    style.parent.mkdir()
    (tmp_path / "secret.txt").write_text("no")
    style.write_text("a {}")
    first = shelf.get("a.css")
    assert first is not None
    style.write_text("b {}")
    until = time.monotonic() + 10
    while shelf.get("a.css") == first and time.monotonic() < until:
        time.sleep(0.02)
    changed = shelf.get("a.css")
    assert changed is not None
    assert (changed.plain, changed.digest == first.digest) == (b"b {}", False)
    style.unlink()
    while shelf.get("a.css") is not None and time.monotonic() < until:
        time.sleep(0.02)
    assert shelf.get("a.css") is None
    assert shelf.get("../secret.txt") is None
