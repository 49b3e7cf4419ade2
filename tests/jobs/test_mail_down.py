"""A mail server that is away for hours: no letter is given up, and one case says so."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import select

from storefront.jobs import outbox
from storefront.kernel.clock import wall_now
from storefront.models.case import Case
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering import notices
from storefront.worker import mail
from storefront.worker.run import drain
from tests.making import mails_to, make_order, pay_at_cashier

BUYERS = ("ada@traveller.example", "ben@traveller.example", "cleo@traveller.example")


def _letters_fail_once_more(house, sandbox, code):
    """Letters to three people that have failed nine times, and fail again with this answer of the mail server."""
    for email in BUYERS:
        order_id = make_order(house, email=email)
        pay_at_cashier(sandbox, house, order_id)
        notices.settle_order(house.bench, order_id, budget=9)
    _fail_again(house, sandbox, code)


def _fail_again(house, sandbox, code):
    sandbox.world.faults.arm("mail.accept", "refuse", len(BUYERS), code=code)
    _set(house, attempts=outbox.MAX_ATTEMPTS - 1, due_at=house.bench.now())
    drain(house, rounds=1)
    sandbox.world.faults.clear()


def _set(house, **values):
    with house.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.state == WorkState.WAITING).values(**values))


def _states(house):
    with house.read() as session:
        return session.exec(select(OutboxRow.state).where(OutboxRow.job == "letters.order_delivered")).all()


def _open_cases(house):
    with house.read() as session:
        return session.exec(select(Case.kind).where(Case.resolved_at.is_(None))).all()


def test_letters_wait_for_a_mail_server_that_is_away(house, sandbox):
    """A quarter of an hour later there is one case for all of them; it ends by itself once they have left."""
    _letters_fail_once_more(house, sandbox, 451)
    assert _states(house) == [WorkState.WAITING] * 3
    assert mail.watch(house) == 0
    _set(house, staged_at=wall_now() - mail.SOON)
    assert mail.watch(house) == 3
    assert mail.watch(house) == 3
    assert _open_cases(house) == ["mail_down"]
    _set(house, due_at=house.bench.now())
    drain(house)
    assert [len(mails_to(sandbox, email)) for email in BUYERS] == [1, 1, 1]
    assert mail.watch(house) == 0
    assert _open_cases(house) == []


def test_after_a_day_each_letter_is_a_case(house, sandbox):
    """A person then decides about each of them, as about any other work that was given up."""
    _letters_fail_once_more(house, sandbox, 451)
    _set(house, staged_at=wall_now() - mail.PATIENCE)
    _fail_again(house, sandbox, 451)
    assert _states(house) == [WorkState.PARKED] * 3
    assert _open_cases(house) == ["parked_work"] * 3


def test_what_is_refused_for_good_is_not_tried_for_a_day(house, sandbox):
    """An address that does not exist will not exist tomorrow."""
    _letters_fail_once_more(house, sandbox, 550)
    assert _states(house) == [WorkState.PARKED] * 3
    assert mail.watch(house) == 0
