"""The sweeps' timetable: each runs when due, by one worker, and one that fails stops no other."""

from __future__ import annotations

import datetime as dt
import threading

from sqlmodel import select

from storefront.kernel.clock import wall_now
from storefront.models.work import Sweep
from storefront.worker.timetable import TIMETABLE, Entry, run_due_sweeps

NAMES = [entry.name for entry in TIMETABLE]


def _row(house, name):
    with house.read() as session:
        return session.exec(select(Sweep).where(Sweep.name == name)).one()


def _pass(house, tmp_path, seconds):
    (tmp_path / "clock-offset").write_text(str(seconds))
    house.outside.clock.forget()


def test_each_sweep_runs_once_and_again_when_it_is_due(house, tmp_path):
    """A new shop runs them all; an hour later those with a period up to an hour run again, the daily ones do not."""
    assert run_due_sweeps(house) == NAMES
    assert run_due_sweeps(house) == []
    _pass(house, tmp_path, 3601)
    assert run_due_sweeps(house) == [entry.name for entry in TIMETABLE if entry.every <= dt.timedelta(hours=1)]
    assert "money.reconcile" not in run_due_sweeps(house)


def test_a_failing_sweep_says_so_and_stops_no_other(house, sandbox):
    """With a silent supplier the catalogue is not read; the others run, and the next try is a period away."""
    sandbox.world.faults.arm("linksfield.country_list", "status", 9, status=503)
    assert run_due_sweeps(house) == NAMES
    failed = _row(house, "catalogue.refresh")
    assert failed.last_error == "Unintelligible"
    assert failed.claim_token is None
    assert failed.due_at == failed.last_run_at + dt.timedelta(hours=1)
    assert _row(house, "money.reconcile").last_error == ""


def test_what_was_read_by_hand_is_not_read_again_at_once(house, run):
    """A worker that starts after `flask catalogue refresh` leaves the supplier in peace for an hour."""
    code, text = run("catalogue", "refresh")
    assert code == 0, text
    assert run_due_sweeps(house) == [name for name in NAMES if name != "catalogue.refresh"]


def test_a_refresh_that_failed_by_hand_stays_due(house, run, sandbox):
    """Only what was read counts as read."""
    sandbox.world.faults.arm("linksfield.country_list", "status", 9, status=503)
    assert run("catalogue", "refresh")[0] == 1
    sandbox.world.faults.clear()
    assert "catalogue.refresh" in run_due_sweeps(house)
    assert _row(house, "catalogue.refresh").last_error == ""


def test_workers_at_once_run_each_sweep_once(house):
    """Of three workers that find everything due, one runs each."""
    ran, start = [], threading.Barrier(3)

    def work():
        start.wait()
        ran.extend(run_due_sweeps(house))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(ran) == sorted(NAMES)


def test_a_sweep_whose_worker_died_is_taken_over_when_its_lease_ends(house):
    """A claim holds for the lease and no longer."""
    run_due_sweeps(house)
    lease = {entry.name: entry.lease for entry in TIMETABLE}["cases.forget"]
    with house.write() as session:
        row = session.exec(select(Sweep).where(Sweep.name == "cases.forget")).one()
        row.due_at, row.claim_token, row.lease_until = house.outside.clock.now(), "of a dead one", wall_now() + lease
        session.add(row)
    assert run_due_sweeps(house) == []
    with house.write() as session:
        row = session.exec(select(Sweep).where(Sweep.name == "cases.forget")).one()
        row.lease_until = wall_now() - dt.timedelta(seconds=1)
        session.add(row)
    assert run_due_sweeps(house) == ["cases.forget"]
    assert _row(house, "cases.forget").claim_token is None


def test_a_dead_worker_leaves_no_look_out_for_longer_than_its_period(house):
    """Whoever dies in the middle of a look that is due each minute delays it by a minute, not by ten."""
    ends = {}

    def look(name):
        return lambda house: ends.update({name: _row(house, name).lease_until})

    periods = {"minutely": dt.timedelta(minutes=1), "daily": dt.timedelta(days=1)}
    before = wall_now()
    run_due_sweeps(house, [Entry(name, every, look(name)) for name, every in periods.items()])
    assert dt.timedelta(minutes=1) <= ends["minutely"] - before < dt.timedelta(minutes=2)
    assert dt.timedelta(minutes=10) <= ends["daily"] - before < dt.timedelta(minutes=11)
