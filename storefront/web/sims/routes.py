"""Card login and the SIM's page, top-ups of it, the second factor, and the question to the desk."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.cases import ask as desk
from storefront.identity import card_sign_in, sessions, step_up
from storefront.identity.card_sign_in import EmailFirst, Tries
from storefront.identity.step_up import NoSecondFactor, NoSim, SimAccess
from storefront.kernel.errors import OutsideError, SimUnknown, StorefrontError
from storefront.kernel.iccid import BadNumber
from storefront.letters.wording import known_zone
from storefront.ordering import progress
from storefront.ordering import read as orders
from storefront.ordering.offers import TopUpOffer, offer, offers
from storefront.ordering.place import TopUpWanted
from storefront.ordering.progress import OrderNotFound
from storefront.renewals import closings, enrol
from storefront.renewals import read as renewals
from storefront.renewals.enrol import BadLimit
from storefront.sims import refresh, status
from storefront.web import context
from storefront.web.checkout import renew
from storefront.web.checkout.afterwards import go_on, ordered_before
from storefront.web.checkout.forms import new_form_key
from storefront.web.i18n import current_currency
from storefront.web.limits import Access, guard
from storefront.web.login.routes import PENDING, PROVED, code_key
from storefront.web.permits import outside_permit
from storefront.web.sims.forms import WISH_NAMES, AskForm, NumberForm, TopUpForm
from storefront.web.sims.places import is_alone, shelve
from storefront.web.sims.wording import in_groups, not_known, number_fault, top_up_consent, typing_hint

LOOK_AGAIN = "2"
MOST_LOOKS = 8
blueprint = Blueprint("sims", __name__)


@blueprint.get("/<locale>/sim/sign-in")
@guard(access=Access.GUEST, limit="browse")
def sign_in_form(locale: str) -> str:
    """Ask for the number, and say where it stands."""
    empty = NumberForm(formdata=None)
    return render_template("sims/sign_in.html", form=empty, typed="", fault=None, hint=None, is_unknown=False)


@blueprint.post("/<locale>/sim/sign-in")
@guard(access=Access.GUEST, limit="sim_sign_in")
def sign_in(locale: str) -> Response:
    """Let the supplier decide. What it does not know, what is another's and what is locked look the same."""
    form = NumberForm()
    if not form.validate():
        return _asked_again(form, _("This page was open for too long. Nothing was sent; please try again."), 422)
    home = context.house()
    try:
        with outside_permit() as granted:
            if not granted:
                return _asked_again(
                    form, _("Many people are signing in at this moment. Try again in a few seconds."), 503
                )
            opened = card_sign_in.open_sim(
                home.write,
                home.read,
                home.outside.sims,
                home.outside.clock,
                typed=form.number.data or "",
                view=context.current(),
                token=context.session_token(),
                network=context.network(),
                tries=Tries(home.settings.card_login_per_network, home.settings.card_login_strangers_per_hour),
            )
    except BadNumber as wrong:
        return _asked_again(form, number_fault(wrong.reason), 422)
    except SimUnknown:
        return _asked_again(form, not_known(), 404, hint=typing_hint(form.number.data or ""))
    except EmailFirst:
        return make_response(render_template("sims/email_first.html"), 429)
    except OutsideError:
        sentence = _("We cannot check this number right now: the network does not answer. Try again in a minute.")
        return _asked_again(form, sentence, 503)
    # A form token that was in the browser before the sign-in must not be worth anything after it.
    session.clear()
    context.remember(opened.session, opened.token)
    with home.write() as writing:
        refresh.wake(writing, opened.sim_id, context.now())
    return redirect(url_for("sims.show", locale=locale), code=303)


@blueprint.post("/<locale>/sim/of/<reference>")
@guard(access=Access.GUEST, limit="order")
def of_order(locale: str, reference: str) -> Response:
    """From My eSIM to the page of that eSIM: usage, more data, auto-renew. No number need be typed."""
    home = context.house()
    order = progress.gate(home.read, context.current(), reference)
    profile = orders.profile_of(home.read, order.id)
    if profile is None or profile.iccid is None:
        raise OrderNotFound(field="reference")
    opened = card_sign_in.enter_own(home.write, iccid=profile.iccid, token=context.session_token(), now=context.now())
    session.clear()
    context.remember(opened.session, opened.token)
    with home.write() as writing:
        refresh.wake(writing, opened.sim_id, context.now())
    return redirect(url_for("sims.show", locale=locale), code=303)


@blueprint.get("/<locale>/sim")
@guard(access=Access.GUEST, limit="order")
def show(locale: str) -> Response:
    """The SIM as last known; a look at the supplier is under way when the facts have aged, and the page never waits."""
    try:
        sim = _sim()
    except NoSim:
        return redirect(url_for("sims.sign_in_form", locale=locale), code=303)
    home, now = context.house(), context.now()
    # Whoever asks for a fresh look waits for it on the page, but not for ever; the supplier is asked once a minute.
    looks = request.args.get("again", 0, type=int)
    is_asking = refresh.wake_if_aged(home.write, home.read, sim.sim_id, now) and 0 < looks <= MOST_LOOKS
    facts = status.status(home.read, sim.sim_id, is_proved=sim.is_proved, now=now)
    ours = renewals.of_sim(home.bench, sim.iccid) if sim.is_proved else None
    is_dark = sim.is_proved and not facts.renewal_is_known
    view = context.current()
    page = make_response(
        render_template(
            "sims/sim.html",
            sim=facts,
            access=sim,
            shelf=shelve(offers(home.read, sim.sim_id), facts, current_currency()),
            renewal=ours,
            own=orders.of_sim(home.read, view, sim.iccid) if sim.is_proved else (),
            last_closing=closings.newest_of_sim(home.bench, sim.iccid) if is_dark else None,
            proved_until=sessions.lasts_until(home.read, view.id) if sim.is_proved and view.id else None,
            # A page that renews itself would take the notice away before it is read.
            just_proved=not facts.is_new and session.pop(PROVED, False),
            again="asking" if is_asking else "asked" if looks else "",
        )
    )
    if facts.is_new:
        page.headers["Refresh"] = LOOK_AGAIN
    elif is_asking:
        page.headers["Refresh"] = f"{LOOK_AGAIN}; url={url_for('sims.show', locale=locale, again=looks + 1)}"
    return page


@blueprint.post("/<locale>/sim/leave")
@guard(access=Access.GUEST, limit="sign_in")
def leave(locale: str) -> Response:
    """Forget the SIM in this browser."""
    view = context.current()
    if view.id is not None:
        sessions.leave_sim(context.house().write, view.id)
    return redirect(url_for("sims.sign_in_form", locale=locale), code=303)


@blueprint.post("/<locale>/sim/prove")
@guard(access=Access.GUEST, limit="sign_in")
def prove(locale: str) -> Response:
    """Send the code to the address the SIM was delivered to; without one, lead to the desk."""
    home = context.house()
    try:
        sent = step_up.ask(
            home.write,
            home.read,
            home.vault,
            home.outside.clock,
            key=code_key(),
            sim=_sim(),
            locale=locale,
            network=context.network(),
        )
    except NoSecondFactor:
        return redirect(url_for("sims.ask_form", locale=locale), code=303)
    # The browser must not learn the address: it stands in no cookie and on no page.
    session[PENDING] = {"id": sent.code_id, "email": "", "next": url_for("sims.show", locale=locale), "fresh": True}
    return redirect(url_for("login.code", locale=locale), code=303)


@blueprint.get("/<locale>/sim/top-up/<key>")
@guard(access=Access.GUEST, limit="browse")
def top_up_form(locale: str, key: str) -> str:
    """What is bought for which SIM, at what price."""
    sim = _sim()
    empty = TopUpForm(formdata=None)
    empty.form_key.data, empty.email.data = new_form_key(), context.current().email
    return _top_up_page(sim, offer(context.house().read, sim.sim_id, key), empty)


@blueprint.post("/<locale>/sim/top-up/<key>")
@guard(access=Access.GUEST, limit="checkout")
def top_up(locale: str, key: str) -> Response | tuple[str, int]:
    """Place the order and go on to the payment page."""
    sim, home, filled = _sim(), context.house(), TopUpForm()
    try:
        wanted = offer(home.read, sim.sim_id, key)
    except StorefrontError:
        if known := ordered_before(filled.form_key.data, locale):
            return known
        raise
    if not filled.validate():
        return _top_up_page(sim, wanted, filled), 422
    order = TopUpWanted(
        iccid=sim.iccid,
        package_code=wanted.package_code,
        plan_code=wanted.plan_code,
        plan_name=wanted.name,
        data_mb=wanted.data_mb,
        is_unlimited=wanted.is_unlimited,
        days=wanted.days * wanted.periods,
        periods=wanted.periods,
        supplier_amount=wanted.supplier_amount,
        charged=wanted.charged,
        email=filled.email.data,
        locale=locale,
        network=context.network(),
        consent_text=top_up_consent(),
        form_key=filled.form_key.data,
        time_zone=known_zone(request.form.get("time_zone")),
    )
    try:
        wish = renew.wish_of(filled, order.charged, order.days, locale)
        granting = context.Granting()
        placed = enrol.buy_top_up(home.bench, order, wish, granting)
    except BadLimit as wrong:
        renew.blame(filled, wrong, order.charged, locale)
        return _top_up_page(sim, wanted, filled), 422
    return go_on(placed, locale, granting)


@blueprint.get("/<locale>/sim/ask")
@guard(access=Access.GUEST, limit="browse")
def ask_form(locale: str) -> str:
    """The way for a SIM the shop did not deliver."""
    empty = AskForm(formdata=None)
    empty.email.data = context.current().email
    return render_template("sims/ask.html", form=empty, access=_sim(), wishes=WISH_NAMES)


@blueprint.post("/<locale>/sim/ask")
@guard(access=Access.GUEST, limit="sim_ask", body=desk.MOST_BYTES + 64 * 1024)
def ask(locale: str) -> Response | tuple[str, int]:
    """Open a case for the desk with the proof attached."""
    sim, home, form = _sim(), context.house(), AskForm()
    file = form.file.data.read() if form.file.data else b""
    faults = not form.validate()
    if not file:
        form.file.errors = [_("Add a photo or PDF: we must not change a SIM for somebody who only knows its number.")]
    elif len(file) > desk.MOST_BYTES:
        form.file.errors = [_("This file is larger than 10 MB; a photo of the card at a smaller size is enough.")]
    else:
        try:
            desk.media_type(file)
        except desk.UnfitProof:
            form.file.errors = [_("This file is neither a JPEG or PNG picture nor a PDF; please send one of these.")]
    if faults or form.file.errors:
        return render_template("sims/ask.html", form=form, access=sim, wishes=WISH_NAMES), 422
    asked = desk.Asked(form.wish.data, form.email.data, form.words.data or "", file)
    with home.write() as writing:
        case_id = desk.ask(
            writing,
            home.vault,
            owner=home.settings.case_owner,
            now=context.now(),
            sim_id=sim.sim_id,
            iccid=sim.iccid,
            asked=asked,
        )
    page = render_template("sims/asked.html", access=sim, case=case_id[-8:].upper(), email=form.email.data)
    return page, 200


def _sim() -> SimAccess:
    return step_up.access(context.house().read, context.current())


def _asked_again(form: NumberForm, fault: str, code: int, *, hint: tuple[str, str] | None = None) -> Response:
    typed = in_groups(form.number.data or "")
    page = render_template("sims/sign_in.html", form=form, typed=typed, fault=fault, hint=hint, is_unknown=code == 404)
    return make_response(page, code)


def _top_up_page(sim: SimAccess, wanted: TopUpOffer, form: TopUpForm) -> str:
    home, days = context.house(), wanted.days * wanted.periods
    offered = enrol.is_offered(home.settings, days)
    return render_template(
        "sims/top_up.html",
        access=sim,
        sim=status.status(home.read, sim.sim_id, is_proved=False, now=context.now()),
        offer=wanted,
        is_alone=is_alone(wanted, offers(home.read, sim.sim_id)),
        form=form,
        consent=top_up_consent(),
        renew_consent=renew.consent_text(wanted.charged, days, str(get_locale())) if offered else "",
    )
