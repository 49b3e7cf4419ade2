"""What somebody at the desk can do to an order or a SIM.

Each verb says beforehand what it would do, happens once for each form, refuses when something changed meanwhile, and
leaves a row in the record in the transaction that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from storefront.cases import resolve as cases
from storefront.identity.staff_sign_in import LeadNeeded, StaffView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.order import OrderEvent
from storefront.models.staff import StaffAction
from storefront.ordering.bench import Workbench
from storefront.support import audit
from storefront.support.cases import ReasonNeeded

WHY = (
    "not_arrived",
    "does_not_work",
    "charged_twice",
    "wrong_address",
    "renewal_unwanted",
    "changed_mind",
    "supplier_said",
    "other",
)
"""Why something is done; `other` must be explained in words."""


class Verb(StrEnum):
    """The verbs; each has its `Deed` in one of the rooms beside this one."""

    REFUND = "refund"
    ASK_AGAIN = "ask_again"
    ORDER_AGAIN = "order_again"
    RESEND = "resend"
    CHANGE_EMAIL = "change_email"
    CLOSE_RENEWALS = "close_renewals"
    REVEAL_CODE = "reveal_code"


class ChangedMeanwhile(StorefrontError):
    """Something happened to the order since the preview was shown."""

    kind = Kind.CONFLICT
    code = "changed_meanwhile"


class Unsure(StorefrontError):
    """The supplier's answer is unknown, and nobody said that they asked."""

    kind = Kind.REJECTED
    code = "unsure"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a verb would do: `what` has a sentence in the templates, `told` and `cost` (an amount) fill it.

    `number` is the supplier's own for what `told` names.
    """

    what: str
    told: str = ""
    cost: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a verb would do, what it needs to be told (``email``, ``sure``), and whether only a lead may do it."""

    effects: tuple[Effect, ...]
    asks: frozenset[str] = frozenset()
    is_for_leads: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan as it was shown; `seen` names the moment it was made, so that a later change is noticed."""

    verb: Verb
    effects: tuple[Effect, ...]
    asks: frozenset[str]
    seen: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as somebody sent it; `key` is that of the form."""

    staff: StaffView
    key: str
    seen: str
    why: str
    words: str
    email: str = ""
    is_sure: bool = False


class Also(Protocol):
    """Writes the deed's row in the record; `facts` are what only the deed knows."""

    def __call__(self, session: Session, **facts: str) -> None: ...


Look = Callable[[Workbench, str], Plan]
Do = Callable[[Workbench, str, Asked, Also], None]


@dataclass(frozen=True, slots=True)
class Deed:
    """`look` plans and raises why it cannot be done; `do` does it and calls its `Also` in the deciding transaction.

    `asks_outside`: looking asks the supplier.
    """

    look: Look
    do: Do
    asks_outside: bool = False


def preview(bench: Workbench, deed: Deed, verb: Verb, about: str, staff: StaffView) -> Preview:
    """What would be done. Raises `LeadNeeded`, and why the verb is impossible now."""
    with bench.read() as session:
        seen = _newest(session, about)
    plan = deed.look(bench, about)
    if plan.is_for_leads and not staff.is_lead:
        raise LeadNeeded
    return Preview(verb, plan.effects, plan.asks, seen)


@dataclass(frozen=True, slots=True)
class Done:
    """The row in the record; `is_new` is False for a form that was sent before."""

    action_id: int
    is_new: bool


def do(bench: Workbench, deed: Deed, verb: Verb, about: str, asked: Asked) -> Done:
    """Do it, once for each form.

    Raises `ReasonNeeded`, `Unsure`, `ChangedMeanwhile`, `LeadNeeded`, and why the verb is impossible now.
    """
    done = _done(bench, asked.key)
    if done is not None:
        return Done(done, is_new=False)
    if asked.why not in WHY or (asked.why == "other" and len(asked.words.strip()) < 3):
        raise ReasonNeeded(field="why")
    planned = preview(bench, deed, verb, about, asked.staff)
    if planned.seen != asked.seen:
        raise ChangedMeanwhile
    if "sure" in planned.asks and not asked.is_sure:
        raise Unsure(field="sure")

    def also(session: Session, **facts: str) -> None:
        audit.record(
            session,
            staff_id=asked.staff.id,
            verb=verb.value,
            about=about,
            now=bench.now(),
            reason=asked.words.strip(),
            key=asked.key,
            why=asked.why,
            **facts,
        )
        cases.adopt(session, about, owner=asked.staff.name, from_owner=bench.settings.case_owner)
        session.flush()  # a form sent twice must speak before anything else is written

    try:
        deed.do(bench, about, asked, also)
    except IntegrityError:
        done = _done(bench, asked.key)
        if done is None:
            raise
        return Done(done, is_new=False)
    done = _done(bench, asked.key)
    if done is None:
        raise LookupError(f"{verb} left no row in the record")
    return Done(done, is_new=True)


def _done(bench: Workbench, key: str) -> int | None:
    with bench.read() as session:
        return session.exec(select(StaffAction.id).where(StaffAction.key == key)).first()


def _newest(session: Session, about: str) -> str:
    """Names the newest thing that happened to `about`."""
    moved = session.exec(select(func.max(col(OrderEvent.id))).where(OrderEvent.order_id == about)).one()
    acted = session.exec(select(func.max(col(StaffAction.id))).where(StaffAction.about == about)).one()
    return f"{moved or 0}.{acted or 0}"


def possible(bench: Workbench, deeds: Mapping[Verb, Deed], about: str, staff: StaffView) -> list[str]:
    """The verbs that could be done now by this person; those that would ask the outside first are taken as possible."""
    found = []
    for verb, deed in deeds.items():
        try:
            plan = deed.look(bench, about) if not deed.asks_outside else None
        except StorefrontError:
            continue
        if plan is None or staff.is_lead or not plan.is_for_leads:
            found.append(verb.value)
    return found
