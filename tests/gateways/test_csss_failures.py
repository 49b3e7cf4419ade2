"""The CSSS client on the wire: every kind of failure."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.gateways.http import Http
from storefront.gateways.linksfield.csss import OPERATIONS
from storefront.kernel.errors import Refused, Throttled, Unintelligible, Unreachable
from tests.gateways.csss_making import ask_everything
from tests.gateways.making import says
from tests.gateways.sim_making import CSSS_ICCID, good, new_csss, sample


@pytest.mark.parametrize(
    ("which", "answer", "field"),
    [
        (0, good({"device_id": CSSS_ICCID, "order_used_flow": "0"}), "data.high_flow_balance"),
        (
            0,
            good({"device_id": CSSS_ICCID, "order_used_flow": "much", "high_flow_balance": "0"}),
            "data.order_used_flow",
        ),
        (0, good({"device_id": "89852022018041800193", "order_used_flow": "0", "high_flow_balance": "0"}), "device_id"),
        (0, good(None), "data"),
        (0, {"data": {}}, "code"),
        (1, good([{"type": "data", "msg": None}]), "data[0].remainingQuantity"),
        (1, good({"type": "data"}), "data"),
        (2, good({"package_order": []}), "data.page"),
        (3, good({"order_id": None}), "data.order_id"),
        (4, good({"device_id": "89852022018041800193"}), "device_id"),
        (5, good([{"lifeCycle": "1"}]), "data[0].assetId"),
    ],
)
def test_what_is_missing_or_odd_is_named(wire: Any, http: Http, which: int, answer: Any, field: str) -> None:
    """An answer without what we need or about another SIM."""
    with pytest.raises(Unintelligible) as odd:
        ask_everything(new_csss(http, wire(says(answer)).url))[which]()
    assert odd.value.field == field


@pytest.mark.parametrize("name", ["orderCode", "orderStatus", "packageCode", "packageName"])
def test_an_order_needs_its_numbers(wire: Any, http: Http, name: str) -> None:
    """The rest may be null."""
    answer = sample("csss_orders_answer")
    answer["data"]["page"] |= {"total_count": 2, "total_pages": 1}
    answer["data"]["package_order"][1][name] = None
    with pytest.raises(Unintelligible) as odd:
        new_csss(http, wire(says(answer)).url, checks_answers=False).orders()
    assert odd.value.field == f"data.package_order[1].{name}"


@pytest.mark.parametrize("which", range(len(OPERATIONS)))
def test_every_failure_has_its_shape(wire: Any, http: Http, which: int) -> None:
    """A code is a no to a question but leaves an order's effect unknown; 5xx, web pages and 429 are no answers."""
    is_read = list(OPERATIONS.values())[which].is_read
    no = {"code": "1001", "data": None, "message": f"no device {CSSS_ICCID}", "success": False}
    for answer, kind in (
        (says(no), Refused if is_read else Unintelligible),
        (says("<html>", status="503 Busy"), Unintelligible),
        (says("<html>"), Unintelligible),
        (says({}, status="429 Too Many"), Throttled),
    ):
        server = wire(answer)
        with pytest.raises(kind) as broken:
            ask_everything(new_csss(http, server.url))[which]()
        assert type(broken.value) is kind
        assert CSSS_ICCID not in str(broken.value)
        assert len(server.requests) == 1


@pytest.mark.parametrize("which", range(len(OPERATIONS)))
def test_silence_ends_and_only_reads_are_repeated(wire: Any, http: Http, which: int) -> None:
    """A server that says nothing, and one that hangs up."""
    silent = wire(lambda connection, request: connection.recv(1))
    with pytest.raises(Unreachable) as late:
        ask_everything(new_csss(http, silent.url, deadline=0.2))[which]()
    assert late.value.vendor_code == "timeout"
    rude = wire(lambda connection, request: connection.close())
    with pytest.raises(Unreachable):
        ask_everything(new_csss(http, rude.url))[which]()
    assert len(rude.requests) == (2 if list(OPERATIONS.values())[which].is_read else 1)
