"""What the desk reads: one order, or one SIM wherever it was sold, with everything that happened; and its notes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlmodel import select
from werkzeug.wrappers import Response as AnyResponse

from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked, read_number
from storefront.letters.wording import mask_email
from storefront.models.order import Order
from storefront.models.sim import Sim
from storefront.ordering import progress
from storefront.ordering import read as orders
from storefront.ordering.steps import ask_again
from storefront.renewals import read as renewals
from storefront.sims import status
from storefront.support import audit, order_verbs, sim_verbs, timeline
from storefront.support import cases as desk_cases
from storefront.web import context
from storefront.web.desk.staff import current_staff
from storefront.web.limits import Access, TooManyRequests, guard
from storefront.web.permits import outside_permit

blueprint = Blueprint("desk_history", __name__, url_prefix="/desk")


class SimNotFound(StorefrontError):
    """Nobody ever asked about this SIM here."""

    kind = Kind.NOT_FOUND
    code = "sim_not_found"


@blueprint.get("/orders/<reference>")
@guard(access=Access.STAFF, limit="desk")
def order(reference: str) -> str:
    """One order: what it is, its renewal, its cases, what can be done, and everything that happened."""
    home, kind, staff = context.house(), request.args.get("kind", ""), current_staff()
    order_id = progress.id_of(home.read, reference)
    shown = orders.order_view(home.read, order_id, margin_seconds=home.settings.hold_margin_seconds)
    if shown.phase in progress.WAITING:
        ask_again(home.bench, order_id)
    with home.read() as session:
        zone, address = session.exec(select(Order.time_zone, Order.email).where(Order.id == order_id)).one()
        iccid, sim_id = timeline.sim_of_order(session, order_id)
    open_cases = desk_cases.open_of(home.bench, order_id)
    possible = order_verbs.possible(home.bench, order_id, staff)
    suggested = [verb for case in open_cases for verb in case.verbs if verb in possible]
    return render_template(
        "desk/order.html",
        staff=staff,
        order=shown,
        renewal=renewals.of_order(home.read, order_id),
        iccid_masked=masked(iccid) if iccid else "",
        sim=status.status(home.read, sim_id, is_proved=True, now=context.now()) if sim_id else None,
        cases=open_cases,
        verbs=possible,
        suggested=suggested[:1],
        lines=[one for one in timeline.of_order(home.read, order_id) if kind in ("", one.kind)],
        kind=kind,
        kinds=timeline.KINDS,
        # One clock is enough for people on the same one; an agent whose browser did not say reads UTC.
        zone=zone if zone != (staff.time_zone or "UTC") else "",
        traveller=mask_email(address),
    )


@blueprint.post("/sims")
@guard(access=Access.STAFF, limit="desk")
def look_up() -> AnyResponse:
    """From a whole number to the page of its SIM. Raises `BadNumber`, and `SimUnknown` when the supplier has none."""
    iccid, bench = read_number(request.form.get("number", "")), context.house().bench
    with bench.read() as session:
        known = session.exec(select(Sim.id).where(Sim.iccid == iccid)).first()
    if known is None:
        with outside_permit() as granted:
            if not granted:
                raise TooManyRequests(5)
            bench.outside.sims.verify(iccid)
    return redirect(url_for("desk_history.sim", sim_id=sim_verbs.remember(bench, iccid)), code=303)


@blueprint.get("/sims/<sim_id>")
@guard(access=Access.STAFF, limit="desk")
def sim(sim_id: str) -> str:
    """One SIM: what the supplier last said, our orders and agreements for it, what can be done, what happened."""
    home, kind, staff = context.house(), request.args.get("kind", ""), current_staff()
    with home.read() as session:
        row = session.get(Sim, sim_id)
        if row is None:
            raise SimNotFound(field="sim")
        sold = orders.orders_of_sim(session, row.iccid)
    return render_template(
        "desk/sim.html",
        staff=staff,
        sim_id=sim_id,
        iccid_masked=masked(row.iccid),
        status=status.status(home.read, sim_id, is_proved=True, now=context.now()),
        orders=[orders.order_view(home.read, one.id, margin_seconds=0) for one in sold[:20]],
        renewal=renewals.of_sim(home.bench, row.iccid),
        verbs=[verb.value for verb in sim_verbs.DEEDS],
        lines=[one for one in timeline.of_sim(home.read, sim_id) if kind in ("", one.kind)],
        kind=kind,
        kinds=timeline.KINDS,
    )


@blueprint.post("/orders/<reference>/note")
@guard(access=Access.STAFF, limit="desk")
def note(reference: str) -> AnyResponse:
    """Add a line to an order's history."""
    home, words = context.house(), request.form.get("words", "").strip()
    order_id = progress.id_of(home.read, reference)
    if words:
        with home.write() as session:
            audit.record(
                session, staff_id=current_staff().id, verb="note", about=order_id, now=context.now(), reason=words
            )
    return redirect(url_for("desk_history.order", reference=reference), code=303)
