"""The worker's life: run hinted rows, send hints again for forgotten ones, keep the timetable."""

from __future__ import annotations

import datetime as dt
import gc
import signal
import threading
from collections.abc import Callable

import structlog
from huey.consumer import Consumer

from storefront.jobs import outbox
from storefront.jobs.engine import Lane
from storefront.kernel.errors import OutsideError
from storefront.wiring import House
from storefront.worker import mail
from storefront.worker.handlers import HANDLERS, parked
from storefront.worker.timetable import LOOKS, READINGS, run_due_sweeps

LOOK_EVERY = 2.0
"""Seconds between two looks for forgotten rows, and between two at the timetable."""
MOST_PENDING = 100
_log = structlog.get_logger()


def run_row(house: House, row_id: str) -> bool:
    """Claim one row and run its handler; False when there was nothing to claim."""
    claimed = outbox.claim(house.write, row_id, house.outside.clock)
    if claimed is None:
        return False
    with structlog.contextvars.bound_contextvars(job=claimed.job, **claimed.arguments):
        try:
            outcome = HANDLERS[claimed.job](house, claimed.arguments)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the row must say so and be tried again
            level = _log.info if isinstance(error, OutsideError) else _log.exception
            level("job_failed", error=type(error).__name__, attempt=claimed.attempts)
            patience = mail.PATIENCE if mail.is_away(claimed.job, error) else dt.timedelta()
            outbox.fail(house.write, claimed, error, house.outside.clock, parked(house), patience=patience)
        else:
            outbox.finish(house.write, claimed, outcome, house.outside.clock)
    return True


def drain(house: House, *, rounds: int = 50) -> int:
    """Run every due row in this thread until none is left; for tests, the demo and `flask work drain`."""
    ran = 0
    for _ in range(rounds):
        ids = outbox.due(house.read, house.outside.clock)
        done = sum(run_row(house, row_id) for row_id in ids)
        if not done:
            return ran
        ran += done
    return ran


def serve(house: House) -> None:
    """Run until told to stop: threads of Huey take hints, lane by lane; ours relay and keep the timetable.

    What is in hand when SIGTERM, SIGINT or SIGHUP comes has a few seconds to end.
    """
    # What was read to start stays for good; the garbage collector need not look through it again and again.
    gc.freeze()

    def run(row_id: str) -> None:
        run_row(house, row_id)

    threads = {Lane.ORDERS: house.settings.worker_threads, Lane.LETTERS: house.settings.letter_threads}
    lanes = [house.jobs.consumer(lane, run, threads=count) for lane, count in threads.items()]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    for lane in lanes:
        lane.start()
    # A catalogue is read for minutes from a slow supplier; orders that wait for their next look need the relay, and
    # a promise that is broken meanwhile needs its case.
    turns = {
        "relay": lambda: _relay(house, lanes),
        "looks": lambda: run_due_sweeps(house, LOOKS),
        "readings": lambda: run_due_sweeps(house, READINGS),
    }
    keepers = [
        threading.Thread(target=_keep, args=(name, turn, stop), name=name, daemon=True) for name, turn in turns.items()
    ]
    for keeper in keepers:
        keeper.start()
    stop.wait()
    for lane in lanes:
        lane.stop_flag.set()
    for lane in lanes:
        lane.stop(graceful=True)
    for keeper in keepers:
        keeper.join(timeout=1)


def _relay(house: House, lanes: list[Consumer]) -> None:
    for lane in lanes:
        lane.check_worker_health()
    for lane in Lane:
        # What waits in a queue that long is forgotten by nobody; hinted again and again it would fill without end.
        if house.jobs.pending(lane) < MOST_PENDING:
            letters = lane is Lane.LETTERS
            house.hint(outbox.unhinted(house.read, house.write, house.outside.clock, letters=letters))


def _keep(name: str, turn: Callable[[], object], stop: threading.Event) -> None:
    while not stop.wait(LOOK_EVERY):
        try:
            turn()
        except Exception:  # noqa: BLE001 - each must outlive a lost database; it says so and looks again
            _log.exception(f"{name}_failed")
