"""A verb at the desk: the preview, the deed, and what both sides say afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import select
from werkzeug.wrappers import Response as AnyResponse

from storefront.delivery.install_kit import install_view
from storefront.identity.email_address import BadAddress
from storefront.models.sim import Sim
from storefront.ordering import progress
from storefront.ordering import read as orders
from storefront.renewals import read as renewals
from storefront.support import cases as desk_cases
from storefront.support import order_verbs, outcome, sim_verbs, verbs
from storefront.support.cases import ReasonNeeded
from storefront.support.verbs import Asked, ChangedMeanwhile, Deed, Unsure, Verb
from storefront.web import context
from storefront.web.checkout.forms import new_form_key
from storefront.web.desk.history import SimNotFound
from storefront.web.desk.staff import current_staff
from storefront.web.limits import Access, TooManyRequests, guard
from storefront.web.permits import outside_permit
from storefront.web.sentences import SENTENCES

LOOK_AGAIN = "2"
MOST_ALSO = 3
blueprint = Blueprint("desk_verbs", __name__, url_prefix="/desk")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a verb is about: the inner id, what people call it, and the way back."""

    about: str
    name: str
    back: str
    deed: Deed
    verb: Verb


@blueprint.route("/orders/<reference>/<verb>", methods=["GET", "POST"])
@guard(access=Access.STAFF, limit="desk")
def of_order(reference: str, verb: str) -> AnyResponse | str | tuple[str, int]:
    """A verb for an order. GET shows what it would do, POST does it."""
    about = progress.id_of(context.house().read, reference)
    back = url_for("desk_history.order", reference=reference)
    return _answer(Subject(about, reference, back, *_named(order_verbs.DEEDS, verb)))


@blueprint.route("/sims/<sim_id>/<verb>", methods=["GET", "POST"])
@guard(access=Access.STAFF, limit="desk")
def of_sim(sim_id: str, verb: str) -> AnyResponse | str | tuple[str, int]:
    """A verb for a SIM. GET shows what it would do, POST does it."""
    with context.house().read() as session:
        if session.exec(select(Sim.id).where(Sim.id == sim_id)).first() is None:
            raise SimNotFound(field="sim")
    back = url_for("desk_history.sim", sim_id=sim_id)
    return _answer(Subject(sim_id, "", back, *_named(sim_verbs.DEEDS, verb)))


@blueprint.get("/done/<int:action_id>")
@guard(access=Access.STAFF, limit="desk")
def done(action_id: int) -> AnyResponse:
    """What became of something done, read back from both sides; looks again until it has come to rest."""
    bench = context.house().bench
    with outside_permit() as granted:
        found = outcome.read(bench, action_id, ask=granted, again="again" in request.args)
    if found is None:
        abort(404)
    also, renewal = [], None
    if found.reference:
        also = order_verbs.possible(bench, found.deed.about, current_staff())
        renewal = renewals.of_order(bench.read, found.deed.about)
    page = Response(
        render_template(
            "desk/done.html",
            staff=current_staff(),
            outcome=found,
            also=[verb for verb in also if verb != found.deed.verb][:MOST_ALSO],
            case=desk_cases.newest_about(bench, found.deed.about),
            renewal=renewal,
        )
    )
    if not found.is_resting:
        page.headers["Refresh"] = LOOK_AGAIN
    return page


def _answer(subject: Subject) -> AnyResponse | str | tuple[str, int]:
    if request.method == "GET":
        return _preview(subject)
    asked = Asked(
        staff=current_staff(),
        key=request.form.get("key", "")[:64],
        seen=request.form.get("seen", ""),
        why=request.form.get("why", ""),
        words=request.form.get("words", ""),
        email=request.form.get("email", ""),
        is_sure=request.form.get("sure") == "yes",
    )
    if len(asked.key) < 16:
        return _preview(subject, _("This page was incomplete; nothing was done. Look again."), 422)
    with outside_permit() as granted:
        if not granted:
            raise TooManyRequests(5)
        try:
            made = verbs.do(context.house().bench, subject.deed, subject.verb, subject.about, asked)
        except BadAddress as wrong:
            return _preview(subject, _(wrong.sentence), 422)
        except (ReasonNeeded, Unsure) as wrong:
            return _preview(subject, _said(wrong.code), 422)
        except ChangedMeanwhile as changed:
            return _preview(subject, _said(changed.code), 409)
    if subject.verb is Verb.REVEAL_CODE and made.is_new:
        profile = orders.profile_of(context.house().read, subject.about)
        if profile is not None:
            shown = install_view(profile, context.house().vault)
            return render_template("desk/code.html", staff=current_staff(), subject=subject, install=shown)
    return redirect(url_for("desk_verbs.done", action_id=made.action_id), code=303)


def _preview(subject: Subject, fault: str = "", status: int = 200) -> tuple[str, int]:
    with outside_permit() as granted:
        if not granted:
            raise TooManyRequests(5)
        planned = verbs.preview(context.house().bench, subject.deed, subject.verb, subject.about, current_staff())
    page = render_template(
        "desk/do.html",
        staff=current_staff(),
        subject=subject,
        planned=planned,
        ends=desk_cases.ended_by(context.house().bench, subject.about, subject.verb),
        why=verbs.WHY,
        key=new_form_key(),
        fault=fault,
        typed=request.form,
    )
    return page, status


def _named(deeds: Mapping[Verb, Deed], verb: str) -> tuple[Deed, Verb]:
    named = next((one for one in deeds if one.value == verb), None)
    if named is None:
        abort(404)
    return deeds[named], named


def _said(code: str) -> str:
    row = SENTENCES[code]
    return f"{_(row.sentence)} {_(row.remedy)}"
