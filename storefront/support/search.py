"""One box for everything a traveller may quote: references, numbers of SIMs, addresses, numbers of Stripe and supplier.

Several at once, pasted from a mail, are looked up one by one; every look-up is by an index.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from storefront.db.prefix import begins_with
from storefront.kernel.iccid import BadNumber, masked, read_number
from storefront.kernel.ids import normalise_reference
from storefront.kernel.money import Money
from storefront.letters.wording import mask_email
from storefront.models.case import Case
from storefront.models.order import Hold, Order
from storefront.models.payment import Payment, Refund
from storefront.models.profile import Profile, TopUp
from storefront.models.renewal import Bill, Closing, Renewal
from storefront.models.sim import Sim
from storefront.ports import SessionFactory

MOST_WORDS = 50
MOST_EACH = 50
_A_WORD = re.compile(r"[^\s,;<>()\"']+")
_FILLED = re.compile(r"^(89\d+)[fF]$")
_DIGITS = re.compile(r"\d{4,20}")


@dataclass(frozen=True, slots=True)
class Hit:
    """One order that fits; `word` is what it was found by."""

    word: str
    order_id: str
    reference: str
    kind: str
    state: str
    title: str
    amount: Money
    placed_at: dt.datetime
    iccid_masked: str
    email_masked: str


@dataclass(frozen=True, slots=True)
class SimHit:
    """A SIM somebody asked about or closed before, whoever sold it."""

    word: str
    sim_id: str
    iccid_masked: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought: orders, newest first for each word, SIMs, and the words nobody knows.

    `strangers` are whole numbers of SIMs we never met, each as it was typed.
    """

    hits: tuple[Hit, ...]
    sims: tuple[SimHit, ...]
    strangers: tuple[str, ...]
    unknown: tuple[str, ...]


def find(read: SessionFactory, text: str) -> Found:
    """Orders that any word of `text` names; words beyond `MOST_WORDS` are not looked at."""
    words = list(dict.fromkeys(_FILLED.sub(r"\1", one.strip(".:")) for one in _A_WORD.findall(text)))[:MOST_WORDS]
    hits: list[Hit] = []
    sims: dict[str, SimHit] = {}
    strangers, unknown = [], []
    with read() as session:
        for word in words:
            ids = list(dict.fromkeys(_order_ids(session, word)))[:MOST_EACH]
            orders = session.exec(
                select(Order).where(col(Order.id).in_(ids)).order_by(col(Order.placed_at).desc())
            ).all()
            hits += [_hit(word, order, session) for order in orders]
            met = _sims(session, word)
            sims |= {one.sim_id: one for one in met}
            if not orders and not met and _whole_number(word):
                strangers.append(word)
            elif not orders and not met and _looks_meant(word):
                unknown.append(word)
    return Found(tuple(hits), tuple(sims.values()), tuple(strangers), tuple(unknown))


def _order_ids(session: Session, word: str) -> Iterable[str]:
    """Ids of orders a word may stand for, by what it looks like."""
    if "@" in word:
        return session.exec(
            select(Order.id).where(Order.email == word.lower()).order_by(col(Order.placed_at).desc()).limit(MOST_EACH)
        ).all()
    digits = re.sub(r"[-\s]", "", word)
    if _DIGITS.fullmatch(digits):
        return [*_by_number(session, digits), *_by_vendor(session, word)]
    reference = normalise_reference(word)
    found = [*_by_vendor(session, word)]
    if reference:
        found += session.exec(select(Order.id).where(Order.reference == reference)).all()
        found += session.exec(select(Renewal.order_id).where(Renewal.reference == reference)).all()
        closing = select(Renewal.order_id).join(Closing, col(Closing.renewal_id) == col(Renewal.id))
        found += session.exec(closing.where(Closing.reference == reference)).all()
    if len(word) >= 8 and re.fullmatch(r"[0-9A-Fa-f-]+", word):
        query = select(Case.order_id).where(col(Case.id).endswith(word.lower()), col(Case.order_id).is_not(None))
        found += [one for one in session.exec(query.limit(2)) if one]
    return found


def _by_number(session: Session, digits: str) -> list[str]:
    """Orders of SIMs whose number is this, or ends with it."""
    tail = digits[::-1]
    found = list(
        session.exec(select(Profile.order_id).where(begins_with(Profile.iccid_reversed, tail)).limit(MOST_EACH))
    )
    found += session.exec(select(Order.id).where(begins_with(Order.iccid_reversed, tail)).limit(MOST_EACH))
    return found


def _sims(session: Session, word: str) -> list[SimHit]:
    """The SIM of a whole number, or that of a closing's reference."""
    iccid, reference = _whole_number(word), normalise_reference(word)
    if not iccid and reference:
        iccid = session.exec(select(Closing.iccid).where(Closing.reference == reference)).first() or ""
    found = session.exec(select(Sim.id).where(Sim.iccid == iccid)).first() if iccid else None
    return [SimHit(_shortened(word), found, masked(iccid))] if found else []


def _whole_number(word: str) -> str:
    """The number a word is, or nothing."""
    try:
        return read_number(word)
    except BadNumber:
        return ""


def _by_vendor(session: Session, word: str) -> list[str]:
    """Orders a number of Stripe's or the supplier's belongs to."""
    found: list[str | None] = []
    match word.partition("_")[0]:
        case "cs" | "pi" | "in" | "sub" | "re":
            same = (Payment.session_id == word) | (Payment.payment_id == word) | (Payment.subscription_id == word)
            found += session.exec(select(Payment.order_id).where(same)).all()
            found += session.exec(select(Refund.order_id).where(Refund.refund_id == word)).all()
            found += session.exec(select(Renewal.order_id).where(Renewal.subscription_id == word)).all()
            found += session.exec(select(Bill.order_id).where(Bill.invoice_id == word)).all()
        case _:
            found += session.exec(select(Hold.order_id).where(Hold.supplier_order_id == word)).all()
            found += session.exec(select(Hold.order_id).where(Hold.supplier_order_no == word)).all()
            found += session.exec(select(TopUp.order_id).where(TopUp.supplier_order_no == word)).all()
    return [one for one in found if one]


def _looks_meant(word: str) -> bool:
    """Whether a word that found nothing was meant as a number or address, and not as prose."""
    return (
        "@" in word or "_" in word or sum(char.isdigit() for char in word) >= 4 or normalise_reference(word) is not None
    )


def _hit(word: str, order: Order, session: Session) -> Hit:
    iccid = order.iccid or session.exec(select(Profile.iccid).where(Profile.order_id == order.id)).first()
    return Hit(
        word=word if "@" not in word and not _DIGITS.fullmatch(word) else _shortened(word),
        order_id=order.id,
        reference=order.reference,
        kind=order.kind.value,
        state=order.state.value,
        title=f"{order.destination}, {order.plan_name}",
        amount=Money(order.charged_minor, order.charged_currency),
        placed_at=order.placed_at,
        iccid_masked=masked(iccid) if iccid else "",
        email_masked=mask_email(order.email),
    )


def _shortened(word: str) -> str:
    return mask_email(word) if "@" in word else f"…{word[-4:]}"
