"""The outbox: staged with its cause, claimed by one, finished once, parked with a case."""

import datetime as dt
import threading

import pytest
from sqlalchemy import update
from sqlmodel import select

from storefront.db import migrate
from storefront.db.session import make_engine, session_factory
from storefront.jobs import outbox
from storefront.kernel.clock import Clock, wall_now
from storefront.models.work import OutboxRow, WorkState


@pytest.fixture
def store(tmp_path):
    """A migrated database, its transactions, a clock, and the hints that were sent."""
    engine = make_engine(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    migrate.upgrade(engine)
    hints = []
    yield session_factory(engine, after_commit=hints.extend), Clock(), hints
    engine.dispose()


def _stage(write, clock, key="k", due_in=0.0):
    with write() as session:
        return outbox.stage(
            session, job="test.job", arguments={"n": 1}, key=key, due_at=clock.now() + dt.timedelta(seconds=due_in)
        )


def _row(write):
    with write() as session:
        return session.exec(select(OutboxRow)).one()


def test_work_vanishes_with_the_transaction_that_staged_it(store):
    """A rolled back cause leaves no work and sends no hint."""
    write, clock, hints = store
    with pytest.raises(RuntimeError), write() as session:
        outbox.stage(session, job="test.job", arguments={}, key="k", due_at=clock.now())
        raise RuntimeError
    assert outbox.due(write, clock) == []
    assert hints == []


def test_staging_twice_under_one_key_is_one_piece_of_work(store):
    """A mail staged by two workers is one mail."""
    write, clock, _ = store
    assert _stage(write, clock) == _stage(write, clock)
    assert len(outbox.due(write, clock)) == 1


def test_only_one_of_many_claims_a_row(store):
    """Eight workers that were all hinted: one gets the row."""
    write, clock, _ = store
    row_id = _stage(write, clock)
    won = []
    threads = [threading.Thread(target=lambda: won.append(outbox.claim(write, row_id, clock))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in won if one]) == 1


def test_work_due_later_cannot_be_claimed_now(store):
    """A deadline an hour away is left alone."""
    write, clock, _ = store
    row_id = _stage(write, clock, due_in=3600)
    assert outbox.claim(write, row_id, clock) is None


def test_a_dead_workers_claim_ends_with_its_lease(store):
    """What a killed worker held is claimed again once the lease is over, under a fresh token."""
    write, clock, _ = store
    row_id = _stage(write, clock)
    first = outbox.claim(write, row_id, clock)
    assert outbox.claim(write, row_id, clock) is None
    with write() as session:
        row = session.exec(select(OutboxRow)).one()
        row.lease_until = wall_now() - dt.timedelta(seconds=1)
        session.add(row)
    second = outbox.claim(write, row_id, clock)
    assert second.token != first.token
    outbox.finish(write, first, None, clock)
    assert _row(write).state is WorkState.WAITING


def test_rearming_takes_the_row_from_whoever_holds_it(store):
    """Work asked for while it is being done is not wiped out when the doing ends."""
    write, clock, _ = store
    with write() as session:
        outbox.rearm(session, job="test.job", arguments={}, key="k", due_at=clock.now())
    claimed = outbox.claim(write, outbox.due(write, clock)[0], clock)
    with write() as session:
        outbox.rearm(session, job="test.job", arguments={}, key="k", due_at=clock.now(), hint=True)
    outbox.finish(write, claimed, None, clock)
    assert _row(write).state is WorkState.WAITING


def test_work_that_keeps_failing_is_parked_with_its_case(store):
    """After the last try the row is parked, and the same transaction tells a person."""
    write, clock, _ = store
    row_id = _stage(write, clock)
    told = []
    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        with write() as session:
            row = session.exec(select(OutboxRow)).one()
            row.due_at = clock.now()
            session.add(row)
        claimed = outbox.claim(write, row_id, clock)
        assert claimed.attempts == attempt
        outbox.fail(write, claimed, ValueError("x"), clock, lambda _session, row: told.append(row.key))
    assert _row(write).state is WorkState.PARKED
    assert told == ["k"]


def test_a_lost_hint_is_sent_again(store):
    """A due row whose hint is older than its life shows up for the relay, once."""
    write, clock, _ = store
    row_id = _stage(write, clock)
    assert outbox.unhinted(write, write, clock, letters=False) == []
    with write() as session:
        row = session.exec(select(OutboxRow)).one()
        row.hinted_at = wall_now() - outbox.HINT_LIFE * 2
        session.add(row)
    assert outbox.unhinted(write, write, clock, letters=False) == [outbox.Hint(row_id, "test.job")]
    assert outbox.unhinted(write, write, clock, letters=False) == []


def test_errors_are_kept_without_their_words(store):
    """An error's text may quote a secret; the row keeps its name only."""
    write, clock, _ = store
    claimed = outbox.claim(write, _stage(write, clock), clock)
    outbox.fail(write, claimed, ValueError("LPA:1$secret"), clock, lambda *_: None)
    assert _row(write).last_error == "ValueError"


def test_done_is_stamped_with_business_time(store, tmp_path):
    """A letter's time stands beside what it tells, on the same clock; leases stay on the wall's."""
    write, _, _ = store
    moved = tmp_path / "offset"
    moved.write_text("86400")
    clock = Clock(moved)
    claimed = outbox.claim(write, _stage(write, clock), clock)
    assert _row(write).lease_until < wall_now() + outbox.LEASE + dt.timedelta(seconds=5)
    outbox.finish(write, claimed, None, clock)
    assert abs(_row(write).done_at - clock.now()) < dt.timedelta(minutes=1)


def test_letters_and_other_work_are_hinted_apart(store):
    """A queue full of letters must not keep the relay from sending word of an order."""
    write, clock, _ = store
    with write() as session:
        for job, key in (("letters.test", "a letter"), ("test.job", "an order")):
            outbox.stage(session, job=job, arguments={}, key=key, due_at=clock.now())
        session.execute(update(OutboxRow).values(hinted_at=None))
    [letter] = outbox.unhinted(write, write, clock, letters=True)
    [other] = outbox.unhinted(write, write, clock, letters=False)
    assert (letter.job, other.job) == ("letters.test", "test.job")
