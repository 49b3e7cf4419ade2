"""Look after one agreement to renew: the cashier's invoices are the clock, this is the reaction.

Every run reads the cashier first and then does whatever is due; events, sweeps and its own alarm only say when to run.
So events may be lost, repeated, reordered or of any shape: what is read decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlmodel import Session, col, select

from storefront.billing_ports import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from storefront.jobs import outbox
from storefront.jobs.outbox import Again
from storefront.kernel.errors import OutsideError
from storefront.models.order import Order, OrderState
from storefront.models.payment import Payment, PaymentState
from storefront.models.profile import Profile
from storefront.models.renewal import Bill, BillState, Closing, Renewal, RenewalState
from storefront.ordering.bench import Workbench, pause
from storefront.ordering.states import IS_UNPAID
from storefront.renewals import anchor, announce, bills, close, judge, states
from storefront.renewals.announce import CHARGED_AFTER
from storefront.renewals.charges import end_charges
from storefront.renewals.eligible import NotEligible, plan_for
from storefront.renewals.last_look import limit_reached
from storefront.renewals.states import IS_OPEN, Event

LOOK_EVERY = dt.timedelta(hours=24)
RETRY = dt.timedelta(seconds=60)
AFTER_PERIOD = dt.timedelta(minutes=1)
_GIVEN_BACK = frozenset({OrderState.REFUNDING, OrderState.REFUNDED})
_CAN_CHARGE = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.OPEN})
_log = structlog.get_logger()


def tend(bench: Workbench, renewal_id: str) -> Again | None:
    """Do what is due for the renewal and say when to look again."""
    try:
        return _tend(bench, renewal_id)
    except OutsideError as error:
        # Whatever was lost, the next run reads it; a draft waits an hour before it is charged.
        _log.info("renewal_waits", renewal_id=renewal_id, error=error.code)
        return Again(bench.now() + RETRY)


def _tend(bench: Workbench, renewal_id: str) -> Again | None:
    renewal, order_state = _linked(bench, renewal_id)
    if renewal.subscription_id is None:
        return _without_subscription(bench, renewal, order_state)
    subscription = bench.outside.billing.subscription(renewal.subscription_id)
    invoices = bench.outside.billing.invoices(renewal.subscription_id)
    _mirror(bench, renewal_id, subscription)
    bills.take_all(bench, renewal_id, invoices)
    if renewal.state not in IS_OPEN:
        if renewal.state is not RenewalState.ENDING and subscription.status is not SubscriptionStatus.ENDED:
            # Called off before it was paid, and paid all the same: nothing of it may go on.
            end_charges(bench, renewal_id)
        return None
    why = _why_over(bench, renewal, subscription, invoices, order_state)
    if not why and renewal.state is RenewalState.AGREED:
        return _start(bench, renewal, order_state)
    for invoice in invoices:
        why = why or judge.look_at(bench, renewal_id, invoice)
    if why:
        _close(bench, renewal, why)
        return None
    if not _is_billed(invoices):
        charge_at = anchor.postponed(bench, renewal, subscription.period_ends_at)
        if charge_at != subscription.period_ends_at:
            _mirror(bench, renewal_id, replace(subscription, period_ends_at=charge_at))
            return Again(bench.now())
    return _plan_ahead(bench, renewal_id, subscription)


def _linked(bench: Workbench, renewal_id: str) -> tuple[Renewal, OrderState]:
    """The renewal with the subscription its order's payment began, once that is known."""
    with bench.write() as session:
        renewal = session.exec(select(Renewal).where(Renewal.id == renewal_id).with_for_update()).one()
        order_state = OrderState(session.exec(select(Order.state).where(Order.id == renewal.order_id)).one())
        if renewal.subscription_id is None:
            query = select(Payment).where(
                Payment.order_id == renewal.order_id,
                Payment.state == PaymentState.PAID,
                col(Payment.is_extra).is_(False),
                col(Payment.subscription_id).is_not(None),
            )
            paid = session.exec(query).first()
            if paid is not None:
                renewal.subscription_id, renewal.customer_id = paid.subscription_id, paid.customer_id
                session.add(renewal)
                states.tell(session, renewal_id, "linked", bench.now())
                states.move(session, renewal_id, Event.PAID_LATE, now=bench.now(), reason="")
        session.flush()
        session.refresh(renewal)
    return renewal, order_state


def _without_subscription(bench: Workbench, renewal: Renewal, order_state: OrderState) -> Again | None:
    now = bench.now()
    if renewal.state is not RenewalState.AGREED:
        return None
    if order_state in IS_UNPAID:
        return Again(now + dt.timedelta(minutes=10))
    # Not paid, or paid on a page that began nothing: there is nothing to renew, and nothing that could charge.
    with bench.write() as session:
        states.move(session, renewal.id, Event.DROPPED, now=now, reason="not_paid")
    return None


def _mirror(bench: Workbench, renewal_id: str, subscription: Subscription) -> None:
    """Keep what pages and letters tell: the next charge, and the card."""
    with bench.write() as session:
        row = session.get_one(Renewal, renewal_id, with_for_update=True)
        is_over = subscription.status is SubscriptionStatus.ENDED or subscription.ends_at is not None
        row.next_charge_at = None if is_over else subscription.period_ends_at
        row.card_brand, row.card_last4 = subscription.card_brand, subscription.card_last4
        session.add(row)


def _why_over(
    bench: Workbench,
    renewal: Renewal,
    subscription: Subscription,
    invoices: Sequence[Invoice],
    order_state: OrderState,
) -> str:
    """Why the renewal must end now; empty while it may go on."""
    is_billed = _is_billed(invoices)
    if order_state in _GIVEN_BACK:
        return "refunded"
    if subscription.status is SubscriptionStatus.ENDED:
        return "not_paid" if renewal.unpaid_url else "ended_at_cashier"
    if subscription.ends_at is not None:
        return "portal"
    if _is_unwanted(bench, renewal):
        return "asked"
    if renewal.state is RenewalState.AGREED:
        return "not_delivered" if is_billed else ""
    with bench.read() as session:
        given_back = session.exec(
            select(Order.reason)
            .join(Bill, col(Bill.order_id) == col(Order.id))
            .where(Bill.renewal_id == renewal.id, Bill.reason == "", col(Order.state).in_(_GIVEN_BACK))
        ).first()
        standing = bills.standing(session, renewal, subscription.period_ends_at)
    if given_back is not None:
        return "cannot_deliver" if given_back == "cannot_deliver" else "refunded"
    # A bill under way was judged by the limits when it came; they apply to the one after it once it is through.
    charge_at = subscription.period_ends_at + CHARGED_AFTER
    is_reached = limit_reached(standing.limits, standing.agreed, kept=standing.kept, charge_at=charge_at)
    return "limit" if is_reached and not is_billed else ""


def _is_unwanted(bench: Workbench, renewal: Renewal) -> bool:
    """Whether somebody asked to end all that renews for the SIM since this was agreed; a closing may have missed it.

    It names one agreement at most, while another may only just have been paid, or not know its SIM yet.
    """
    iccid = renewal.iccid or _delivered_iccid(bench, renewal.order_id)
    if iccid is None:
        return False
    with bench.read() as session:
        query = select(Closing.id).where(Closing.iccid == iccid, Closing.asked_at >= renewal.agreed_at)
        return session.exec(query).first() is not None


def _is_billed(invoices: Sequence[Invoice]) -> bool:
    """Whether a charge is under way."""
    return any(invoice.status in _CAN_CHARGE and not invoice.is_first for invoice in invoices)


def _start(bench: Workbench, renewal: Renewal, order_state: OrderState) -> Again | None:
    """AGREED: once the eSIM is delivered, the supplier must know it and sell for it."""
    now = bench.now()
    if order_state is not OrderState.DELIVERED:
        return Again(pause(now, renewal.agreed_at))
    iccid = renewal.iccid or _delivered_iccid(bench, renewal.order_id)
    try:
        if iccid is None:
            raise NotEligible("no_number")
        plan = plan_for(bench, renewal, iccid)
    except NotEligible as no:
        _log.info("renewal_not_eligible", renewal_id=renewal.id, why=no.why)
        _close(bench, renewal, "foreign_renewal" if no.why == "foreign_renewal" else "not_eligible")
        return None
    with bench.write() as session:
        is_second = session.exec(select(Renewal.id).where(Renewal.active_for == iccid)).first() is not None
        if not is_second:
            moved = states.move(
                session,
                renewal.id,
                Event.STARTED,
                now=now,
                iccid=iccid,
                active_for=iccid,
                started_at=now,
                package_code=plan.package_code,
                plan_code=plan.plan_code,
                plan_name=plan.name,
                periods=plan.periods,
                data_mb=plan.data_mb,
                is_unlimited=plan.data_mb == 0,
                supplier_amount=str(plan.amount),
                supplier_currency=plan.currency,
            )
            if moved:
                _write_to(session, renewal.id, "renewal_started", now)
    if is_second:
        _close(bench, renewal, "second")
        return None
    return Again(now)


def _delivered_iccid(bench: Workbench, order_id: str) -> str | None:
    with bench.read() as session:
        return session.exec(select(Profile.iccid).where(Profile.order_id == order_id)).first()


def _plan_ahead(bench: Workbench, renewal_id: str, subscription: Subscription) -> Again:
    """Announce what is due, and look again in time for whatever comes next."""
    now = bench.now()
    with bench.write() as session:
        renewal = session.get_one(Renewal, renewal_id, with_for_update=True)
        next_letter = announce.due(session, bench, renewal)
        states_of_bills = session.exec(
            select(Bill.state, Order.state)
            .join(Order, col(Order.id) == col(Bill.order_id), isouter=True)
            .where(Bill.renewal_id == renewal_id)
        ).all()
    moments = [now + LOOK_EVERY, subscription.period_ends_at + AFTER_PERIOD]
    if next_letter is not None:
        moments.append(next_letter)
    if any(state in {BillState.HELD, BillState.PASSED} for state, _ in states_of_bills):
        moments.append(now + dt.timedelta(minutes=10))
    if any(order in {OrderState.PAID, OrderState.CONFIRMED} for _, order in states_of_bills):
        moments.append(now + dt.timedelta(minutes=2))
    return Again(max(min(moments), now + dt.timedelta(seconds=30)))


def _close(bench: Workbench, renewal: Renewal, why: str) -> None:
    """End it on our own account; the closing does the rest and writes to the traveller.

    Only a traveller's own wish, here by the portal, ends what others sold for the SIM as well.
    """
    close.ask(
        bench,
        iccid=(renewal.iccid or "") if why == "portal" and renewal.state is RenewalState.ACTIVE else "",
        asked_by="portal" if why == "portal" else "shop",
        actor="shop",
        email=renewal.email,
        locale=renewal.locale,
        why=why,
        renewal_id=renewal.id,
    )


def _write_to(session: Session, renewal_id: str, template: str, now: dt.datetime) -> None:
    outbox.stage(
        session,
        job=f"letters.{template}",
        arguments={"renewal_id": renewal_id},
        key=f"letter:{renewal_id}:{template}",
        due_at=now,
    )
