"""The JSON face: what is for sale, and how far an order has come. Described in openapi.json beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request, url_for
from flask.blueprints import BlueprintSetupState

from storefront.catalogue import browse
from storefront.catalogue.shelf import Shelf, ShelfPlan
from storefront.catalogue.views import DestinationCard
from storefront.kernel.money import Money
from storefront.ordering.progress import WAITING, status_of
from storefront.ordering.steps import ask_again
from storefront.web.api.questions import BadQuestion, Question, cursor_after, only, read_currency, read_question
from storefront.web.context import current, house
from storefront.web.limits import Access, guard
from storefront.web.shop.pages_cache import fresh, pages

_DESCRIPTION = Path(__file__).resolve().parent / "openapi.json"
_JSON = "application/json"

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.record_once
def furnish(state: BlueprintSetupState) -> None:
    """Read the description once for each application."""
    state.app.extensions["api_description"] = _DESCRIPTION.read_text(encoding="utf-8")


@blueprint.errorhandler(BadQuestion)
def explain(wrong: BadQuestion) -> tuple[Response, int]:
    """Name the parameter and what would be right."""
    answer = jsonify(
        type="about:blank",
        title="A parameter is wrong",
        status=422,
        code="parameter_invalid",
        detail=f"The value of {wrong.field} is not one we take. {wrong}",
        field=wrong.field,
        request_id=str(g.get("request_id", "")),
    )
    answer.mimetype = "application/problem+json"
    return answer, 422


@blueprint.get("/openapi.json")
@guard(access=Access.PUBLIC, limit="api")
def description() -> Response:
    """Describe this interface to machines."""
    return fresh(current_app.extensions["api_description"], mimetype=_JSON)


@blueprint.get("/plans")
@guard(access=Access.PUBLIC, limit="api")
def plans() -> Response:
    """Plans on sale by id, a page at a time."""
    shelf = pages().shelf()
    question = read_question(request.args, shelf, house().settings.currencies)
    found = _matching(shelf, question)
    shown = found[: question.limit]
    more = cursor_after(shown[-1].id) if len(found) > len(shown) else None
    return _fresh({"plans": [_plan(shelf, plan, question.currency) for plan in shown], "next_cursor": more})


@blueprint.get("/plans/<int:plan_id>")
@guard(access=Access.PUBLIC, limit="api")
def plan(plan_id: int) -> Response:
    """One plan on sale."""
    only(request.args, ("currency",))
    currency = read_currency(request.args, house().settings.currencies)
    shelf = pages().shelf()
    for found in shelf.plans.values():
        if found.id == plan_id:
            return _fresh(_plan(shelf, found, currency))
    raise browse.PlanNotFound(field="id")


@blueprint.get("/orders/<reference>/status")
@guard(access=Access.GUEST, limit="status")
def status(reference: str) -> Response:
    """How far an order has come; an order of somebody else is as unknown as one that never was."""
    found = status_of(house().read, current(), reference=reference)
    if found.phase in WAITING:
        ask_again(house().bench, found.id)
    return jsonify(
        reference=found.reference,
        phase=found.phase,
        state=found.state,
        updated_at=found.updated_at.isoformat(timespec="milliseconds"),
        promise_until=found.promise_until.isoformat(timespec="seconds") if found.promise_until else None,
    )


def _matching(shelf: Shelf, question: Question) -> list[ShelfPlan]:
    chosen = shelf.plans.values() if question.place is None else shelf.at.get(question.place, ())
    fitting = [
        plan
        for plan in chosen
        if plan.id > question.after
        and (question.currency is None or any(quote.currency == question.currency for quote in plan.quotes))
    ]
    return sorted(fitting, key=lambda plan: plan.id)


def _fresh(facts: dict[str, Any]) -> Response:
    return fresh(json.dumps(facts, ensure_ascii=False, separators=(",", ":")), mimetype=_JSON)


def _plan(shelf: Shelf, plan: ShelfPlan, currency: str | None) -> dict[str, Any]:
    wanted = currency or house().settings.currencies[0]
    view = browse.plan_detail(shelf, plan.slug, wanted)
    page = url_for("shop.plan", slug=plan.slug, locale=house().settings.languages[0], currency=wanted.lower())
    return {
        "id": view.id,
        "slug": view.slug,
        "name": view.name,
        "destination": _place(view.destination),
        "works_in": [_place(place) for place in view.covers],
        "is_regional": view.is_regional,
        "data_mb": view.data_mb,
        "is_unlimited": view.is_unlimited,
        "fair_use": view.fair_use,
        "days": view.days,
        "price": _money(view.price),
        "prices": [_money(quote) for quote in view.quotes],
        "in_stock": view.in_stock,
        "page": house().settings.public_url.rstrip("/") + page,
    }


def _place(place: DestinationCard) -> dict[str, Any]:
    return {"slug": place.slug, "name": place.name, "kind": place.kind, "iso2": place.iso2}


def _money(amount: Money) -> dict[str, Any]:
    return {"amount": str(amount.decimal), "minor": amount.minor, "currency": amount.currency}
