"""What became of something done to an order: our own rows, the supplier's word, and the mails, each a line to read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sqlmodel import Session, col, select

from storefront.kernel.errors import OutsideError
from storefront.kernel.iccid import masked
from storefront.kernel.money import Money, exponent
from storefront.letters.wording import mask_email, money
from storefront.models.order import Hold, Order, OrderEvent, OrderKind, OrderState
from storefront.models.profile import Profile, TopUp
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering.bench import Workbench, open_hold
from storefront.support.audit import Deed
from storefront.support.verbs import Verb

AT_REST = frozenset(
    {OrderState.DELIVERED, OrderState.REFUNDED, OrderState.ATTENTION, OrderState.LAPSED, OrderState.CANCELLED}
)
_KEEPS_MONEY = frozenset({OrderState.PAID, OrderState.CONFIRMED, OrderState.DELIVERED})


@dataclass(frozen=True, slots=True)
class Proof:
    """One side's word: `side` is ``cashier``, ``supplier``, ``order``, ``refund``, ``mail`` or a fact.

    The facts are ``address``, ``code``, ``behind``, ``ordered``, ``record`` and ``stays``. `at` is when it was so or
    read, and `is_older` says that the deed came after; `since` is when it was said before. Of a mail, `said` is which
    letter it was, `told` where it goes, and `sending` how far it is: ``done``, ``waiting``, ``parked``, or ``none``
    when nothing was written yet. Of a charge that stays, `said` is the reference of its order. `number` is the vendor's
    own.
    """

    side: str
    said: str
    told: str
    at: dt.datetime | None
    is_done: bool
    number: str = ""
    is_older: bool = False
    since: dt.datetime | None = None
    sending: str = ""


def cost(amount: str, currency: str) -> str:
    """A supplier's amount as people read it, rounded to what the currency is paid in."""
    places = Decimal(1).scaleb(-exponent(currency))
    return money(Money.from_decimal(Decimal(amount).quantize(places, ROUND_HALF_UP), currency), "en")


def rests(order: Order, proofs: Iterable[Proof]) -> bool:
    """Whether neither the order nor a mail of it goes on by itself."""
    return order.state in AT_REST and all(one.sending != WorkState.WAITING for one in proofs)


def of_state(session: Session, order: Order) -> Proof:
    """Where our order stands, and since when."""
    query = select(OrderEvent.at).where(OrderEvent.order_id == order.id, OrderEvent.to_state == order.state)
    since = session.exec(query.order_by(col(OrderEvent.id).desc()).limit(1)).first()
    is_good = order.state in AT_REST - {OrderState.ATTENTION}
    return Proof("order", order.state.value, order.reason, since, is_good)


def of_ordering(bench: Workbench, order: Order, deed: Deed, *, ask: bool) -> list[Proof]:
    """What came, what was given up and ordered for it, what the supplier says, and the mail: a line for each."""
    with bench.read() as session:
        template = "order_topped_up" if order.kind is OrderKind.TOP_UP else "order_delivered"
        letter = session.exec(select(OutboxRow).where(OutboxRow.key == f"letter:{order.id}:delivered")).first()
        told = mask_email(order.email)
        proofs = [of_state(session, order), of_mail(letter, told) if letter else no_mail(template, told)]
        proofs.append(_came(session, order))
        if deed.verb == Verb.ORDER_AGAIN:
            proofs += [*_behind(session, deed), *_ordered(session, order, deed)]
        used = open_hold(session, order.id)
    if used is not None and ask:
        proofs.append(_at_supplier(bench, used))
    return proofs


def of_letters(session: Session, order: Order, deed: Deed) -> list[Proof]:
    """The mails of a deed, the one with the code before the word to the old address."""
    keys = [f"letter:{order.id}:{deed.key}", f"letter:{order.id}:moved:{deed.key}"]
    rows = session.exec(select(OutboxRow).where(col(OutboxRow.key).in_(keys))).all()
    proofs = [of_mail(row, _address(row, order, deed)) for row in sorted(rows, key=lambda one: one.job)]
    if deed.verb == Verb.CHANGE_EMAIL:
        proofs.insert(0, Proof("address", "is_now", order.email, deed.at, is_done=True))
    return proofs


def of_twin(session: Session, order: Order) -> list[Proof]:
    """The charge that stays when a double one went back: the nearest for the same thing to the same address."""
    alike = select(Order).where(
        Order.email == order.email,
        Order.id != order.id,
        Order.destination == order.destination,
        Order.plan_name == order.plan_name,
        Order.charged_minor == order.charged_minor,
        Order.charged_currency == order.charged_currency,
        col(Order.state).in_(_KEEPS_MONEY),
    )
    found = session.exec(alike.order_by(col(Order.placed_at).desc()).limit(50)).all()
    if not found:
        return []
    twin = min(found, key=lambda one: abs(one.placed_at - order.placed_at))
    amount = money(Money(twin.charged_minor, twin.charged_currency), "en")
    return [Proof("stays", twin.reference, amount, twin.paid_at, is_done=True)]


def of_refund_letter(session: Session, order: Order) -> list[Proof]:
    """The mail that tells of the money; an order whose money went back beside the shop has none."""
    letter = session.exec(select(OutboxRow).where(OutboxRow.key == f"letter:{order.id}:refunded")).first()
    told = mask_email(order.email)
    if letter is None:
        return [] if order.state is OrderState.REFUNDED else [no_mail("order_refunded", told)]
    return [of_mail(letter, told)]


def _came(session: Session, order: Order) -> Proof:
    if order.kind is OrderKind.TOP_UP:
        seen = session.get(TopUp, order.id)
        return Proof("code", "top_up" if seen else "no_top_up", "", seen.seen_at if seen else None, bool(seen))
    kept = session.get(Profile, order.id)
    if kept is None:
        return Proof("code", "none", "", None, is_done=False)
    return Proof("code", "usable", masked(kept.iccid) if kept.iccid else "", kept.delivered_at, is_done=True)


def _behind(session: Session, deed: Deed) -> list[Proof]:
    rows = session.exec(select(Hold).where(col(Hold.supplier_order_id).in_(deed.behind.split(",")))).all()
    return [
        Proof("behind", "given_up", cost(one.amount, one.currency), deed.at, is_done=True, number=one.supplier_order_id)
        for one in rows
    ]


def _ordered(session: Session, order: Order, deed: Deed) -> list[Proof]:
    if order.kind is OrderKind.TOP_UP:
        return []
    query = select(Hold).where(Hold.order_id == order.id, col(Hold.held_at) >= deed.at)
    new = session.exec(query.order_by(col(Hold.attempt).desc()).limit(1)).first()
    if new is None:
        return [Proof("ordered", "not_yet", "", None, is_done=False)]
    return [
        Proof("ordered", "once_more", cost(new.amount, new.currency), new.held_at, True, number=new.supplier_order_id)
    ]


def _at_supplier(bench: Workbench, used: Hold) -> Proof:
    try:
        said = bench.outside.supplier.order_status(used.supplier_order_id).status.value
    except OutsideError as lost:
        return Proof("supplier", "silent", lost.code, None, is_done=False)
    return Proof("supplier", said, "", bench.now(), said == "paid", used.supplier_order_id)


def of_mail(row: OutboxRow, told: str) -> Proof:
    """How far a mail is that was written to `told`."""
    letter, is_sent = row.job.removeprefix("letters."), row.state is WorkState.DONE
    return Proof("mail", letter, told, row.done_at, is_sent, sending=row.state.value)


def no_mail(letter: str, told: str) -> Proof:
    """A mail that was announced and is not written yet."""
    return Proof("mail", letter, told, None, is_done=False, sending="none")


def _address(row: OutboxRow, order: Order, deed: Deed) -> str:
    """Where a letter goes, masked; a new address in full, so that whoever typed it can read it back."""
    told = row.arguments.get("to")
    if told is None and deed.verb == Verb.CHANGE_EMAIL:
        return order.email
    return mask_email(str(told or order.email))
