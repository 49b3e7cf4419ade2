"""The supplier client on the wire: what it sends, what it makes of every code and of every broken answer."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog

from storefront.gateways.calls import Deadline
from storefront.gateways.linksfield.tokens import KnownToken
from storefront.kernel.errors import (
    HoldLapsed,
    OutsideError,
    PriceChanged,
    Refused,
    SoldOut,
    Throttled,
    Unintelligible,
    Unreachable,
)
from storefront.ports import Hold, HoldRequest, PaymentNotice, SupplierCountry, SupplierOrderStatus
from tests.gateways.making import NewSupplier, parts, says

SAMPLES = Path(__file__).parent / "samples"
CODE = "LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815"
LOGIN = {"code": 0, "data": {"token": "token-1"}, "message": "SUCCESS"}
REQUEST = HoldRequest("v1.1", 1000000, "LP20220325000000", 1, "USD", 2, Decimal(5))
NOTICE = PaymentNotice("1055200093", "100", "USD", dt.datetime.fromtimestamp(1670228581, dt.UTC), succeeded=True)


class FixedTokens:
    """A token keeper that needs no login."""

    def current(self, _log_in: Any, _deadline: Deadline) -> KnownToken:
        """Always the same."""
        return KnownToken("fixed", 1, dt.datetime.max)


def sample(name: str) -> Any:
    """A published sample."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


def test_a_pre_order_is_the_published_request(wire: Any, new_supplier: NewSupplier) -> None:
    """The body equals the published sample with its types, and the published answer becomes a hold."""
    server = wire(says(LOGIN), says(sample("pre_order_answer")))
    hold = new_supplier(server.url).pre_order(REQUEST)
    line, headers, body = parts(server.requests[1])
    assert line == "POST /v1.1/package/preOrderPackage HTTP/1.1"
    assert json.loads(body) == sample("pre_order_request")
    assert '"money":5,' in body
    assert headers["x-access-token"] == "token-1"
    assert headers["accept-language"] == "en-US"
    assert headers["content-type"] == "application/json"
    assert hold == Hold(
        "1055200093",
        "ESIM_L202212050000000",
        "C_T_马来西亚泰国500M不限速月套餐(esim)",
        dt.datetime(2022, 12, 5, 3, 14, 50, 958000, dt.UTC),
    )


def test_the_hold_request_chooses_the_path_and_keeps_its_cents(wire: Any, new_supplier: NewSupplier) -> None:
    """v1.2 is the same body on another path; 4.99 is sent as 4.99."""
    server = wire(says(LOGIN), says(sample("pre_order_answer")))
    new_supplier(server.url).pre_order(HoldRequest("v1.2", 7, "LP1", 3, "EUR", 3, Decimal("4.99")))
    line, _, body = parts(server.requests[1])
    assert line.startswith("POST /v1.2/package/preOrderPackage ")
    assert '"money":4.99,' in body


@pytest.mark.parametrize(("succeeded", "kind"), [(True, "succeeded"), (False, "payment_failed")])
def test_a_notice_is_all_text(wire: Any, new_supplier: NewSupplier, succeeded: bool, kind: str) -> None:
    """Order id, amount and seconds since 1970 travel as text, as the page asks."""
    server = wire(says(LOGIN), says(sample("notice_done")))
    new_supplier(server.url).notify_payment(
        PaymentNotice(NOTICE.order_id, NOTICE.amount, NOTICE.currency, NOTICE.paid_at, succeeded)
    )
    line, _, body = parts(server.requests[1])
    assert line.startswith("POST /v1.1/payment/webhook ")
    assert json.loads(body) == {
        "dateTime": "1670228581",
        "orderId": "1055200093",
        "partnerCode": "1000000005",
        "payAmount": "100",
        "payCurrency": "USD",
        "type": f"payment_intent.{kind}",
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (2, Refused),
        (1102, Refused),
        (3004, Unintelligible),
        (3005, Unintelligible),
        (6006, HoldLapsed),
        (10008, Refused),
        (10009, PriceChanged),
        (9999, Unintelligible),
        (10010, Unintelligible),
        (4711, Unintelligible),
        (-1, Unintelligible),
    ],
)
def test_every_code_of_a_notice_has_its_error(
    wire: Any, new_supplier: NewSupplier, code: int, kind: type[OutsideError]
) -> None:
    """Each published code calls for its own action, and an unknown one never counts as a refusal."""
    server = wire(says(LOGIN), says({"code": code, "data": None, "message": f"because {CODE}"}))
    with pytest.raises(OutsideError) as failed:
        new_supplier(server.url).notify_payment(NOTICE)
    assert type(failed.value) is kind
    assert failed.value.vendor_code == str(code)
    assert "04386" not in str(failed.value)
    assert len(server.requests) == 2


@pytest.mark.parametrize(("code", "message"), [(10010, "x"), (5002, "Insufficient stock"), (4711, "库存不足")])
def test_an_empty_pool_is_sold_out(wire: Any, new_supplier: NewSupplier, code: int, message: str) -> None:
    """The inferred code or words of a pre-order's refusal become `SoldOut`."""
    server = wire(says(LOGIN), says({"code": code, "data": None, "message": message}))
    with pytest.raises(SoldOut):
        new_supplier(server.url).pre_order(REQUEST)


def test_the_words_of_an_unknown_outcome_do_not_make_it_a_refusal(wire: Any, new_supplier: NewSupplier) -> None:
    """A system error stays unknown even when its message speaks of stock."""
    server = wire(says(LOGIN), says({"code": 9999, "data": None, "message": "out of stock"}))
    with pytest.raises(Unintelligible):
        new_supplier(server.url).pre_order(REQUEST)


@pytest.mark.parametrize(
    "answer",
    [
        says("<html>oops</html>"),
        says('{"code":0,"data":{"id"'),
        says({"data": {}}),
        says({"code": "zero"}),
        says([1]),
        says({"code": 0, "data": None}),
        says({"code": 0, "data": {"orderNo": "E"}}),
        says("down", "502 Bad Gateway"),
        says({"code": 0}, "500 Oops"),
        says({"code": 2}, "404 Not Found"),
        says("", "302 Found", "Location: /\r\n"),
    ],
)
def test_an_unreadable_answer_to_a_pre_order_is_unknown(
    wire: Any, new_supplier: NewSupplier, answer: Callable[..., None]
) -> None:
    """Malformed, incomplete and server-error answers leave the effect unknown, and are not asked for again."""
    server = wire(says(LOGIN), answer)
    with pytest.raises(Unintelligible):
        new_supplier(server.url).pre_order(REQUEST)
    assert len(server.requests) == 2


def test_a_missing_field_is_named(wire: Any, new_supplier: NewSupplier) -> None:
    """The operator learns which field the supplier left out."""
    server = wire(says(LOGIN), says({"code": 0, "data": {"orderNo": "E"}}))
    with pytest.raises(Unintelligible, match=r"data\.id is missing") as failed:
        new_supplier(server.url).pre_order(REQUEST)
    assert failed.value.field == "data.id"


def test_too_many_calls_wait_as_long_as_told(wire: Any, new_supplier: NewSupplier) -> None:
    """429 carries the supplier's wait."""
    server = wire(says(LOGIN), says({}, "429 Too Many", "Retry-After: 30\r\n"))
    with pytest.raises(Throttled) as failed:
        new_supplier(server.url).order_status("1")
    assert failed.value.retry_after == 30


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (sample("order_status"), SupplierOrderStatus.PAID, CODE),
        ({"code": 0, "data": sample("order_status")}, SupplierOrderStatus.PAID, CODE),
        ({"code": 0, "data": {"orderPayStatus": 0, "qrCode": None}}, SupplierOrderStatus.WAITING, None),
        ({"code": 0, "data": {"orderPayStatus": "2"}}, SupplierOrderStatus.FAILED, None),
        ({"code": 0, "data": {"orderPayStatus": 3, "qrCode": CODE}}, SupplierOrderStatus.CANCELLED, None),
        ({"code": 0, "data": {"orderPayStatus": 1}}, SupplierOrderStatus.PAID, None),
        ({"orderPayStatus": 1, "qrCode": "<img src=x>"}, SupplierOrderStatus.PAID, "<img src=x>"),
    ],
)
def test_an_order_status_is_read_with_and_without_envelope(
    wire: Any, new_supplier: NewSupplier, body: Any, status: Any, code: Any
) -> None:
    """Both published shapes are read; the code comes with PAID only and is passed on untouched and unprinted."""
    server = wire(says(LOGIN), says(body))
    order = new_supplier(server.url).order_status("1055200093")
    assert (order.order_id, order.status, order.activation_code) == ("1055200093", status, code)
    assert json.loads(parts(server.requests[1])[2]) == {"orderId": "1055200093"}
    assert "04386" not in repr(order)


def test_an_unknown_order_status_is_unintelligible(wire: Any, new_supplier: NewSupplier) -> None:
    """A number the page does not explain is not guessed at."""
    server = wire(says(LOGIN), says({"code": 0, "data": {"orderPayStatus": 9}}))
    with pytest.raises(Unintelligible, match="orderPayStatus"):
        new_supplier(server.url).order_status("1")


def test_a_plain_read_survives_one_broken_connection(wire: Any, new_supplier: NewSupplier) -> None:
    """A status read is repeated by the door itself; a pre-order never is."""
    server = wire(says(LOGIN), lambda c, _: c.close(), says(sample("order_status")))
    assert new_supplier(server.url).order_status("1").status is SupplierOrderStatus.PAID
    broken = wire(lambda c, _: c.close(), says(sample("pre_order_answer")))
    with pytest.raises(Unreachable):
        new_supplier(broken.url, tokens=FixedTokens()).pre_order(REQUEST)


@pytest.mark.parametrize(("api", "prefix", "token"), [("v1.0", "", "fixed"), ("v1.1", "/v1.1", None)])
def test_the_catalogue_is_asked_at_the_version_of_the_setting(
    wire: Any, new_supplier: NewSupplier, api: str, prefix: str, token: str | None
) -> None:
    """Paths follow the setting, and the token is sent where the pages do not say that it is not needed."""
    server = wire(says({"code": 0, "data": []}))
    supplier = new_supplier(server.url, catalogue_api=api, tokens=FixedTokens())
    assert list(supplier.countries()) == list(supplier.plans(SupplierCountry("460", "China"))) == []
    with pytest.raises(Unintelligible):
        supplier.plan(5)
    asked = [parts(request) for request in server.requests]
    assert [line.split()[:2] for line, _, _ in asked] == [
        ["POST", "/package/countryPackageList"],
        ["POST", f"{prefix}/package/packageList"],
        ["GET", f"{prefix}/package/detail?id=5"],
    ]
    assert [headers.get("x-access-token") for _, headers, _ in asked] == [token] * 3
    assert '"countryCode":460,"isoCountryName":"China"' in asked[1][2]


def test_no_secret_reaches_the_log(wire: Any, new_supplier: NewSupplier) -> None:
    """Neither token, password nor activation code stands in the lines that calls leave."""
    server = wire(says(LOGIN), says(sample("order_status")), says({"code": 3005, "message": CODE}))
    supplier = new_supplier(server.url)
    with structlog.testing.capture_logs() as lines:
        supplier.order_status("1")
        with pytest.raises(Unintelligible):
            supplier.notify_payment(NOTICE)
    assert [line["operation"] for line in lines] == ["log_in", "order_status", "notify_payment"]
    assert not [secret for secret in ("04386", "token-1", "3cb4e732") if secret in str(lines)]
