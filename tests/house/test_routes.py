"""Promises that every route keeps, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from storefront.web.limits import POLICIES, Access, declared_by


def rules(app: Flask) -> Iterator[Rule]:
    """Every route of the shop."""
    found = list(app.url_map.iter_rules())
    assert len(found) > 20
    yield from found


def test_every_route_declares_its_guard_and_its_rate(app: Flask) -> None:
    """Nobody forgot to say who may come in and how often."""
    undeclared = [rule.endpoint for rule in rules(app) if declared_by(app, rule.endpoint) is None]
    assert undeclared == []
    assert all(declared_by(app, rule.endpoint).limit in POLICIES for rule in rules(app))


def test_every_rate_is_used(app: Flask) -> None:
    """The table of rates has no row for a view that is gone."""
    assert {declared_by(app, rule.endpoint).limit for rule in rules(app)} == set(POLICIES)


def test_public_routes_only_read(app: Flask) -> None:
    """A page that is cached whole takes no form."""
    writing = [
        rule.endpoint
        for rule in rules(app)
        if declared_by(app, rule.endpoint).access is Access.PUBLIC and rule.methods - {"GET", "HEAD", "OPTIONS"}
    ]
    assert writing == []


def test_only_signed_notices_go_without_a_form_token(app: Flask) -> None:
    """What accepts writing without a form token is a vendor's door."""
    open_doors = {
        rule.rule
        for rule in rules(app)
        if declared_by(app, rule.endpoint).access is Access.VENDOR and rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert all(path.startswith("/webhooks/") for path in open_doors)


def test_every_endpoint_names_its_room(app: Flask) -> None:
    """An endpoint is `room.verb`; the static files and the theme belong to none."""
    assert {rule.endpoint for rule in rules(app) if "." not in rule.endpoint} == {"static", "theme"}


@pytest.mark.parametrize(
    "path",
    ["/en/usd/", "/en/usd/search?q=japan", "/en/usd/esim/japan", "/en/usd/page/terms", "/api/v1/plans", "/theme.css"],
)
def test_public_pages_set_no_cookie(app: Flask, path: str) -> None:
    """What is cached whole is the same for everybody, also for somebody who sends cookies."""
    client = app.test_client()
    plain = client.get(path)
    client.set_cookie("shop_session", "a-token")
    client.set_cookie("shop_form", "a-form")
    known = client.get(path)
    assert plain.status_code == 200
    assert plain.data == known.data
    for answer in (plain, known):
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "public" in answer.headers["Cache-Control"]
