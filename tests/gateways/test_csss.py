"""The CSSS client on the wire: the published samples, signatures both ways, and paging."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from storefront.gateways.http import Http
from storefront.gateways.linksfield.csss_messages import (
    Device,
    FlowUsage,
    OrderedPackage,
    PackageOrder,
    Remainder,
)
from storefront.gateways.linksfield.signing import CsssSigner
from storefront.kernel.errors import Unintelligible, Unreachable
from tests.gateways.csss_making import ORDER_ICCID, ORDERED, PACKAGE, paged
from tests.gateways.making import parts, says
from tests.gateways.sim_making import CSSS_ICCID, SECRET, body_of, good, new_csss, sample, signed


def test_the_published_requests_are_what_we_send(wire: Any, http: Http) -> None:
    """Same names, same types, seconds as text; signed with our secret, so only ``sign`` differs."""
    server = wire(says(sample("csss_flow_usage_answer")), says(sample("csss_remainders_answer")), paged(2, 2))
    csss = new_csss(http, server.url, checks_answers=False, page_size=2, language="zh-CN")
    csss.flow_usage(CSSS_ICCID)
    csss.remainders("89314404000894480434")
    csss.orders()
    published = [sample(f"csss_{name}_request") for name in ("flow_usage", "remainders", "orders")]
    published[1] |= {"timestamp": "1643251754", "access_code": "P000270"}  # printed without a time, for another partner
    for request, expected in zip(server.requests, published, strict=True):
        sent = body_of(request)
        assert sent | {"sign": ""} == expected | {"sign": ""}
        assert sent["sign"] == CsssSigner(SECRET).sign(sent) != expected["sign"]
        assert parts(request)[1]["accept-language"] == "zh-CN"
        assert parts(request)[1]["content-type"] == "application/json"
    assert '"page_no":1' in parts(server.requests[2])[2]
    lines = [parts(request)[0].split(" ")[1] for request in server.requests]
    assert lines == ["/flow/queryDeviceFlowUsage", "/flow/getInfoByDeviceId", "/package/queryOrder"]


def test_the_published_usage_is_read(wire: Any, http: Http) -> None:
    """Sample 001: bytes of the current cycle."""
    server = wire(says(sample("csss_flow_usage_answer")))
    usage = new_csss(http, server.url, checks_answers=False).flow_usage(CSSS_ICCID)
    assert usage == FlowUsage(CSSS_ICCID, "202107061625560742397", 0, 0)


def test_the_published_remainder_is_read(wire: Any, http: Http) -> None:
    """Sample 000: data in bytes; an array carries no signature to check."""
    server = wire(says(sample("csss_remainders_answer")))
    assert new_csss(http, server.url).remainders("89314404000894480434") == [Remainder("data", 1879048192, "")]


def test_calls_and_messages_have_their_own_units_and_causes(wire: Any, http: Http) -> None:
    """Seconds and messages are plain counts; an entry with a cause has no figure, whatever stands there."""
    rows = [
        {"type": "call-out", "remainingQuantity": "3600", "msg": None},
        {"type": "sms-out", "remainingQuantity": 12, "msg": ""},
        {"type": "data", "remainingQuantity": "-1", "msg": f"IMSI of {CSSS_ICCID} not supported"},
    ]
    told = new_csss(http, wire(says(good(rows))).url).remainders(CSSS_ICCID)
    assert told[:2] == [Remainder("call-out", 3600, ""), Remainder("sms-out", 12, "")]
    assert (told[2].quantity, CSSS_ICCID in told[2].cause, "not supported" in told[2].cause) == (None, False, True)


def test_the_published_orders_are_read_field_by_field(wire: Any, http: Http) -> None:
    """Sample 002: all 22 fields of both items."""
    answer = sample("csss_orders_answer")
    answer["data"]["page"] |= {"total_count": 2, "total_pages": 1}
    orders = new_csss(http, wire(says(answer)).url, checks_answers=False).orders(ORDER_ICCID)
    first = PackageOrder(
        buy_type="2",
        expire_date=None,
        flow=Decimal(30),
        order_code="L201903020000000617",
        order_status="1",
        order_date=dt.datetime(2019, 3, 2, 17, 27, 19, tzinfo=dt.UTC),
        order_period="1",
        package_code="PACKAGE20180428000007",
        package_name="亚洲12国/地区产品二 30m/月",
        package_type="2",
        used_flow=Decimal(0),
        flow_use_rate=None,
        order_used_flow=Decimal(0),
        supplier_code=None,
        refuelling_packages=(),
        has_test_flow=False,
        profile_list=None,
        is_flow_plus=None,
        device_id=ORDER_ICCID,
        device_id_again=ORDER_ICCID,
        active_date=None,
        main_iccid=None,
    )
    assert len(sample("csss_orders_answer")["data"]["package_order"][0]) == len(PackageOrder.__slots__) == 22
    assert orders[0] == first
    assert (orders[1].order_code, orders[1].order_date) == (
        "L201903030000000626",
        dt.datetime(2019, 3, 3, 11, 50, 48, tzinfo=dt.UTC),
    )


def test_all_pages_are_read(wire: Any, http: Http) -> None:
    """105 orders over 53 pages of two, as many as the sample counts."""
    server = wire(paged(105, 2))
    orders = new_csss(http, server.url, page_size=2).orders()
    assert [order.order_code for order in orders] == [f"L{at}" for at in range(105)]
    assert len(server.requests) == 53


def test_no_orders_are_an_answer(wire: Any, http: Http) -> None:
    """No page but the first, nothing on it."""
    assert new_csss(http, wire(paged(0, 2)).url).orders(CSSS_ICCID) == []


@pytest.mark.parametrize(
    ("odd", "field"),
    [({"total_count": 4}, "package_order"), ({"cur_page_no": 7}, "cur_page_no"), ({"total_pages": 101}, "total_pages")],
)
def test_pages_that_do_not_add_up_are_not_believed(wire: Any, http: Http, odd: Any, field: str) -> None:
    """A history with holes must not pass for a whole one."""
    with pytest.raises(Unintelligible) as strange:
        new_csss(http, wire(paged(3, 2, **odd)).url, page_size=2).orders()
    assert strange.value.field == field


def test_another_ones_orders_are_not_shown(wire: Any, http: Http) -> None:
    """Asked about one SIM, told about another."""
    with pytest.raises(Unintelligible) as strange:
        new_csss(http, wire(paged(2, 2)).url).orders(CSSS_ICCID)
    assert strange.value.field == "deviceId"


def test_many_pages_share_one_deadline(wire: Any, http: Http) -> None:
    """A slow server does not get a deadline per page."""
    pages = paged(105, 2)

    def slowly(connection: Any, request: bytes) -> None:
        connection.settimeout(0.1)
        try:
            connection.recv(1)
        except TimeoutError:
            connection.settimeout(None)
            pages(connection, request)

    server = wire(slowly)
    with pytest.raises(Unreachable):
        new_csss(http, server.url, page_size=2, deadline=0.5).orders()
    assert len(server.requests) < 8


def test_an_order_is_published_text(wire: Any, http: Http) -> None:
    """All fields text, two decimals; a null signature is none."""
    server = wire(says(good(ORDERED)))
    ordered = new_csss(http, server.url).order_package(PACKAGE)
    assert ordered == OrderedPackage("ORDER_47452122261749760", None, None)
    sent = body_of(server.requests[0])
    assert {name: sent[name] for name in sent if name not in ("sign", "timestamp", "version", "access_code")} == {
        "device_id": CSSS_ICCID,
        "global_order": "0",
        "is_open": "0",
        "order_period": "1",
        "package_code": "DP20190726001274",
        "package_name": "Asia 1 GB",
        "package_type": "2",
        "pay_amount": "4.90",
        "pay_rst": "2",
        "test_flow": "0",
        "test_flow_flag": "0",
    }


def test_a_device_shows_its_package_and_its_life_cycle(wire: Any, http: Http) -> None:
    """In the spellings of the family; without a package in use there is none."""
    data = {"device_id": CSSS_ICCID, "lifeCycle": "2", "package_code": "DP1", "package_name": "Asia"}
    server = wire(says(good(data)), says(good({"device_id": CSSS_ICCID})))
    csss = new_csss(http, server.url)
    assert csss.device(CSSS_ICCID) == Device(CSSS_ICCID, "activation", "DP1", "Asia")
    assert csss.device(CSSS_ICCID) == Device(CSSS_ICCID, "")


def test_all_sims_come_with_their_life_cycle(wire: Any, http: Http) -> None:
    """Three states are published; others are passed on as they are."""
    rows = [{"assetId": f"8985202201804180019{at}", "lifeCycle": str(at)} for at in range(1, 5)]
    told = new_csss(http, wire(says(good(rows))).url).assets()
    assert [one.life_cycle for one in told] == ["pre-activation", "activation", "pre-deactivation", "4"]


def test_a_signature_over_the_data_is_checked(wire: Any, http: Http) -> None:
    """Right: read; wrong or forged: refused; none: read."""
    answer = signed(sample("csss_flow_usage_answer"))
    changed = json.loads(json.dumps(answer))
    changed["data"]["high_flow_balance"] = "1"
    server = wire(
        *(says(one) for one in (answer, changed, signed(answer, "another"), sample("csss_flow_usage_answer")))
    )
    csss = new_csss(http, server.url)
    assert csss.flow_usage(CSSS_ICCID).iccid == CSSS_ICCID
    for _ in range(3):
        with pytest.raises(Unintelligible) as forged:
            csss.flow_usage(CSSS_ICCID)
        assert forged.value.field == "data.sign"
    no_text = good({"sign": 5, "device_id": CSSS_ICCID})
    with pytest.raises(Unintelligible):
        new_csss(http, wire(says(no_text)).url).device(CSSS_ICCID)


@pytest.mark.parametrize("is_sorted", [True, False])
@pytest.mark.parametrize("keeps_nulls", [True, False])
def test_nested_data_may_be_signed_either_way(wire: Any, http: Http, is_sorted: bool, keeps_nulls: bool) -> None:
    """The pages do not say whether names inside lists are sorted and whether nulls stay."""
    data = sample("csss_orders_answer")["data"]
    data["page"] |= {"total_count": 2, "total_pages": 1}
    del data["sign"]
    plain = data if keeps_nulls else _without_nulls(data)
    ordered = plain if is_sorted else {name: plain[name] for name in sorted(plain)}
    text = json.dumps(ordered, sort_keys=is_sorted, ensure_ascii=False, separators=(",", ":"))
    server = wire(says(good(data | {"sign": CsssSigner(SECRET).sign_text(text)})))
    assert len(new_csss(http, server.url).orders()) == 2


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner not in (None, "")}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def test_an_operator_can_look_at_a_call_before_it_leaves(wire: Any, http: Http) -> None:
    """The address, the text that was signed, the signature, and the raw answer."""
    server = wire(says(good([])))
    csss = new_csss(http, server.url)
    call = csss.prepare("orders", {"page_no": 1, "page_size": 2, "device_id": ""})
    assert call.url == f"{server.url}/package/queryOrder"
    assert (
        call.canonical == '{"access_code":"P000270","page_no":1,"page_size":2,"timestamp":"1643251754","version":"2.0"}'
    )
    assert call.signature == CsssSigner(SECRET).sign_text(call.canonical)
    assert csss.send(call).status == 200
