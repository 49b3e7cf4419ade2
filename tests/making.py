"""Plain functions that make what tests need, through the shop's own use cases."""

from __future__ import annotations

import datetime as dt
import secrets

import requests
from sqlalchemy import update
from sqlmodel import select

from storefront.catalogue import browse
from storefront.catalogue.shelf import read_shelf
from storefront.kernel.clock import wall_now
from storefront.kernel.money import Money
from storefront.models.case import Case
from storefront.models.catalogue import Plan
from storefront.models.order import Call, Hold, Order, OrderEvent
from storefront.models.payment import Payment, Refund
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering.place import TopUpWanted, Wanted, place
from storefront.ordering.steps import advance
from storefront.payments.take import SHORTEST_PAGE
from storefront.ports import PageRequest
from tests.driver import VISA


def some_plan(house, *, code=None):
    """A plan in stock with a dollar price."""
    with house.read() as session:
        plans = session.exec(select(Plan).where(Plan.in_stock, Plan.is_listed).order_by(Plan.id)).all()
    return next(
        plan
        for plan in plans
        if (code is None or plan.package_code == code) and any(q["currency"] == "USD" for q in plan.quotes)
    )


def wanted(house, plan=None, **changes):
    """What a buyer of `plan` asks for."""
    plan = plan or some_plan(house)
    with house.read() as session:
        offer = browse.plan_for_order(read_shelf(session), plan.slug, "USD")
    values = {
        "plan_id": offer.plan_id,
        "plan_name": offer.plan_name,
        "destination": offer.destination,
        "destination_slug": offer.destination_slug,
        "data_mb": offer.data_mb,
        "is_unlimited": offer.is_unlimited,
        "days": offer.days,
        "package_code": offer.package_code,
        "period_num": offer.period_num,
        "currency_id": offer.currency_id,
        "supplier_amount": offer.supplier_amount,
        "supplier_currency": offer.supplier_currency,
        "charged": offer.charged,
        "email": "ada@traveller.example",
        "locale": "en",
        "network": "127.0.0.1",
        "consent_text": "yes",
        "device_checked": True,
        "form_key": secrets.token_urlsafe(16),
    }
    return Wanted(**{**values, **changes})


def wanted_top_up(house, iccid, *, code="DP20190802000311", **changes):
    """What the owner of a SIM asks for: the supplier's plan of this code at its price."""
    plan = next(one for one in house.outside.sims.sim_plans(iccid) if one.package_code == code)
    values = {
        "iccid": iccid,
        "package_code": plan.package_code,
        "plan_code": plan.plan_code,
        "plan_name": plan.name,
        "data_mb": plan.data_mb,
        "is_unlimited": False,
        "days": plan.days,
        "periods": plan.periods,
        "supplier_amount": str(plan.amount),
        "charged": Money.from_decimal(plan.amount, plan.currency),
        "email": "ada@traveller.example",
        "locale": "en",
        "network": "127.0.0.1",
        "consent_text": "yes",
        "form_key": secrets.token_urlsafe(16),
    }
    return TopUpWanted(**{**values, **changes})


def make_order(house, plan=None, *, is_advanced=True, **changes):
    """A placed order, taken as far as it goes; returns its id."""
    placed = place(house.bench, wanted(house, plan, **changes))
    if is_advanced:
        advance(house.bench, placed.order_id)
    return placed.order_id


def pay_at_cashier(sandbox, house, order_id, number=VISA):
    """Pay the order's newest page, as a buyer's browser would; no notice of it reaches the shop by this."""
    session_id = payments_of(house, order_id)[-1].session_id
    answer = requests.post(f"{sandbox.url}/stripe/_sandbox/pay/{session_id}", json={"number": number}, timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def open_another_page(house, order, *, attempt=99):
    """Another door to the same order, made at the cashier by hand; the shop has not heard of it."""
    request = PageRequest(
        order_id=order.id,
        reference=order.reference,
        attempt=attempt,
        amount=Money(order.charged_minor, order.charged_currency),
        title="by hand",
        description="",
        email=order.email,
        locale="en",
        success_url="https://shop.example/paid",
        cancel_url="https://shop.example/",
        expires_at=house.bench.now() + SHORTEST_PAGE,
    )
    return house.outside.cashier.open_page(request)


def order_of(house, order_id):
    """The order as it stands."""
    with house.read() as session:
        return session.exec(select(Order).where(Order.id == order_id)).one()


def payments_of(house, order_id):
    """Its payment pages, oldest first."""
    with house.read() as session:
        return session.exec(select(Payment).where(Payment.order_id == order_id).order_by(Payment.opened_at)).all()


def refunds_of(house, order_id):
    """Its refunds."""
    with house.read() as session:
        return session.exec(select(Refund).where(Refund.order_id == order_id)).all()


def holds_of(house, order_id):
    """Its reservations."""
    with house.read() as session:
        return session.exec(select(Hold).where(Hold.order_id == order_id).order_by(Hold.attempt)).all()


def calls_of(house, order_id, step):
    """The calls made for one of its steps."""
    with house.read() as session:
        return session.exec(
            select(Call).where(Call.order_id == order_id, Call.step.startswith(step)).order_by(Call.attempt)
        ).all()


def cases_of(house, order_id):
    """Its open cases."""
    with house.read() as session:
        return session.exec(select(Case).where(Case.order_id == order_id, Case.resolved_at.is_(None))).all()


def events_of(house, order_id):
    """What happened to it, in order."""
    with house.read() as session:
        return session.exec(
            select(OrderEvent.event).where(OrderEvent.order_id == order_id).order_by(OrderEvent.id)
        ).all()


def notices_taken(sandbox):
    """How often the pretend supplier took a payment notice for each of its orders."""
    return sandbox.world.supplier.notices_taken()


def mails_to(sandbox, address):
    """Mails in the pretend mailbox."""
    found = requests.get(f"{sandbox.url}/mailbox/api/messages", params={"to": address}, timeout=5).json()
    return found["messages"] if isinstance(found, dict) else found


def let_calls_age(house):
    """Wall time passes too: whatever was still on its way to the outside has come to its end."""
    past = wall_now() - dt.timedelta(seconds=1)
    with house.write() as session:
        session.execute(update(Call).values(hard_end_at=past, lease_until=past))


def is_done(house, job):
    """Whether the work of this job was staged, and all of it done."""
    with house.read() as session:
        return set(session.exec(select(OutboxRow.state).where(OutboxRow.job == job))) == {WorkState.DONE}
