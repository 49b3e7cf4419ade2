"""Job name to use case: the only registry. Handlers take ids, read what they need, and may be run twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from storefront.cases.open import open_case
from storefront.cases.resolve import get_case
from storefront.identity import email_sign_in, order_links
from storefront.jobs.outbox import Again, OnParked
from storefront.letters import compose
from storefront.models.payment import RefundState
from storefront.models.work import OutboxRow
from storefront.ordering import bench, notices, pushes, read, steps
from storefront.payments import refund
from storefront.renewals import announce, close, closings, cycle, stop_links
from storefront.renewals import read as renewals
from storefront.sims import refresh as sims_refresh
from storefront.wiring import House

Handler = Callable[[House, Mapping[str, Any]], Again | None]


def _advance(house: House, arguments: Mapping[str, Any]) -> None:
    steps.advance(house.bench, arguments["order_id"])


def _notice(house: House, arguments: Mapping[str, Any]) -> None:
    notices.handle(house.bench, arguments["inbox_id"])


def _push(house: House, arguments: Mapping[str, Any]) -> None:
    pushes.handle(house.bench, arguments["inbox_id"])


def _refund(house: House, arguments: Mapping[str, Any]) -> Again | None:
    state = refund.perform(house.write, house.read, house.outside, arguments["refund_id"])
    if state is RefundState.FAILED:
        raise RuntimeError("the cashier failed the refund")
    return Again(house.bench.now() + house.bench.refund_patience) if state is RefundState.PENDING else None


def _order_letter(template: str) -> Handler:
    def handle(house: House, arguments: Mapping[str, Any]) -> None:
        order_id = arguments["order_id"]
        margin = house.settings.hold_margin_seconds
        order, address = read.for_letter(house.read, order_id, margin_seconds=margin)
        with house.write() as session:
            token = order_links.make_link(session, order_id, house.bench.now())
        letter = compose.order_letter(
            template,
            settings=house.settings,
            order=order,
            to=address,
            link=f"{house.settings.public_url}/o/{token}",
            again=arguments.get("again", ""),
        )
        house.outside.mailer.send(letter)

    return handle


def _moved_letter(house: House, arguments: Mapping[str, Any]) -> None:
    """To the address an order was taken from: no link, for it may be a stranger's."""
    order, _ = read.for_letter(house.read, arguments["order_id"], margin_seconds=house.settings.hold_margin_seconds)
    told: dict[str, Any] = {"order": order, "to": arguments["to"], "link": "", "again": arguments["again"]}
    house.outside.mailer.send(compose.order_letter("order_moved", settings=house.settings, **told))


def _case_letter(house: House, arguments: Mapping[str, Any]) -> None:
    if not house.settings.case_email:
        return
    with house.read() as session:
        case = get_case(session, arguments["case_id"])
    house.outside.mailer.send(compose.case_opened(settings=house.settings, case=case))


def _refresh_sim(house: House, arguments: Mapping[str, Any]) -> None:
    sims_refresh.refresh(house.write, house.read, house.outside.sims, house.outside.clock, arguments["sim_id"])


def _close_renewal(house: House, arguments: Mapping[str, Any]) -> Again | None:
    return close.perform(house.bench, arguments["closing_id"])


def _tend_renewal(house: House, arguments: Mapping[str, Any]) -> Again | None:
    return cycle.tend(house.bench, arguments["renewal_id"])


def _closing_letter(template: str) -> Handler:
    def handle(house: House, arguments: Mapping[str, Any]) -> None:
        closing = closings.by_id(house.bench, arguments["closing_id"])
        house.outside.mailer.send(compose.closing_letter(template, settings=house.settings, closing=closing))

    return handle


def _renewal_letter(template: str) -> Handler:
    def handle(house: House, arguments: Mapping[str, Any]) -> None:
        renewal = renewals.by_id(house.bench, arguments["renewal_id"])
        key = arguments.get("invoice_id", "")
        _send_about(house, template, renewal, key=key, charge_at=renewal.charges_at)

    return handle


def _announce(house: House, arguments: Mapping[str, Any]) -> None:
    with house.read() as session:
        notice, row = announce.get(session, arguments["notice_id"])
    renewal = renewals.by_id(house.bench, row.id)
    if notice.sent_at is None and renewal.is_on:
        _send_about(house, "renewal_notice", renewal, key=notice.id, charge_at=notice.says)
        announce.mark_sent(house.bench, notice.id)


def _send_about(
    house: House, template: str, renewal: renewals.RenewalView, *, key: str, charge_at: dt.datetime | None
) -> None:
    token = stop_links.make(house.settings, renewal.id, house.bench.now())
    link = f"{house.settings.public_url}/{renewal.locale}/stop/{token}"
    letter = compose.renewal_letter(
        template, settings=house.settings, renewal=renewal, key=key, stop_link=link, charge_at=charge_at
    )
    house.outside.mailer.send(letter)


def _sign_in_code(house: House, arguments: Mapping[str, Any]) -> None:
    facts = email_sign_in.pending_code(house.read, house.vault, arguments["code_id"], now=house.bench.now())
    if facts is None:
        return
    house.outside.mailer.send(compose.sign_in_code(settings=house.settings, facts=facts))
    email_sign_in.mark_code_sent(house.write, arguments["code_id"])


HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        bench.ADVANCE: _advance,
        notices.JOB: _notice,
        pushes.JOB: _push,
        "payments.refund": _refund,
        sims_refresh.JOB: _refresh_sim,
        close.JOB: _close_renewal,
        bench.TEND: _tend_renewal,
        announce.JOB: _announce,
        "letters.renewal_started": _renewal_letter("renewal_started"),
        "letters.renewal_unpaid": _renewal_letter("renewal_unpaid"),
        "letters.renewal_charges_ended": _closing_letter("renewal_charges_ended"),
        "letters.renewal_closed": _closing_letter("renewal_closed"),
        "letters.order_delivered": _order_letter("order_delivered"),
        "letters.order_topped_up": _order_letter("order_topped_up"),
        "letters.order_refunded": _order_letter("order_refunded"),
        "letters.order_delayed": _order_letter("order_delayed"),
        "letters.order_moved": _moved_letter,
        "letters.case_opened": _case_letter,
        "letters.sign_in_code": _sign_in_code,
    }
)


def parked(house: House) -> OnParked:
    """What happens in the transaction that parks a row: a person gets it."""

    def open_it(session: Session, row: OutboxRow) -> None:
        open_case(
            session,
            kind="parked_work",
            owner=house.settings.case_owner,
            now=house.bench.now(),
            order_id=row.arguments.get("order_id"),
            about=row.id,
            detail=f"{row.job} failed {row.attempts} times, last with {row.last_error}",
        )

    return open_it
