"""The Mall client on the wire: every kind of failure."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.gateways.http import Http
from storefront.gateways.linksfield.mall_operations import OPERATIONS
from storefront.kernel.errors import Refused, Throttled, Unintelligible, Unreachable
from tests.gateways.making import says
from tests.gateways.mall_making import CREATED, ON_SIM, PLAN, RENEWAL, SUBSCRIBED, ask_everything
from tests.gateways.sim_making import ICCID, done, failed, new_mall


@pytest.mark.parametrize(
    ("which", "answer", "field"),
    [
        (0, done(None), "data.deviceCode"),
        (0, {"status": 500}, "deviceCode"),
        (0, done({"deviceCode": "89852420180910340794"}), "deviceCode"),
        (0, done({"deviceCode": ICCID, "partnerCode": "P000999"}), "partnerCode"),
        (1, done({}), "data.data"),
        (1, done([{**PLAN, "unit": "9"}]), "unit"),
        (1, done([{**PLAN, "price": None}]), "data[0].price"),
        (1, done([{**PLAN, "packageCode": ""}]), "data[0].packageCode"),
        (2, {**CREATED, "payId": None}, "payId"),
        (2, {**CREATED, "deviceCode": "89852420180910340794"}, "deviceCode"),
        (3, done({"deviceCode": ICCID}), "data.orderList"),
        (3, done({"deviceCode": "89852420180910340794", "orderList": []}), "deviceCode"),
        (3, done({"orderList": [{**ON_SIM[0], "expireDate": "soon"}]}), "expireDate"),
        (4, {**RENEWAL, "payId": ""}, "payId"),
        (4, {**RENEWAL, "deviceCode": "89852420180910340794"}, "deviceCode"),
        (6, {}, "operateCode"),
        (6, {"code": 500, "message": "boom"}, "operateCode"),
        (7, done({"status": "maybe"}), "status"),
        (7, done({}), "data.status"),
        (8, {**SUBSCRIBED, "sub_id": ""}, "sub_id"),
        (9, done({"purchase_order_id": "0190-a"}), "data.order_id"),
        (9, done({"order_id": "L1", "purchase_order_id": "0190-b"}), "purchase_order_id"),
        (9, done({"order_id": "L1", "pay_time": "soon"}), "pay_time"),
        (0, {"operateCode": None}, "operateCode"),
        (5, done("fine"), "data"),
    ],
)
def test_what_is_missing_or_odd_is_named(wire: Any, http: Http, which: int, answer: Any, field: str) -> None:
    """An answer without what we need, about another SIM, or in a vocabulary we do not know."""
    with pytest.raises(Unintelligible) as odd:
        ask_everything(new_mall(http, wire(says(answer)).url))[which]()
    assert odd.value.field == field


@pytest.mark.parametrize("which", range(len(OPERATIONS)))
def test_every_failure_has_its_shape(wire: Any, http: Http, which: int) -> None:
    """A no is a no; the supplier's own trouble, 5xx, a web page and 429 are not; nothing is sent twice."""
    for answer, kind in (
        (says(failed(f"no such card {ICCID}")), Refused),
        (says(failed("System error, please try again")), Unintelligible),
        (says("<html>", status="502 Bad Gateway"), Unintelligible),
        (says("<html>"), Unintelligible),
        (says({}, status="429 Too Many", headers="Retry-After: 7\r\n"), Throttled),
    ):
        server = wire(answer)
        with pytest.raises(kind) as broken:
            ask_everything(new_mall(http, server.url))[which]()
        assert type(broken.value) is kind
        assert ICCID not in str(broken.value)
        assert len(server.requests) == 1


@pytest.mark.parametrize("which", range(len(OPERATIONS)))
def test_silence_ends_and_only_reads_are_repeated(wire: Any, http: Http, which: int) -> None:
    """A server that says nothing, and one that hangs up."""
    silent = wire(lambda connection, request: connection.recv(1))
    with pytest.raises(Unreachable) as late:
        ask_everything(new_mall(http, silent.url, deadline=0.2))[which]()
    assert late.value.vendor_code == "timeout"
    rude = wire(lambda connection, request: connection.close())
    with pytest.raises(Unreachable):
        ask_everything(new_mall(http, rude.url))[which]()
    assert len(rude.requests) == (2 if list(OPERATIONS.values())[which].is_read else 1)
