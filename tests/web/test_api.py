"""The JSON face keeps what its description promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from tests.driver import Traveller
from tests.web.visitor import Visitor
from tests.web.window import window

CONTENT = {200: "application/json"}


@pytest.fixture(scope="module")
def shown(stocked_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A stocked shop that is only looked at."""
    with window(stocked_database, tmp_path_factory.mktemp("window")) as app:
        yield app


@pytest.fixture
def visitor(shown: Flask) -> Visitor:
    """A program that asks it."""
    return Visitor(shown)


@pytest.fixture
def described(visitor: Visitor) -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = visitor.ask("/api/v1/openapi.json").get_json()
    return document


def check(described: dict[str, Any], answer: TestResponse, operation: str) -> Any:
    """The answer's body, after comparing it with what the description says for this status."""
    (found,) = [one["get"] for one in described["paths"].values() if one["get"]["operationId"] == operation]
    response = found["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = described["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    media = CONTENT.get(answer.status_code, "application/problem+json")
    assert answer.mimetype == media
    schema = {**response["content"][media]["schema"], "components": described["components"]}
    body = answer.get_json()
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)
    return body


def test_the_description_is_sound_and_complete(described: dict[str, Any], shown: Flask) -> None:
    """Every schema is a schema, every reference leads somewhere, every route is described and no other."""
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    text = str(described)
    for group in ("schemas", "responses"):
        assert all(
            f"#/components/{group}/{name}" in text for name in described["components"][group] if name != "PlanList"
        )
    ours = {rule.rule for rule in shown.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    written = {"/api/v1" + path for path in described["paths"]}
    assert {path.replace("<int:plan_id>", "{id}").replace("<reference>", "{reference}") for path in ours} == written


@pytest.mark.parametrize(
    "query", ["", "country=JP", "country=japan&currency=jpy", "country=europe", "limit=1", "limit=100", "country=CU"]
)
def test_plan_lists_are_as_described(visitor: Visitor, described: dict[str, Any], query: str) -> None:
    """Every answer of the list fits its schema, and may be cached."""
    answer = visitor.ask(f"/api/v1/plans?{query}")
    check(described, answer, "listPlans")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    again = visitor.ask(f"/api/v1/plans?{query}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_list_is_walked_page_by_page(visitor: Visitor, described: dict[str, Any]) -> None:
    """Every plan comes exactly once, whatever the size of the page."""
    seen: list[int] = []
    cursor = ""
    while True:
        body = check(described, visitor.ask(f"/api/v1/plans?limit=37{cursor}"), "listPlans")
        seen += [plan["id"] for plan in body["plans"]]
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert len(seen) == len(set(seen)) > 300
    assert seen == sorted(seen)


def test_filters_keep_what_they_promise(visitor: Visitor) -> None:
    """A country brings plans that work there; a currency brings plans sold in it, priced in it."""
    plans = visitor.ask("/api/v1/plans?country=at&currency=eur&limit=100").get_json()["plans"]
    assert plans
    assert all("AT" in [place["iso2"] for place in plan["works_in"]] for plan in plans)
    assert all(plan["price"]["currency"] == "EUR" for plan in plans)
    same = visitor.ask("/api/v1/plans?country=austria&currency=EUR&limit=100").get_json()["plans"]
    assert same == plans


def test_one_plan_is_as_in_the_list(visitor: Visitor, described: dict[str, Any]) -> None:
    """The detail is the list's entry; another currency changes the price only where the plan is sold in it."""
    first = visitor.ask("/api/v1/plans?limit=1&country=FR").get_json()["plans"][0]
    assert check(described, visitor.ask(f"/api/v1/plans/{first['id']}"), "getPlan") == first
    euros = check(described, visitor.ask(f"/api/v1/plans/{first['id']}?currency=EUR"), "getPlan")
    assert euros["price"] in first["prices"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("plans?limit=0", "limit"),
        ("plans?limit=101", "limit"),
        ("plans?limit=ten", "limit"),
        ("plans?limit=-1", "limit"),
        ("plans?limit=" + "9" * 500, "limit"),
        ("plans?limit=٣", "limit"),
        ("plans?cursor=first", "cursor"),
        ("plans?cursor=after-" + "9" * 30, "cursor"),
        ("plans?country=ZZ", "country"),
        ("plans?country=atlantis", "country"),
        ("plans?country=", "country"),
        ("plans?currency=XXX", "currency"),
        ("plans?currency=", "currency"),
        ("plans?curency=USD", "curency"),
        ("plans/1000000?currency=XXX", "currency"),
        ("plans/1000000?country=JP", "country"),
    ],
)
def test_wrong_parameters_are_named_with_a_remedy(
    visitor: Visitor, described: dict[str, Any], path: str, field: str
) -> None:
    """A problem document names the field and says what would be right; nobody may cache it."""
    answer = visitor.ask(f"/api/v1/{path}")
    operation = "getPlan" if "plans/" in path else "listPlans"
    body = check(described, answer, operation)
    assert (answer.status_code, body["field"], body["code"]) == (422, field, "parameter_invalid")
    assert "Give " in body["detail"] or "there are" in body["detail"] or "there is" in body["detail"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("plan_id", ["1", "999999999999999999999"])
def test_an_unknown_plan_is_not_found(visitor: Visitor, described: dict[str, Any], plan_id: str) -> None:
    """However large its number."""
    body = check(described, visitor.ask(f"/api/v1/plans/{plan_id}"), "getPlan")
    assert (body["status"], body["code"]) == (404, "plan_not_found")


def test_a_buyer_sees_how_far_the_order_is(traveller: Traveller, described: dict[str, Any]) -> None:
    """The status fits its schema and is never kept by anybody."""
    reference = traveller.order()
    answer = traveller.browser.get(f"/api/v1/orders/{reference}/status")
    body = check(described, answer, "getOrderStatus")
    assert body["reference"] == reference
    assert answer.headers["Cache-Control"] == "no-store"
    spelled = traveller.browser.get(f"/api/v1/orders/{reference[:5].lower()}-{reference[5:]}/status")
    assert spelled.get_json() == body


def test_somebody_elses_order_is_as_unknown_as_none(traveller: Traveller, described: dict[str, Any]) -> None:
    """The two answers differ in nothing but the number of the request."""
    reference = traveller.order()
    bodies = []
    for asked in (reference, "0000000000", "nonsense"):
        answer = traveller.other().browser.get(f"/api/v1/orders/{asked}/status")
        assert answer.status_code == 404
        body = check(described, answer, "getOrderStatus")
        body.pop("request_id")
        bodies.append(body)
    assert bodies[0] == bodies[1] == bodies[2]
