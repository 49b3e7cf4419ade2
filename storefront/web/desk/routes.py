"""The desk's door and its first page: sign-in, the search box, the cases that wait."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from storefront.identity import staff_sign_in
from storefront.identity.email_address import BadAddress, normalise_address
from storefront.identity.staff_sign_in import StaffUnknown
from storefront.kernel.clock import wall_now
from storefront.letters.wording import known_zone
from storefront.support import cases, search
from storefront.web import context
from storefront.web.desk.staff import current_staff, remember
from storefront.web.limits import Access, guard

LONGEST_LIST = 64 * 1024
blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.route("/sign-in", methods=["GET", "POST"])
@guard(access=Access.GUEST, limit="desk_sign_in")
def sign_in() -> AnyResponse | str | tuple[str, int]:
    """Password and second factor; a wrong one stays unsaid."""
    if request.method == "GET":
        return render_template("desk/sign_in.html", staff=None, fault="", email="")
    home, typed = context.house(), request.form.get("email", "")
    try:
        email = normalise_address(typed)
    except BadAddress as wrong:
        return render_template("desk/sign_in.html", staff=None, fault=_(wrong.sentence), email=typed), 422
    try:
        token = staff_sign_in.sign_in(
            home.write,
            home.vault,
            email=email,
            password=request.form.get("password", ""),
            code=request.form.get("code", "").replace(" ", ""),
            network=context.network(),
            now=context.now(),
            wall=wall_now(),
            time_zone=known_zone(request.form.get("time_zone")),
        )
    except StaffUnknown:
        fault = _("Address, password and code do not fit together. Try again with the next code.")
        return render_template("desk/sign_in.html", staff=None, fault=fault, email=email), 403
    return remember(redirect(url_for("desk.home"), code=303), token)


@blueprint.post("/sign-out")
@guard(access=Access.STAFF, limit="desk")
def sign_out() -> AnyResponse:
    """End the session here and in the database."""
    staff_sign_in.sign_out(context.house().write, current_staff().session_id, now=context.now())
    return remember(redirect(url_for("desk.sign_in"), code=303), "")


@blueprint.get("/")
@guard(access=Access.STAFF, limit="desk")
def home() -> str:
    """The search box, and the open cases, the most urgent first."""
    waiting = cases.waiting(context.house().bench)
    return render_template("desk/home.html", staff=current_staff(), waiting=waiting)


@blueprint.get("/waiting")
@guard(access=Access.STAFF, limit="desk")
def waiting() -> str:
    """The list of open cases alone, for the page that keeps itself up to date."""
    return render_template("desk/waiting.html", staff=current_staff(), waiting=cases.waiting(context.house().bench))


@blueprint.post("/search")
@guard(access=Access.STAFF, limit="desk")
def find() -> str | AnyResponse:
    """What the words name; a single hit opens at once.

    A form that posts, so that no number or address stands in an address bar or a log.
    """
    text = request.form.get("q", "")[:LONGEST_LIST]
    found = search.find(context.house().read, text)
    references = {hit.reference for hit in found.hits}
    if len(references) == 1 and not found.unknown and not found.sims and not found.strangers:
        return redirect(url_for("desk_history.order", reference=references.pop()), code=303)
    return render_template("desk/found.html", staff=current_staff(), q=text, found=found)
