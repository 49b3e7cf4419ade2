"""Failures become pages for people and problem documents for machines."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

import storefront
from storefront.kernel.errors import Kind, StorefrontError, Throttled
from storefront.web.errors import STATUS
from storefront.web.limits import Access, guard
from storefront.web.sentences import SENTENCES
from storefront.wiring import House
from tests.apps import create_app
from tests.web.visitor import Visitor


def all_errors(base: type[StorefrontError] = StorefrontError) -> Iterator[type[StorefrontError]]:
    """Every kind of error the shop can raise on purpose."""
    yield base
    for child in base.__subclasses__():
        yield from all_errors(child)


def test_every_error_code_has_a_sentence() -> None:
    """No error reaches a traveller without words of its own and a remedy."""
    for found in pkgutil.walk_packages(storefront.__path__, "storefront."):
        if not found.name.startswith(("storefront.sandbox", "storefront.db.migrations")):
            importlib.import_module(found.name)
    ours = {error for error in all_errors() if error.__module__.startswith("storefront.")}
    missing = {f"{error.__module__}.{error.__name__}: {error.code}" for error in ours if error.code not in SENTENCES}
    assert missing == set()
    assert all(row.title and row.sentence and row.remedy for row in SENTENCES.values())


def test_every_kind_has_a_status() -> None:
    """The map from kinds to statuses is complete."""
    assert set(STATUS) == set(Kind)


def broken(app: Flask, error: Exception) -> Visitor:
    """A shop in which /en/broken and /api/broken raise `error`."""

    @guard(access=Access.GUEST, limit="browse")
    def fail() -> str:
        raise error

    app.add_url_rule("/en/broken", "broken", fail)
    app.add_url_rule("/api/broken", "broken_api", fail)
    return Visitor(app)


def test_a_bug_shows_a_number_and_no_secret(quiet_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """An unforeseen failure is a 500 page with the request's number; its text stays in the log."""
    answer = broken(quiet_app, RuntimeError("password=hunter2")).ask("/en/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_machines_get_a_problem_document(quiet_app: Flask) -> None:
    """Under /api an expected failure carries its code, its field and its waiting time."""
    answer = broken(quiet_app, Throttled("a vendor's words", retry_after=2.3)).ask("/api/broken")
    assert answer.mimetype == "application/problem+json"
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json["code"] == "outside_throttled"
    assert "3 seconds" in answer.json["detail"]
    assert "vendor's words" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/xx/usd/", 404),
        ("GET", "/xx/sign-in", 404),
        ("DELETE", "/en/sign-in", 405),
        ("GET", "/en/sign-out", 404),
        ("PUT", "/healthz", 405),
        ("GET", "/static/../wsgi.py", 404),
        ("GET", "/api/v1/nowhere", 404),
    ],
)
def test_wrong_addresses(visitor: Visitor, method: str, path: str, status: int) -> None:
    """Each wrong address gets its status, a title and a way on, and is never cached."""
    answer = visitor.ask(path, method=method)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.text) > 100
    if status == 405:
        assert "Allow" in answer.headers


def test_the_bare_page_needs_no_database(quiet_app: Flask) -> None:
    """When everything is broken the page still comes, without asking the house anything."""
    visitor = broken(quiet_app, RuntimeError())
    quiet_app.jinja_env.globals["asset"] = None
    answer = visitor.ask("/en/broken")
    assert (answer.status_code, answer.mimetype) == (500, "text/plain")
    assert answer.headers["X-Request-Id"] in answer.text


def test_a_lost_database_is_a_pause(open_house: Callable[..., House], tmp_path: Path) -> None:
    """Without its database the shop says when to come back, in a page that needs none."""
    app = create_app(open_house(database_url=f"sqlite:///{tmp_path / 'nowhere' / 'shop.sqlite'}"))
    visitor = Visitor(app)
    visitor.client.set_cookie("shop_session", "a-token", domain="127.0.0.1")
    answer = visitor.ask("/en/orders")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "We will be right back" in answer.text
