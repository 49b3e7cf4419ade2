"""Closing the auto-renewals of a pasted list: shown line by line, begun, followed to its end, saved as a table."""

from __future__ import annotations

import csv
import io
import re

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from storefront.support import audit, bulk_close
from storefront.web import context
from storefront.web.checkout.forms import new_form_key
from storefront.web.desk.routes import LONGEST_LIST
from storefront.web.desk.staff import current_staff
from storefront.web.desk.tables import plain_text
from storefront.web.desk.verbs import LOOK_AGAIN
from storefront.web.limits import Access, guard

_A_KEY = re.compile(r"[A-Za-z0-9_-]{16,48}")
_URGENCY = {"stuck": 0, "asked": 1, "closed": 2}
blueprint = Blueprint("desk_closings", __name__, url_prefix="/desk")


@blueprint.post("/close")
@guard(access=Access.STAFF, limit="desk")
def preview() -> tuple[str, int]:
    """What closing would do, line by line; nothing is done yet."""
    text = request.form.get("numbers", "")[:LONGEST_LIST]
    planned = bulk_close.preview(context.house().bench, text)
    is_good = any(not one.fault for one in planned)
    page = render_template(
        "desk/close.html",
        staff=current_staff(),
        planned=planned,
        text=text,
        is_good=is_good,
        fault="",
        key=new_form_key(),
    )
    return page, 200 if is_good else 422


@blueprint.post("/close/begin")
@guard(access=Access.STAFF, limit="desk")
def begin() -> AnyResponse | tuple[str, int]:
    """Begin the closings that were shown; twice is harmless."""
    home, who = context.house(), current_staff()
    text, reason = request.form.get("numbers", "")[:LONGEST_LIST], request.form.get("reason", "").strip()
    planned, batch = bulk_close.preview(home.bench, text), request.form.get("key", "")
    if not _A_KEY.fullmatch(batch):
        batch, reason = new_form_key(), ""
    if not reason or not any(not one.fault for one in planned):
        page = render_template(
            "desk/close.html",
            staff=who,
            planned=planned,
            text=text,
            is_good=True,
            fault=_("Write why: it is kept."),
            key=batch,
        )
        return page, 422
    bulk_close.begin(home.bench, planned, batch=batch, staff_id=who.id, actor=who.name, reason=reason)
    return redirect(url_for("desk_closings.show", batch=batch), code=303)


@blueprint.get("/closings/<batch>")
@guard(access=Access.STAFF, limit="desk")
def show(batch: str) -> AnyResponse:
    """How far each closing is, read from both sides; looks again until all have come to rest."""
    bench = context.house().bench
    shown = sorted(bulk_close.of_batch(bench, batch), key=lambda one: _URGENCY[one.closing.state])
    page = Response(
        render_template(
            "desk/closings.html",
            staff=current_staff(),
            closings=shown,
            left_out=bulk_close.left_out(bench, batch),
            began=audit.first_of_list(bench.read, batch),
            batch=batch,
        )
    )
    if any(one.closing.state == "asked" for one in shown):
        page.headers["Refresh"] = LOOK_AGAIN
    return page


@blueprint.get("/closings/<batch>.csv")
@guard(access=Access.STAFF, limit="desk")
def table(batch: str) -> AnyResponse:
    """The same as a table for a spreadsheet, lines left out at its end; numbers of SIMs stay masked."""
    bench = context.house().bench
    shown = bulk_close.of_batch(bench, batch)
    text = io.StringIO()
    writer = csv.writer(text)
    moments_of = ("asked_at", "no_charge_since", "none_at_supplier_since")
    writer.writerow(["proof", "sim", "state", *moments_of, "records_ended", "line", "left_out_because"])
    for begun in shown:
        one = begun.closing
        moments = [str(at or "") for at in (one.asked_at, one.charges_ended_at, one.confirmed_at)]
        writer.writerow([one.reference, one.iccid_masked, one.state, *moments, len(one.records), begun.line, ""])
    for line in bulk_close.left_out(bench, batch):
        writer.writerow(["", plain_text(line.typed), bulk_close.LEFT_OUT, "", "", "", 0, line.line, line.fault])
    answer = Response(text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="closings.csv"'
    return answer
