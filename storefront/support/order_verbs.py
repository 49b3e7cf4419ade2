"""The verbs for one order. `about` is the order's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlmodel import Session, select

from storefront.identity.email_address import normalise_address
from storefront.identity.staff_sign_in import StaffView
from storefront.kernel.errors import OutsideError
from storefront.kernel.iccid import masked
from storefront.kernel.money import Money
from storefront.letters.wording import mask_email, money
from storefront.models.order import Hold, HoldState, Order, OrderKind, OrderState
from storefront.models.profile import Profile
from storefront.models.renewal import Renewal
from storefront.ordering import change, hold
from storefront.ordering.bench import Workbench, open_hold
from storefront.ordering.states import IS_UNDER_WAY, MOVES, Event
from storefront.payments import refund, settle
from storefront.renewals import close
from storefront.renewals.states import IS_OPEN
from storefront.support import verbs
from storefront.support.order_outcome import cost
from storefront.support.verbs import Also, Asked, Deed, Effect, Plan, Verb


def _refund_plan(bench: Workbench, about: str) -> Plan:
    with bench.read() as session:
        order = session.get_one(Order, about)
        if (order.state, Event.GIVE_BACK) not in MOVES:
            raise change.NothingToReturn
        paid = settle.paid_payments(session, about)
        back = [
            (Money(refund.left_to_return(session, one), one.currency), one.payment_id) for one in paid if one.currency
        ]
        is_unknown = change.is_answer_unknown(session, order)
    if not paid:
        raise change.NothingToReturn
    effects = [Effect("send_back", f"{money(left, 'en')} ({payment_id})") for left, payment_id in back]
    effects += [Effect("end_subscription", one.subscription_id) for one in paid if one.subscription_id]
    if order.state is OrderState.DELIVERED:
        effects.append(Effect("stays_usable"))
    effects.append(Effect("mail", mask_email(order.email)))
    charged = Money(order.charged_minor, order.charged_currency)
    most = bench.settings.desk_refund_limits.get(charged.currency)
    is_large = most is None or charged.decimal > most
    return Plan(tuple(effects), frozenset({"sure"} if is_unknown else ()), is_for_leads=is_large)


def _refund(bench: Workbench, about: str, asked: Asked, also: Also) -> None:
    reason = "desk" if asked.why != "changed_mind" else "changed_mind"
    change.refund(bench, about, actor=asked.staff.name, reason=reason, even_if_unknown=asked.is_sure, also=also)


def _ask_plan(bench: Workbench, about: str) -> Plan:
    with bench.read() as session:
        order = session.get_one(Order, about)
        used = open_hold(session, about)
    if order.state not in IS_UNDER_WAY | {OrderState.ATTENTION}:
        raise change.NotStuck
    return Plan((Effect("ask_supplier", used.supplier_order_id if used else ""),))


def _ask(bench: Workbench, about: str, asked: Asked, also: Also) -> None:
    change.retry(bench, about, actor=asked.staff.name, also=also)


def _again_plan(bench: Workbench, about: str) -> Plan:
    with bench.read() as session:
        order = session.get_one(Order, about)
        is_unknown = change.is_answer_unknown(session, order)
        left = _left_behind(session, about)
    if order.state is not OrderState.ATTENTION:
        raise change.NotStuck
    if not hold.may_try(order):
        raise change.NoTriesLeft
    # What it took our notice for has to be paid; a reservation costs nothing as long as it was not.
    effects = [
        Effect(
            "leave_behind" if one.state is HoldState.USED else "leave_reserved",
            one.supplier_order_id,
            cost(one.amount, one.currency),
        )
        for one in left
    ]
    again = cost(order.supplier_amount, order.supplier_currency)
    letter = "mail" if order.kind is OrderKind.TOP_UP else "mail_code"
    effects += [
        Effect("order_same", f"{order.destination}, {order.plan_name}", again),
        Effect(letter, mask_email(order.email)),
    ]
    return Plan(tuple(effects), frozenset({"sure"} if is_unknown else ()))


def _again(bench: Workbench, about: str, asked: Asked, also: Also) -> None:
    with bench.read() as session:
        behind = ",".join(one.supplier_order_id for one in _left_behind(session, about))
    change.order_again(
        bench,
        about,
        actor=asked.staff.name,
        even_if_unknown=asked.is_sure,
        # Afterwards nothing tells them from reservations that ran out by themselves.
        also=lambda session: also(session, behind=behind),
    )


def _resend_plan(bench: Workbench, about: str) -> Plan:
    order = _delivered(bench, about)
    return Plan((Effect("mail_link", mask_email(order.email)),))


def _resend(bench: Workbench, about: str, asked: Asked, also: Also) -> None:
    change.resend(bench, about, key=asked.key, also=also)


def _email_plan(bench: Workbench, about: str) -> Plan:
    order = _delivered(bench, about)
    with bench.read() as session:
        profile = session.get(Profile, about)
        renewal = session.exec(select(Renewal.reference).where(Renewal.order_id == about)).first()
    if profile is None:
        raise change.NotDelivered
    if change.is_on_a_phone(profile.supplier_status):
        raise change.AlreadyInstalled
    effects = [Effect("not_installed"), Effect("links_die"), Effect("tell_old", mask_email(order.email))]
    if renewal:
        effects.append(Effect("renewal_moves", renewal))
    return Plan((*effects, Effect("mail_new")), frozenset({"email"}))


def _email(bench: Workbench, about: str, asked: Asked, also: Also) -> None:
    change.change_email(bench, about, email=normalise_address(asked.email), key=asked.key, also=also)


def _close_plan(bench: Workbench, about: str) -> Plan:
    with bench.read() as session:
        order = session.get_one(Order, about)
        iccid = _sim_of(session, order)
        ours = _agreement_of(session, order, iccid)
    if not iccid and ours is None:
        raise change.NotDelivered
    effects = []
    if ours is not None and ours.subscription_id:
        effects.append(Effect("end_subscription", ours.subscription_id))
    effects += supplier_effects(bench, iccid)
    return Plan((*effects, Effect("mail", mask_email(order.email))))


def _close(bench: Workbench, about: str, asked: Asked, also: Also) -> None:
    with bench.read() as session:
        order = session.get_one(Order, about)
        iccid = _sim_of(session, order)
        ours = _agreement_of(session, order, iccid)
    close.ask(
        bench,
        iccid=iccid,
        asked_by="desk",
        actor=asked.staff.name,
        email=order.email,
        locale=order.locale,
        renewal_id=ours.id if ours else None,
        also=lambda session, closing: also(session, closing=closing.reference),
    )


def _reveal_plan(bench: Workbench, about: str) -> Plan:
    _delivered(bench, about)
    with bench.read() as session:
        if session.get(Profile, about) is None:
            raise change.NotDelivered
    return Plan((Effect("show_code"),), is_for_leads=True)


def _reveal(bench: Workbench, about: str, asked: Asked, also: Also) -> None:  # noqa: ARG001 - the shape of every deed
    with bench.write() as session:
        also(session)


def supplier_effects(bench: Workbench, iccid: str) -> list[Effect]:
    """What closing would end at the supplier, read now; what it does not say is read when the closing runs."""
    if not iccid:
        return []
    try:
        active = bench.outside.sims.active_renewal(iccid)
    except OutsideError:
        return [Effect("close_unread", masked(iccid))]
    if active is None:
        return [Effect("close_none", masked(iccid))]
    return [Effect("close_record", active.name, number=active.order_no)]


def _delivered(bench: Workbench, about: str) -> Order:
    with bench.read() as session:
        order = session.get_one(Order, about)
    if order.state is not OrderState.DELIVERED:
        raise change.NotDelivered
    return order


def _left_behind(session: Session, about: str) -> Sequence[Hold]:
    """What the supplier has for an order that ordering once more gives up."""
    return session.exec(select(Hold).where(Hold.order_id == about, Hold.state != HoldState.DEAD)).all()


def _sim_of(session: Session, order: Order) -> str:
    if order.iccid:
        return order.iccid
    return session.exec(select(Profile.iccid).where(Profile.order_id == order.id)).first() or ""


def _agreement_of(session: Session, order: Order, iccid: str) -> Renewal | None:
    """The open agreement the order began, else the one of its SIM: the order may be a charge of it."""
    began = session.exec(select(Renewal).where(Renewal.order_id == order.id)).first()
    if began is not None and began.state in IS_OPEN:
        return began
    active = session.exec(select(Renewal).where(Renewal.active_for == iccid)).first() if iccid else None
    return active if active is not None and active.state in IS_OPEN else None


DEEDS: Mapping[Verb, Deed] = MappingProxyType(
    {
        Verb.ASK_AGAIN: Deed(_ask_plan, _ask),
        Verb.ORDER_AGAIN: Deed(_again_plan, _again),
        Verb.REFUND: Deed(_refund_plan, _refund),
        Verb.RESEND: Deed(_resend_plan, _resend),
        Verb.CHANGE_EMAIL: Deed(_email_plan, _email),
        Verb.CLOSE_RENEWALS: Deed(_close_plan, _close, asks_outside=True),
        Verb.REVEAL_CODE: Deed(_reveal_plan, _reveal),
    }
)


def possible(bench: Workbench, about: str, staff: StaffView) -> list[str]:
    """The verbs this person could do to the order now; closing is none where there is surely nothing to close."""
    found = verbs.possible(bench, DEEDS, about, staff)
    with bench.read() as session:
        order = session.get_one(Order, about)
        iccid = _sim_of(session, order)
        if not iccid and _agreement_of(session, order, iccid) is None:
            found = [verb for verb in found if verb != Verb.CLOSE_RENEWALS]
    return found
