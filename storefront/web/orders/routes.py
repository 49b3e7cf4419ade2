"""My eSIM Detail, the order history, the way to the payment page and back from it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from markupsafe import Markup
from werkzeug.wrappers import Response

from storefront.db.session import together
from storefront.delivery.install_kit import InstallView, install_view
from storefront.identity import order_links, sessions
from storefront.kernel.errors import OutsideError
from storefront.kernel.ids import normalise_reference
from storefront.models.profile import Profile
from storefront.ordering import change, notices, read
from storefront.ordering.progress import WAITING, OrderGate, OrderNotFound, gate, gate_or_none
from storefront.ordering.read import OrderView
from storefront.ordering.steps import ask_again, wake
from storefront.ports import SessionFactory
from storefront.renewals import read as renewals
from storefront.web.context import current, grant_order, house, now
from storefront.web.limits import Access, guard
from storefront.web.payment_page import to_payment
from storefront.web.permits import outside_permit

BUDGET = 6.0
blueprint = Blueprint("orders", __name__)


@blueprint.get("/<locale>/orders")
@guard(access=Access.GUEST, limit="order")
def history(locale: str) -> str:
    """Every order this browser placed, followed a link to, or proved the address of."""
    who = current()
    with together(house().read) as look:
        ids = list(sessions.granted_orders(look, who))
        orders = read.orders_of(look, order_ids=ids, email=who.email, margin_seconds=_margin())
    return render_template("orders/history.html", orders=orders, email=who.email)


@blueprint.get("/<locale>/orders/<reference>")
@guard(access=Access.GUEST, limit="order")
def show(locale: str, reference: str) -> Response | str | tuple[str, int]:
    """One order in its present phase."""
    canonical = normalise_reference(reference)
    if canonical is not None and canonical != reference:
        return redirect(url_for("orders.show", locale=locale, reference=canonical), code=301)
    who = current()
    try:
        with together(house().read) as look:
            order = read.my_order(look, who, reference, margin_seconds=_margin())
            is_ready, is_top_up = order.phase == "ready", order.kind == "top_up"
            renewal = renewals.of_order(look, order.id) if is_ready else None
            profile = _profile(look, order) if is_ready and not is_top_up else None
    except OrderNotFound:
        return render_template("orders/stranger.html", reference=reference), 403
    if profile is not None:
        return render_template("orders/ready.html", order=order, install=_install(profile), renewal=renewal)
    if is_ready:
        return render_template("orders/topped_up.html", order=order, renewal=renewal)
    if order.phase in WAITING:
        ask_again(house().bench, order.id)
        given_up_at = read.given_up_at(order, house().settings.supplier_hold_seconds)
        return render_template("orders/waiting.html", order=order, given_up_at=given_up_at)
    if order.phase == "pay":
        return render_template("orders/pay.html", order=order)
    return render_template("orders/ended.html", order=order)


@blueprint.get("/<locale>/orders/<reference>/pay")
@guard(access=Access.GUEST, limit="pay")
def pay(locale: str, reference: str) -> Response:
    """To the payment page when it is open, else to the page that says why not."""
    return to_payment(locale, reference)


@blueprint.get("/<locale>/orders/<reference>/paid")
@guard(access=Access.GUEST, limit="pay")
def landing(locale: str, reference: str) -> Response:
    """Back from the payment page: ask the cashier ourselves, whether or not its notice has come."""
    order = gate_or_none(house().read, current(), reference)
    if order is not None and order.phase not in {"ready", "refunded"}:
        with outside_permit() as granted:
            if granted:
                try:
                    notices.settle_order(house().bench, order.id, budget=BUDGET)
                except OutsideError:
                    wake(house().bench, order.id)
            else:
                wake(house().bench, order.id)
    return redirect(url_for("orders.show", locale=locale, reference=reference), code=303)


@blueprint.post("/<locale>/orders/<reference>/cancel")
@guard(access=Access.GUEST, limit="pay")
def cancel(locale: str, reference: str) -> Response:
    """The buyer changed their mind before paying."""
    order = _mine(reference)
    change.cancel(house().bench, order.id, actor="buyer")
    return redirect(url_for("orders.show", locale=locale, reference=reference), code=303)


@blueprint.get("/orders/<reference>/qr.svg")
@guard(access=Access.GUEST, limit="order")
def qr_svg(reference: str) -> FlaskResponse:
    """The QR code as SVG."""
    profile = _my_profile(reference)
    return _image(house().vault.open(profile.sealed_svg), "image/svg+xml", reference)


@blueprint.get("/orders/<reference>/qr.png")
@guard(access=Access.GUEST, limit="order")
def qr_png(reference: str) -> FlaskResponse:
    """The QR code as PNG."""
    profile = _my_profile(reference)
    return _image(house().vault.open(profile.sealed_png), "image/png", reference)


@blueprint.get("/<locale>/orders/<reference>/kit")
@guard(access=Access.GUEST, limit="order")
def kit(locale: str, reference: str) -> FlaskResponse:
    """Everything needed to install without a network, in one file."""
    who = current()
    with together(house().read) as look:
        order = read.my_order(look, who, reference, margin_seconds=_margin())
        profile = _profile(look, order)
    svg = Markup(house().vault.open(profile.sealed_svg).decode())  # noqa: S704 - made by our own qr.svg from modules only
    page = render_template("orders/kit.html", order=order, install=_install(profile), svg=svg)
    answer = FlaskResponse(page, mimetype="text/html")
    answer.headers["Content-Disposition"] = f'attachment; filename="esim-{reference}.html"'
    return answer


@blueprint.get("/o/<token>")
@guard(access=Access.GUEST, limit="link")
def link(token: str) -> Response:
    """A secret link from a mail: swapped for a cookie and redirected away."""
    order_id = order_links.redeem(house().read, token, now=now())
    grant_order(order_id)
    order = read.order_view(house().read, order_id, margin_seconds=_margin())
    return redirect(url_for("orders.show", locale=order.locale, reference=order.reference), code=303)


def _mine(reference: str) -> OrderGate:
    """The order, when this browser may see it. Raises `OrderNotFound`."""
    return gate(house().read, current(), reference)


def _my_profile(reference: str) -> Profile:
    who = current()
    with together(house().read) as look:
        return _profile(look, gate(look, who, reference))


def _profile(look: SessionFactory, order: OrderGate | OrderView) -> Profile:
    profile = read.profile_of(look, order.id)
    if profile is None or order.phase != "ready":
        raise OrderNotFound(field="reference")
    return profile


def _install(profile: Profile) -> InstallView:
    return install_view(profile, house().vault, request.headers.get("User-Agent", ""))


def _image(body: bytes, kind: str, reference: str) -> FlaskResponse:
    answer = FlaskResponse(body, mimetype=kind)
    if "download" in request.args:
        suffix = kind.split("/")[1].split("+", maxsplit=1)[0]
        answer.headers["Content-Disposition"] = f'attachment; filename="esim-{reference}.{suffix}"'
    return answer


def _margin() -> int:
    return house().settings.hold_margin_seconds
