"""What must hold after months of auto-renew, read from the cashier's own books and from ours."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import select

from storefront.models.case import Case
from storefront.models.order import Order, OrderEvent
from storefront.models.renewal import Bill, Closing, Renewal, RenewalNotice, RenewalState
from storefront.ordering import sweeps
from tests import making
from tests.subscriber import ask

SLACK = 2
"""Seconds the cashier's stamps and ours may lie apart: both are cut to whole seconds."""


def violations(life):
    """Every sentence of the promise that does not hold; empty when all is well."""
    house, sandbox = life.house, life.sandbox
    found = [f"order {one} is late and nobody's" for one in sweeps.invariant_violations(house.bench)]
    with house.read() as session:
        renewals = session.exec(select(Renewal).where(Renewal.email == life.email)).all()
        orders = {one.id: one for one in session.exec(select(Order).where(Order.email == life.email))}
        cases = {one.order_id for one in session.exec(select(Case)) if one.order_id}
        bills = {one.invoice_id: one for one in session.exec(select(Bill))}
        closings = {one.renewal_id: one for one in session.exec(select(Closing)) if one.renewal_id}
        told = session.exec(select(RenewalNotice).where(RenewalNotice.sent_at.is_not(None))).all()
    for renewal in renewals:
        mine = [one for one in told if one.renewal_id == renewal.id]
        found += _of_one(life, Books(renewal, bills, orders, closings.get(renewal.id), mine, cases))
    delivered = sum("delivered" in making.events_of(house, one) for one in orders)
    unknown = sum(one.reason == "unknown_answer" or _let_go(house, one) for one in orders.values())
    ordered = len(sandbox.world.sims.top_ups(life.iccid))
    if not delivered <= ordered <= delivered + unknown:
        found.append(f"{ordered} plans ordered at the supplier, {delivered} delivered, {unknown} unknown")
    return found


def _let_go(house, order):
    """Whether a person gave its money back although nobody knew what the supplier had done."""
    with house.read() as session:
        moves = session.exec(select(OrderEvent).where(OrderEvent.order_id == order.id)).all()
    by_hand = any(one.event == "give_back" and one.actor != "system" for one in moves)
    return by_hand and all(one.event != "delivered" for one in moves)


@dataclass
class Books:
    """What the shop wrote down about one agreement."""

    renewal: Renewal
    bills: dict
    orders: dict
    closing: Closing | None
    told: list
    cases: set

    def order_of(self, invoice):
        """The order an invoice paid for."""
        bill = self.bills.get(invoice)
        return self.orders.get(bill.order_id) if bill else None


def _of_one(life, books):
    renewal, found, kept = books.renewal, [], []
    invoices = ask(life.sandbox, f"invoices/{renewal.subscription_id}") if renewal.subscription_id else []
    for invoice in invoices:
        if invoice["billing_reason"] == "subscription_create":
            continue
        who, captured = f"{renewal.reference} {invoice['id']}", _charges(life, invoice["id"])
        life.charged += len(captured)
        if len(captured) > 1:
            found.append(f"{who}: charged {len(captured)} times")
        for charge in captured:
            found += [f"{who}: {wrong}" for wrong in _of_charge(books, invoice["id"], charge)]
            kept += [] if charge["refunded"] else [charge]
    life.kept += len(kept)
    if renewal.most_renewals is not None and len(kept) > renewal.most_renewals:
        found.append(f"{renewal.reference}: {len(kept)} renewals kept of {renewal.most_renewals}")
    if renewal.most_minor is not None and sum(one["amount"] for one in kept) > renewal.most_minor:
        found.append(f"{renewal.reference}: more money kept than allowed")
    if renewal.state is RenewalState.ENDING:
        found.append(f"{renewal.reference}: its end was asked for and never came")
    if renewal.state is RenewalState.ENDED and any(one["status"] in {"draft", "open"} for one in invoices):
        found.append(f"{renewal.reference}: ended, and an invoice could still be paid")
    return found


def _of_charge(books, invoice, charge):
    at, closing, order = charge["created"], books.closing, books.order_of(invoice)
    if closing and closing.charges_ended_at and at > closing.charges_ended_at.timestamp() + SLACK:
        yield "charged after the cashier confirmed the end"
    state = order.state.value if order else "nothing"
    if state not in {"delivered", "refunded"} and (order is None or order.id not in books.cases):
        yield f"charged, and its order is {state}"
    if state == "refunded" and not charge["refunded"]:
        yield "called refunded, and the cashier kept it"
    if charge["refunded"]:
        return
    if closing and at > closing.asked_at.timestamp() + SLACK:
        yield f"kept though the end was asked for at {closing.asked_at}"
    starts_at = books.bills[invoice].starts_at if invoice in books.bills else None
    if not any(one.charge_at == starts_at and one.sent_at.timestamp() <= at + SLACK for one in books.told):
        yield "kept and never announced"
    if books.renewal.last_day and dt.datetime.fromtimestamp(at, dt.UTC).date() > books.renewal.last_day:
        yield "kept after the last day"


def _charges(life, invoice):
    store = life.sandbox.world.stripe.store
    found = store.table("charge").values()
    return [one for one in found if one["paid"] and store.invoice_of_intent.get(one["payment_intent"]) == invoice]
