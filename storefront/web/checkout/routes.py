"""From a plan to the payment page: parse the form, check limits, place one order, send the buyer on."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.catalogue import browse
from storefront.catalogue.views import PlanDetail
from storefront.identity.email_address import BadAddress, normalise_address
from storefront.kernel.errors import StorefrontError
from storefront.letters.wording import known_zone
from storefront.ordering.place import Wanted
from storefront.renewals import enrol
from storefront.renewals.enrol import BadLimit
from storefront.web.checkout import renew
from storefront.web.checkout.afterwards import go_on, ordered_before
from storefront.web.checkout.forms import CheckoutForm, new_form_key
from storefront.web.context import Granting, house, network
from storefront.web.limits import Access, guard, is_secure
from storefront.web.shop.pages_cache import pages
from storefront.web.shop.steering import COOKIE as PREFERENCES

PREFERENCES_LIFE = 365 * 24 * 3600
blueprint = Blueprint("checkout", __name__)


@blueprint.get("/<locale>/<currency>/checkout/<slug>")
@guard(access=Access.GUEST, limit="browse")
def form(locale: str, currency: str, slug: str) -> Response:
    """The form, with a fresh key; the language and currency of a buyer are remembered for the bare address."""
    plan = _plan(slug, currency)
    empty = CheckoutForm(formdata=None)
    empty.form_key.data = new_form_key()
    page = make_response(
        render_template("checkout/form.html", plan=plan, form=empty, problem=None, **_words(plan, locale))
    )
    secure = is_secure(house().settings)
    page.set_cookie(PREFERENCES, f"{locale}.{currency}", max_age=PREFERENCES_LIFE, secure=secure, samesite="Lax")
    return page


@blueprint.post("/<locale>/<currency>/checkout/<slug>")
@guard(access=Access.GUEST, limit="checkout")
def buy(locale: str, currency: str, slug: str) -> Response | tuple[str, int]:
    """Place the order and go on to the payment page, or to the page that waits for it."""
    filled = CheckoutForm()
    if not filled.validate():
        return _again(slug, currency, filled, None, 422)
    try:
        email = normalise_address(filled.email.data)
    except BadAddress as wrong:
        filled.email.errors = [*filled.email.errors, _(wrong.sentence)]
        return _again(slug, currency, filled, None, 422)
    try:
        offer = browse.plan_for_order(pages().shelf(as_of_now=True), slug, currency)
    except StorefrontError as gone:
        if known := ordered_before(filled.form_key.data, locale):
            return known
        if gone.code != "plan_sold_out":
            raise
        sentence = _("This plan has just sold out. Nothing was charged; please choose another one.")
        return _again(slug, currency, filled, sentence, 409)
    wanted = Wanted(
        plan_id=offer.plan_id,
        plan_name=offer.plan_name,
        destination=offer.destination,
        destination_slug=offer.destination_slug,
        data_mb=offer.data_mb,
        is_unlimited=offer.is_unlimited,
        days=offer.days,
        package_code=offer.package_code,
        period_num=offer.period_num,
        currency_id=offer.currency_id,
        supplier_amount=offer.supplier_amount,
        supplier_currency=offer.supplier_currency,
        charged=offer.charged,
        email=email,
        locale=locale,
        network=network(),
        consent_text=consent_text(),
        device_checked=bool(filled.device_ok.data),
        form_key=filled.form_key.data,
        time_zone=known_zone(request.form.get("time_zone")),
    )
    try:
        wish = renew.wish_of(filled, offer.charged, offer.days, locale)
        granting = Granting()
        placed = enrol.buy_esim(house().bench, wanted, wish, granting)
    except BadLimit as wrong:
        renew.blame(filled, wrong, offer.charged, locale)
        return _again(slug, currency, filled, None, 422)
    return go_on(placed, locale, granting)


def consent_text() -> str:
    """The words the buyer agrees to; stored on the order as shown."""
    words: str = _(
        "I want my eSIM delivered at once. I know that my right of withdrawal ends when it is installed; "
        "until then I can have my money back."
    )
    return words


def _words(plan: PlanDetail, locale: str) -> dict[str, str]:
    """What is agreed to; the second is empty for a plan that is not renewed."""
    offered = enrol.is_offered(house().settings, plan.days)
    return {
        "consent": consent_text(),
        "renew_consent": renew.consent_text(plan.price, plan.days, locale) if offered else "",
    }


def _plan(slug: str, currency: str) -> PlanDetail:
    return browse.plan_detail(pages().shelf(), slug, currency)


def _again(slug: str, currency: str, filled: CheckoutForm, problem: str | None, status: int) -> tuple[str, int]:
    plan = _plan(slug, currency)
    words = _words(plan, str(get_locale()))
    return render_template("checkout/form.html", plan=plan, form=filled, problem=problem, **words), status
