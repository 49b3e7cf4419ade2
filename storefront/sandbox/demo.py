"""`make demo`: start the pretend outside world and the shop, walk the mission, then keep serving.

Everything runs as its own process and talks HTTP, as in real life. The data folder is wiped at the start; Ctrl-C ends
the whole group.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from storefront.sandbox.supervisor import Layout, Supervisor, layout_from
from storefront.sandbox.walk import Walk, WalkFailed, start_here

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Set up, walk, serve; the exit code says whether every verb worked."""
    started = time.monotonic()
    layout = layout_from(os.environ, ROOT)
    shutil.rmtree(layout.data_dir, ignore_errors=True)
    layout.data_dir.mkdir(parents=True)
    house = Supervisor(layout)
    signal.signal(signal.SIGTERM, _stop)
    try:
        return _run(layout, house, started)
    except KeyboardInterrupt:
        print("\nstopping")
        return 0
    finally:
        house.stop()


def _run(layout: Layout, house: Supervisor, started: float) -> int:
    print("\n  The eSIM shop, with a pretend supplier and a pretend Stripe beside it\n")
    try:
        house.start()
        walk = Walk(layout, house)
        walk.all()
    except WalkFailed as failed:
        print(f"\n  FAILED: {failed}\n  The logs are in {layout.shown(layout.data_dir)}/*.log", file=sys.stderr)
        return 1
    print(f"\n  Every verb worked, {time.monotonic() - started:.0f} s after the start.\n")
    print(start_here(layout, walk))
    if not layout.keeps_serving:
        return 0
    print("  Serving until Ctrl-C.\n")
    with contextlib.suppress(KeyboardInterrupt):
        died = house.wait()
        print(f"\n  {died} has stopped; its log is in {layout.shown(layout.data_dir)}", file=sys.stderr)
        return 1
    print("\n  stopping")
    return 0


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
