"""Probes and metrics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from storefront.jobs import outbox
from storefront.wiring import House
from tests.apps import create_app
from tests.identity.making import Hands
from tests.web.visitor import Visitor


def test_alive_and_ready(visitor: Visitor) -> None:
    """A healthy shop says so, also to a probe that knows only the bare address."""
    assert visitor.ask("/healthz").json == {"status": "alive"}
    ready = visitor.ask("/readyz", headers={"Host": "10.0.0.7:8000"})
    assert ready.status_code == 200
    assert ready.json == {
        "shop": "ready",
        "database": "ok",
        "schema": "current",
        "queue": "ok",
        "oldest_due_seconds": 0.0,
    }


def test_a_late_queue_is_told_but_keeps_the_shop_open(visitor: Visitor, hands: Hands) -> None:
    """Work that waits for minutes shows in the answer, not in the status."""
    with visitor.house.write() as session:
        outbox.stage(session, job="test", arguments={}, key="late", due_at=hands.now() - dt.timedelta(minutes=5))
    ready = visitor.ask("/readyz")
    assert (ready.status_code, ready.json["queue"], ready.json["oldest_due_seconds"]) == (200, "late", 300.0)


def test_an_unmigrated_database_is_not_ready(open_house: Callable[..., House], tmp_path: Path) -> None:
    """Before the migration, and without a database at all, visitors are kept away."""
    empty = Visitor(create_app(open_house(database_url=f"sqlite:///{tmp_path / 'empty.sqlite'}")))
    assert empty.ask("/readyz").json == {"shop": "down", "database": "ok", "schema": "behind"}
    lost = Visitor(create_app(open_house(database_url=f"sqlite:///{tmp_path / 'nowhere' / 'shop.sqlite'}")))
    answer = lost.ask("/readyz")
    assert (answer.status_code, answer.json) == (503, {"shop": "down", "database": "unreachable"})
    assert lost.ask("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("network", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.5", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.5"}, 404),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.5"}, 404),
    ],
)
def test_metrics_are_for_this_machine(visitor: Visitor, network: str, headers: dict[str, str], status: int) -> None:
    """Counters are shown to loopback only, and not to what a proxy on this machine passes on."""
    visitor.network = network
    answer = visitor.ask("/metrics", headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert answer.mimetype == "text/plain"
