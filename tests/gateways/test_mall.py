"""The Mall client on the wire: what it sends, and both shapes of answers."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from storefront.gateways.http import Http
from storefront.gateways.linksfield.mall_messages import (
    AutoRenewal,
    CreatedOrder,
    FoundOrder,
    MallPlan,
    OrderOnSim,
    PaymentResult,
    Subscription,
)
from storefront.gateways.linksfield.mall_operations import OPERATIONS
from storefront.gateways.linksfield.signing import MallSigner
from storefront.kernel.errors import Refused
from tests.gateways.making import parts, says
from tests.gateways.mall_making import CREATED, ON_SIM, PAID_ORDER, PLAN, RENEWAL, SUBSCRIBED, ask_everything
from tests.gateways.sim_making import ICCID, body_of, done, failed, new_mall


def test_every_call_is_text_signed_and_stamped(wire: Any, http: Http) -> None:
    """All values travel as text, the signature is that of the body, the time has thirteen digits."""
    server = wire(says(failed()))
    for ask in ask_everything(new_mall(http, server.url)):
        with pytest.raises(Refused):
            ask()
    assert len(server.requests) == len(OPERATIONS)
    for request, operation in zip(server.requests, OPERATIONS.values(), strict=True):
        line, headers, text = parts(request)
        prefix = {"shop": "/vshop", "payment": "/payment", "order": "/topup"}[operation.directory]
        assert line.split(" ")[0] == operation.method
        target = urlsplit(line.split(" ")[1])
        assert target.path == prefix + operation.path
        sent = json.loads(text) if text else dict(parse_qsl(target.query))
        assert all(isinstance(value, str) for value in sent.values())
        assert sent["sign"] == MallSigner().sign(sent)
        assert (sent["partnerCode"], sent["version"]) == ("P000270", "3.0")
        assert headers["accept-language"] == "en-US"
        if operation.method == "POST":
            assert (sent["tradeTime"], sent["tradeType"]) == ("1643251754000", operation.trade_type)
            assert headers["content-type"] == "application/json"
        assert {"languageCode", "mark", "terminal"} <= sent.keys() or not operation.has_commons
        assert sent.get("autoRenewal", "0") == "0"


def test_the_constants_nobody_explains_are_settings(wire: Any, http: Http) -> None:
    """Language code, mark, terminal and accepted language come from outside."""
    server = wire(says(done({"deviceCode": ICCID})))
    new_mall(http, server.url, language_code="0", mark="9", terminal="1", accept_language="zh-CN").verify(ICCID)
    sent = body_of(server.requests[0])
    assert (sent["languageCode"], sent["mark"], sent["terminal"]) == ("0", "9", "1")
    assert "url" not in sent
    assert parts(server.requests[0])[1]["accept-language"] == "zh-CN"


@pytest.mark.parametrize("wrap", [done, lambda data: data], ids=["envelope", "flat"])
def test_both_shapes_are_read_alike(wire: Any, http: Http, wrap: Any) -> None:
    """With an envelope and without one."""
    answers: list[Any] = [
        {"deviceCode": ICCID, "partnerCode": "P000270"},
        {"servicePlanList": [PLAN]},
        CREATED,
        {"partnerCode": "P000270", "deviceCode": ICCID, "orderList": ON_SIM},
        RENEWAL,
        {},
        {"orderNo": PAID_ORDER.order_no},
        {"status": "PAID"},
        SUBSCRIBED,
        {"order_id": "L1", "purchase_order_id": "0190-a", "sim_id": ICCID, "pay_status": "1"},
    ]
    server = wire(*(says(wrap(answer)) for answer in answers))
    told = [ask() for ask in ask_everything(new_mall(http, server.url))]
    assert told == [
        None,
        [MallPlan("DP20190726001274", "SP1", "Asia 1 GB", Decimal("12.36"), "GBP", "2", 2, 60, 1024, may_renew=True)],
        CreatedOrder(ICCID, "NO7", "P7"),
        [
            OrderOnSim("2", "Asia 1 GB", 1, "2", dt.date(2024, 7, 31), 30),
            OrderOnSim("1", "Asia 1 GB", 2, "2", None, 60),
        ],
        AutoRenewal(
            RENEWAL["orderNo"], RENEWAL["payId"], "Asia 1 GB", periods="5", package_type="5", since=dt.date(2022, 10, 4)
        ),
        None,
        None,
        PaymentResult.PAID,
        Subscription("sub_1", "cus_1", "prod_1", "pm_1", "active"),
        [FoundOrder("0190-a", "L1", ICCID, "", is_paid=True, package_code="", created_at=None, expires_on=None)],
    ]


def test_the_report_of_a_paid_order_has_the_published_fields(wire: Any, http: Http) -> None:
    """Everything the example shows and what its cut end is taken to hold, two decimals, the supplier's own zone."""
    server = wire(says(done(None)))
    new_mall(http, server.url, language_code="").report_order(PAID_ORDER)
    sent = body_of(server.requests[0])
    assert {name: sent[name] for name in sent if name not in ("sign", "tradeTime")} == {
        "autoRenewal": "0",
        "deviceCode": ICCID,
        "languageCode": "",
        "mark": "0",
        "orderNo": "NO2023060915590562022",
        "orderPeriod": "1",
        "orgOrderId": "",
        "packageCode": "DP20190726001274",
        "partnerCode": "P000270",
        "payAccount": "1",
        "payAmount": "12.30",
        "payCurrency": "GBP",
        "payId": "P000000002022",
        "payResultDate": "2022-06-07 07:10:35",
        "payRst": "SUCCESS",
        "payStatus": "1",
        "payType": "3",
        "payUnit": "",
        "requestOrderId": "0190-a",
        "servicePlanCode": "SP1",
        "servicePlanShowName": "Asia 1 GB",
        "terminal": "0",
        "tradeType": "SynOrderInfo",
        "version": "3.0",
    }


def test_a_plan_list_may_be_the_data_itself(wire: Any, http: Http) -> None:
    """As a list, with the other spelling of the price, without what nothing hangs on."""
    bare = {
        name: value for name, value in PLAN.items() if name not in ("price", "currency", "flow", "autoRenewal", "time")
    }
    server = wire(says(done([bare | {"payAmount": "5", "payCurrency": "usd"}])))
    plan = new_mall(http, server.url).plans(ICCID)[0]
    assert (str(plan.amount), plan.currency, plan.periods, plan.days) == ("5", "USD", 1, 30)
    assert (plan.data_mb, plan.may_renew) == (0, False)


def test_no_renewal_is_an_answer(wire: Any, http: Http) -> None:
    """Nothing in the data, no data, no order in it, or a failure that says so."""
    empty = [done(None), done({}), {}, done({"deviceCode": ICCID}), failed("no record found")]
    server = wire(*(says(answer) for answer in empty))
    mall = new_mall(http, server.url)
    assert [mall.active_renewal(ICCID) for _ in empty] == [None] * len(empty)


def test_an_order_is_looked_up_by_the_strongest_id(wire: Any, http: Http) -> None:
    """Ours, then theirs, then the SIM; only that one is sent, and it is signed."""
    server = wire(says(done([])))
    mall = new_mall(http, server.url)
    mall.find_orders(purchase_order_id="0190-a", order_id="L1", sim_id=ICCID)
    mall.find_orders(order_id="L1", sim_id=ICCID)
    mall.find_orders(sim_id=ICCID)
    queries = [dict(parse_qsl(urlsplit(parts(request)[0].split(" ")[1]).query)) for request in server.requests]
    assert [query.keys() & {"purchase_order_id", "order_id", "sim_id"} for query in queries] == [
        {"purchase_order_id"},
        {"order_id"},
        {"sim_id"},
    ]
    assert all(query["sign"] == MallSigner().sign(query) for query in queries)
    with pytest.raises(ValueError):
        mall.find_orders()


def test_of_duplicates_the_newest_paid_one_counts(wire: Any, http: Http) -> None:
    """Newer but unpaid, older but paid: neither wins."""
    rows = [
        {"order_id": "old", "purchase_order_id": "0190-a", "pay_status": "1", "pay_time": "2026-01-01 10:00:00"},
        {"order_id": "new", "purchase_order_id": "0190-a", "pay_status": "1", "pay_time": "2026-01-01 11:00:00"},
        {"order_id": "unpaid", "purchase_order_id": "0190-a", "pay_status": "0", "pay_time": "2026-01-01 12:00:00"},
    ]
    server = wire(says(done({"orderList": rows})))
    mall = new_mall(http, server.url)
    assert [order.order_id for order in mall.find_orders(purchase_order_id="0190-a")] == ["unpaid", "new", "old"]
    found = mall.find_order(purchase_order_id="0190-a")
    assert found is not None
    assert (found.order_id, found.created_at) == ("new", dt.datetime(2026, 1, 1, 11, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    "answer", [done(None), done([]), done({}), failed("order does not exist"), failed("订单不存在")]
)
def test_no_order_is_an_answer(wire: Any, http: Http, answer: Any) -> None:
    """However the supplier says that there is none."""
    assert new_mall(http, wire(says(answer)).url).find_order(purchase_order_id="0190-a") is None


def test_an_order_that_does_not_say_it_is_paid_is_paid_only_when_found_by_our_id(wire: Any, http: Http) -> None:
    """By our id the supplier returns paid orders only."""
    mall = new_mall(http, wire(says(done({"order_id": "L1"}))).url)
    assert mall.find_order(purchase_order_id="0190-a") is not None
    assert mall.find_order(order_id="L1") is None


def test_an_operator_can_look_at_a_call_before_it_leaves(wire: Any, http: Http) -> None:
    """The address, the text that was signed, the signature, and the raw answer."""
    server = wire(says(failed(), status="500 Oops"))
    mall = new_mall(http, server.url)
    call = mall.prepare("verify", {"deviceCode": ICCID, "tradeTime": "1"})
    assert call.url == f"{server.url}/vshop/singleVerify"
    assert call.canonical.startswith(f'{{"deviceCode":"{ICCID}","languageCode":"1",')
    assert '"tradeTime":"1"' in call.canonical
    assert call.signature == MallSigner().sign(json.loads(call.canonical))
    assert ICCID not in repr(call)
    assert mall.send(call).status == 500
