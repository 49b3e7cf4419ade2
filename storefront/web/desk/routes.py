"""The support desk: find anything, read its history, take and resolve cases, close auto-renewals with proof."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from storefront.cases import resolve as cases
from storefront.identity import staff_sign_in
from storefront.identity.email_address import BadAddress, normalise_address
from storefront.identity.staff_sign_in import StaffUnknown
from storefront.kernel.clock import wall_now
from storefront.ordering import read as orders
from storefront.renewals import read as renewals
from storefront.support import audit, bulk_close, search, timeline
from storefront.support import cases as desk_cases
from storefront.web import context
from storefront.web.desk.staff import current_staff, remember
from storefront.web.limits import Access, guard

LOOK_AGAIN = "2"
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
    with context.house().read() as session:
        found = cases.list_cases(session)
    return render_template("desk/home.html", staff=current_staff(), cases=found, now=context.now())


@blueprint.post("/search")
@guard(access=Access.STAFF, limit="desk")
def find() -> str:
    """What the words name. A form that posts, so that no number or address stands in an address bar or a log."""
    text = request.form.get("q", "")[:LONGEST_LIST]
    found = search.find(context.house().read, text)
    return render_template("desk/found.html", staff=current_staff(), q=text, found=found)


@blueprint.get("/orders/<reference>")
@guard(access=Access.STAFF, limit="desk")
def order(reference: str) -> str:
    """One order: what it is, its renewal, its cases, and everything that happened."""
    home_, kind = context.house(), request.args.get("kind", "")
    order_id = orders.id_of(home_.read, reference)
    shown = orders.order_view(home_.read, order_id, margin_seconds=home_.settings.hold_margin_seconds)
    with home_.read() as session:
        open_cases = cases.open_cases_of(session, order_id)
    lines = [one for one in timeline.of_order(home_.read, order_id) if kind in ("", one.kind)]
    return render_template(
        "desk/order.html",
        staff=current_staff(),
        order=shown,
        renewal=renewals.of_order(home_.bench, order_id),
        cases=open_cases,
        lines=lines,
        kind=kind,
        kinds=timeline.KINDS,
    )


@blueprint.post("/cases/<case_id>/take")
@guard(access=Access.STAFF, limit="desk")
def take(case_id: str) -> AnyResponse:
    """Make a case one's own."""
    desk_cases.take(context.house().bench, case_id, staff=current_staff())
    return redirect(url_for("desk.home"), code=303)


@blueprint.post("/cases/<case_id>/resolve")
@guard(access=Access.STAFF, limit="desk")
def resolve(case_id: str) -> AnyResponse:
    """Close a case with its reason."""
    desk_cases.resolve(context.house().bench, case_id, staff=current_staff(), reason=request.form.get("reason", ""))
    return redirect(url_for("desk.home"), code=303)


@blueprint.post("/close")
@guard(access=Access.STAFF, limit="desk")
def close_preview() -> tuple[str, int]:
    """What closing would do, line by line; nothing is done yet."""
    text = request.form.get("numbers", "")[:LONGEST_LIST]
    planned = bulk_close.preview(context.house().bench, text)
    is_good = any(not one.fault for one in planned)
    page = render_template(
        "desk/close.html", staff=current_staff(), planned=planned, text=text, is_good=is_good, fault=""
    )
    return page, 200 if is_good else 422


@blueprint.post("/close/begin")
@guard(access=Access.STAFF, limit="desk")
def close_begin() -> AnyResponse | tuple[str, int]:
    """Begin the closings that were shown; twice is harmless."""
    home_, who = context.house(), current_staff()
    text, reason = request.form.get("numbers", "")[:LONGEST_LIST], request.form.get("reason", "").strip()
    planned = bulk_close.preview(home_.bench, text)
    if not reason or not any(not one.fault for one in planned):
        page = render_template(
            "desk/close.html", staff=who, planned=planned, text=text, is_good=True, fault=_("Write why: it is kept.")
        )
        return page, 422
    begun = bulk_close.begin(home_.bench, planned, staff_id=who.id, actor=who.name, reason=reason)
    return redirect(url_for("desk.closings", refs=",".join(one.reference for one in begun)), code=303)


@blueprint.get("/closings")
@guard(access=Access.STAFF, limit="desk")
def closings() -> AnyResponse:
    """How far each closing is, read from both sides; looks again until all have come to rest."""
    shown = bulk_close.by_references(context.house().bench, request.args.get("refs", "").split(","))
    page = Response(
        render_template("desk/closings.html", staff=current_staff(), closings=shown, refs=request.args.get("refs", ""))
    )
    if any(one.state == "asked" for one in shown):
        page.headers["Refresh"] = LOOK_AGAIN
    return page


@blueprint.get("/closings.csv")
@guard(access=Access.STAFF, limit="desk")
def closings_csv() -> AnyResponse:
    """The same as a table for a spreadsheet; numbers of SIMs stay masked."""
    shown = bulk_close.by_references(context.house().bench, request.args.get("refs", "").split(","))
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["proof", "sim", "state", "asked_at", "no_charge_since", "none_at_supplier_since", "records_ended"])
    for one in shown:
        moments = [str(at or "") for at in (one.asked_at, one.charges_ended_at, one.confirmed_at)]
        writer.writerow([one.reference, one.iccid_masked, one.state, *moments, len(one.records)])
    answer = Response(table.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="closings.csv"'
    return answer


@blueprint.post("/orders/<reference>/note")
@guard(access=Access.STAFF, limit="desk")
def note(reference: str) -> AnyResponse:
    """Add a line to an order's history."""
    home_, words = context.house(), request.form.get("words", "").strip()
    order_id = orders.id_of(home_.read, reference)
    if words:
        with home_.write() as session:
            audit.record(
                session, staff_id=current_staff().id, verb="note", about=order_id, now=context.now(), reason=words
            )
    return redirect(url_for("desk.order", reference=reference), code=303)
