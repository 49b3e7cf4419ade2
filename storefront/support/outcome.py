"""What became of something done at the desk, read back from both sides: the cashier, the supplier, and our own rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlmodel import col, select

from storefront.billing_ports import InvoiceStatus, SubscriptionStatus
from storefront.cashier_ports import RefundStatus
from storefront.db.prefix import begins_with
from storefront.kernel.errors import OutsideError
from storefront.kernel.iccid import masked
from storefront.kernel.money import Money
from storefront.letters.wording import mask_email, money
from storefront.models.order import Order
from storefront.models.payment import Refund, RefundState
from storefront.models.renewal import Closing, Renewal
from storefront.models.sim import Sim
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering.bench import Workbench
from storefront.renewals.closings import view
from storefront.support import audit, order_outcome
from storefront.support.audit import Deed
from storefront.support.order_outcome import Proof
from storefront.support.verbs import Verb

_CAN_CHARGE = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.OPEN})


@dataclass(frozen=True, slots=True)
class Outcome:
    """An action with its proofs, the newest first; `is_resting` when nothing more will change by itself.

    `iccid_masked` names the SIM whose auto-renewal was closed, or that was asked about; `sim_id` is empty when nobody
    looked at it here. `batch` is the list it was closed with, if any. `looked_at` is now.
    """

    deed: Deed
    reference: str
    sim_id: str
    iccid_masked: str
    batch: str
    proofs: tuple[Proof, ...]
    is_resting: bool
    looked_at: dt.datetime


def read(bench: Workbench, action_id: int, *, ask: bool, again: bool = False) -> Outcome | None:
    """The outcome so far; with `ask`, cashier and supplier are read now. None for an unknown action.

    What proves a closing is kept; it is read once more when it is older than the deed, or `again` is wanted.
    """
    deed = audit.by_id(bench.read, action_id)
    if deed is None:
        return None
    with bench.read() as session:
        order = session.get(Order, deed.about)
        sim = session.get(Sim, deed.about) if order is None else None
        closing = session.exec(select(Closing).where(Closing.reference == deed.closing)).first()
        iccid = (closing.iccid if closing else "") or (sim.iccid if sim else "")
        if order is None and sim is None and iccid:
            sim = session.exec(select(Sim).where(Sim.iccid == iccid)).first()
    match deed.verb:
        case Verb.REFUND if order:
            proofs = _refund(bench, order, deed, ask)
            rests = order_outcome.rests(order, proofs)
        case Verb.ASK_AGAIN | Verb.ORDER_AGAIN if order:
            proofs = order_outcome.of_ordering(bench, order, deed, ask=ask)
            rests = order_outcome.rests(order, proofs)
        case Verb.RESEND | Verb.CHANGE_EMAIL if order:
            with bench.read() as session:
                proofs = order_outcome.of_letters(session, order, deed)
            rests = all(one.sending != WorkState.WAITING for one in proofs)
        case Verb.ASK_AGAIN if sim:
            proofs, rests = [_sim(sim, deed)], sim.looked_at is not None and sim.looked_at >= deed.at
        case Verb.CLOSE_RENEWALS if closing:
            halves, mails = _halves(closing, deed), _letters(bench, closing)
            is_closed = all(one.is_done for one in halves)
            rests = is_closed and all(one.sending != WorkState.WAITING for one in mails)
            if ask and is_closed:
                halves = [read for one in halves for read in _read_again(bench, closing, one, wanted=again)]
            proofs = [*halves, *mails, *_records(closing)]
        case _:
            proofs, rests = [], True
    newest_first = sorted(proofs, key=lambda one: one.is_older)
    return Outcome(
        deed=deed,
        reference=order.reference if order else "",
        sim_id=sim.id if sim else "",
        iccid_masked=masked(iccid) if iccid else "",
        batch=deed.key.rpartition(":")[0] if closing and deed.about == closing.id else "",
        proofs=tuple(newest_first),
        is_resting=rests,
        looked_at=bench.now(),
    )


def _refund(bench: Workbench, order: Order, deed: Deed, ask: bool) -> list[Proof]:
    with bench.read() as session:
        rows = session.exec(select(Refund).where(Refund.order_id == order.id).order_by(col(Refund.decided_at))).all()
        proofs = [order_outcome.of_state(session, order)]
        proofs += order_outcome.of_refund_letter(session, order)
        stays = order_outcome.of_twin(session, order) if deed.why == "charged_twice" else []
    for row in rows:
        amount, is_done = money(Money(row.amount_minor, row.currency), "en"), row.state is RefundState.DONE
        ours = Proof("refund", row.state.value, amount, row.done_at, is_done, row.refund_id or "")
        read = _at_cashier(bench, row) if ask else None
        if read and (read.said, read.told, read.number) == (ours.said, ours.told, ours.number):
            # Both say the same: the cashier's word is the one that counts.
            proofs.append(replace(read, since=ours.at))
        else:
            proofs += [ours, read] if read else [ours]
    return [*proofs, *stays]


def _at_cashier(bench: Workbench, row: Refund) -> Proof:
    try:
        said = bench.outside.cashier.refunds(row.payment_id)
    except OutsideError as lost:
        return Proof("cashier", "silent", lost.code, None, is_done=False)
    same = next((one for one in said if one.refund_id == row.refund_id), None)
    if same is None:
        return Proof("cashier", "none_yet", "", bench.now(), is_done=False, number=row.payment_id)
    amount, is_done = money(same.amount, "en"), same.status is RefundStatus.DONE
    return Proof("cashier", same.status.value, amount, bench.now(), is_done, same.refund_id)


def _sim(sim: Sim, deed: Deed) -> Proof:
    """What a look at the SIM brought; the facts themselves stand on its page."""
    if sim.looked_at is None or sim.looked_at < deed.at:
        return Proof("supplier", "not_yet", "", None, is_done=False)
    is_silent = "plans" in sim.errors
    return Proof("supplier", "silent" if is_silent else "sim_read", "", sim.as_of, not is_silent)


def _halves(closing: Closing, deed: Deed) -> list[Proof]:
    """The proofs a closing keeps. A closing that was begun before the deed may have been read before it, too."""
    halves = []
    if closing.renewal_id:
        halves.append(_half("cashier", closing.charges_ended_at, deed))
    if closing.iccid:
        halves.append(_half("supplier", closing.confirmed_at, deed))
    return halves


def _half(side: str, at: dt.datetime | None, deed: Deed) -> Proof:
    is_done = at is not None
    return Proof(side, "none_left" if is_done else "not_yet", "", at, is_done, is_older=bool(at and at < deed.at))


def _records(closing: Closing) -> list[Proof]:
    """The supplier's records that were ended, as the preview named them."""
    ended = view(closing).records
    return [Proof("record", "ended", one.name, one.asked_at, is_done=True, number=one.order_no) for one in ended]


def _letters(bench: Workbench, closing: Closing) -> list[Proof]:
    """The mails of a closing; none is due before Stripe or the supplier was read as ended."""
    with bench.read() as session:
        query = select(OutboxRow).where(begins_with(OutboxRow.key, f"letter:{closing.id}:"))
        rows = session.exec(query.order_by(col(OutboxRow.key))).all()
    told = mask_email(closing.email)
    if closing.email and not rows:
        return [order_outcome.no_mail("renewal_closed", told)]
    return [order_outcome.of_mail(row, told) for row in rows]


def _read_again(bench: Workbench, closing: Closing, half: Proof, *, wanted: bool) -> list[Proof]:
    if not (half.is_older or wanted):
        return [half]
    try:
        left = _record_left(bench, closing) if half.side == "supplier" else _charge_left(bench, closing)
    except OutsideError as lost:
        return [Proof(half.side, "silent", lost.code, None, is_done=False), half]
    if left:
        return [Proof(half.side, "some_left", left, bench.now(), is_done=False)]
    return [Proof(half.side, "none_left", "", bench.now(), is_done=True, since=half.at)]


def _record_left(bench: Workbench, closing: Closing) -> str:
    active = bench.outside.sims.active_renewal(closing.iccid)
    return active.name if active else ""


def _charge_left(bench: Workbench, closing: Closing) -> str:
    """What could still be charged for the agreement of a closing: its subscription, or an invoice of it."""
    with bench.read() as session:
        ours = session.get(Renewal, closing.renewal_id)
    if ours is None or ours.subscription_id is None:
        return ""
    billing = bench.outside.billing
    if billing.subscription(ours.subscription_id).status is not SubscriptionStatus.ENDED:
        return ours.subscription_id
    left = [one.invoice_id for one in billing.invoices(ours.subscription_id) if one.status in _CAN_CHARGE]
    return ", ".join(left)
