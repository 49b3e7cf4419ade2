"""Auto-renew as travellers see it: the agreement, its end, the card, and the proof. One click stops it."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from storefront.identity import sessions, step_up
from storefront.identity.step_up import SimAccess
from storefront.kernel.errors import Kind, StorefrontError
from storefront.ordering.progress import gate_or_none
from storefront.renewals import close, closings, read, stop_links
from storefront.renewals.closings import ClosingNotFound
from storefront.renewals.read import RenewalNotFound, RenewalView
from storefront.web import context
from storefront.web.limits import Access, guard
from storefront.web.permits import outside_permit

LOOK_AGAIN = "2"
blueprint = Blueprint("renewals", __name__)


class ProofNeeded(StorefrontError):
    """The number of a SIM alone closes nothing."""

    kind = Kind.FORBIDDEN
    code = "proof_needed"


class Busy(StorefrontError):
    """All permits for calls to the outside are taken at this moment."""

    kind = Kind.UNAVAILABLE
    code = "outside_unavailable"


@blueprint.get("/<locale>/renewals/<reference>")
@guard(access=Access.GUEST, limit="order")
def show(locale: str, reference: str) -> Response:
    """What was agreed, what comes next, what was charged, and how it ended.

    Whoever may see the agreement may see the orders its charges paid for.
    """
    renewal = _mine(reference)
    known = sessions.granted_orders(context.house().read, context.current())
    for bill in renewal.bills:
        if bill.order_id is not None and bill.order_id not in known:
            context.grant_order(bill.order_id)
    return _page(renewal, stop_url=url_for("renewals.stop", reference=reference))


@blueprint.post("/<locale>/renewals/<reference>/stop")
@guard(access=Access.GUEST, limit="pay")
def stop(locale: str, reference: str) -> Response:
    """Stop it, from the traveller's own page; a second click leads to the same proof."""
    renewal = _mine(reference)
    _stop(renewal, asked_by="traveller")
    return redirect(url_for("renewals.show", locale=locale, reference=renewal.reference), code=303)


@blueprint.post("/<locale>/renewals/<reference>/card")
@guard(access=Access.GUEST, limit="pay")
def card(locale: str, reference: str) -> Response:
    """To the payment service's own page for cards and receipts."""
    renewal = _mine(reference)
    back = context.house().settings.public_url + url_for("renewals.show", locale=locale, reference=renewal.reference)
    with outside_permit() as granted:
        if not granted:
            raise Busy
        url = read.portal(context.house().bench, renewal.id, return_url=back, locale=locale)
    return redirect(url, code=303)


@blueprint.get("/<locale>/stop/<token>")
@guard(access=Access.GUEST, limit="link")
def stop_form(locale: str, token: str) -> Response:
    """The link of a mail: says what would be stopped, and stops nothing by itself."""
    return _page(_named(token), stop_url=url_for("renewals.stop_by_mail", token=token), by_mail=True)


@blueprint.post("/<locale>/stop/<token>")
@guard(access=Access.GUEST, limit="link")
def stop_by_mail(locale: str, token: str) -> Response:
    """The button behind that link."""
    _stop(_named(token), asked_by="mail")
    return redirect(url_for("renewals.stop_form", locale=locale, token=token), code=303)


@blueprint.post("/<locale>/sim/renewal/close")
@guard(access=Access.GUEST, limit="pay")
def end(locale: str) -> Response:
    """Close every auto-renewal of the SIM, wherever it was sold; a second click leads to the closing under way."""
    sim = _proved()
    closing = close.ask(
        context.house().bench,
        iccid=sim.iccid,
        asked_by="traveller",
        actor="traveller",
        email=context.current().email or "",
        locale=locale,
    )
    return redirect(url_for("renewals.proof", locale=locale, reference=closing.reference), code=303)


@blueprint.get("/<locale>/sim/renewal/<reference>")
@guard(access=Access.GUEST, limit="order")
def proof(locale: str, reference: str) -> Response:
    """What was asked, what ended, and when both sides were seen without one."""
    sim = _proved()
    closing = closings.find(context.house().bench, reference)
    if closing.iccid != sim.iccid:
        raise ClosingNotFound(field="reference")
    ours = read.by_id(context.house().bench, closing.renewal_id) if closing.renewal_id else None
    page = make_response(render_template("renewals/closing.html", closing=closing, renewal=ours))
    if closing.state == "asked":
        page.headers["Refresh"] = LOOK_AGAIN
    return page


def _page(renewal: RenewalView, *, stop_url: str, by_mail: bool = False) -> Response:
    # A mail is often opened in another browser than the one that bought: no link there that asks for a sign-in.
    order = gate_or_none(context.house().read, context.current(), renewal.order_reference) if by_mail else None
    shown = render_template(
        "renewals/renewal.html",
        renewal=renewal,
        stop_url=stop_url,
        by_mail=by_mail,
        sees_order=order is not None,
    )
    page = make_response(shown)
    if renewal.closing is not None and renewal.closing.state == "asked":
        page.headers["Refresh"] = LOOK_AGAIN
    return page


def _stop(renewal: RenewalView, *, asked_by: str) -> None:
    close.ask(
        context.house().bench,
        iccid=renewal.iccid,
        asked_by=asked_by,
        actor="traveller",
        email=renewal.email,
        locale=renewal.locale,
        renewal_id=renewal.id,
    )


def _mine(reference: str) -> RenewalView:
    return read.mine(context.house().bench, context.current(), reference)


def _named(token: str) -> RenewalView:
    """The agreement a mailed token is for."""
    renewal_id = stop_links.read(context.house().settings, token, context.now())
    try:
        return read.by_id(context.house().bench, renewal_id)
    except RenewalNotFound:
        raise stop_links.StopLinkUnknown from None


def _proved() -> SimAccess:
    sim = step_up.access(context.house().read, context.current())
    if not sim.is_proved:
        raise ProofNeeded
    return sim
