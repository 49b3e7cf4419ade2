"""The supplier client on the wire: what it sends, what it makes of every code and of every broken answer."""

from __future__ import annotations

import datetime as dt
import json
import time
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


def says(body: Any, status: str = "200 OK", headers: str = "") -> Callable[..., None]:
    """A server that answers with this JSON (or text)."""
    text = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(text)}\r\n\r\n"
    return lambda connection, _request: connection.sendall(head.encode() + text)


def sample(name: str) -> Any:
    """A published sample."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


def parts(request: bytes) -> tuple[str, dict[str, str], str]:
    """Request line, headers with lower-case names, body."""
    head, _, body = request.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body


def test_a_pre_order_is_the_published_request(wire, new_supplier) -> None:
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


def test_the_hold_request_chooses_the_path_and_keeps_its_cents(wire, new_supplier) -> None:
    """v1.2 is the same body on another path; 4.99 is sent as 4.99."""
    server = wire(says(LOGIN), says(sample("pre_order_answer")))
    new_supplier(server.url).pre_order(HoldRequest("v1.2", 7, "LP1", 3, "EUR", 3, Decimal("4.99")))
    line, _, body = parts(server.requests[1])
    assert line.startswith("POST /v1.2/package/preOrderPackage ")
    assert '"money":4.99,' in body


@pytest.mark.parametrize(("succeeded", "kind"), [(True, "succeeded"), (False, "payment_failed")])
def test_a_notice_is_all_text(wire, new_supplier, succeeded: bool, kind: str) -> None:
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


def test_the_login_sends_the_digest_the_page_asks_for(wire, new_supplier) -> None:
    """The password itself never leaves the house, and the token comes from the body or from the header."""
    login = says({"code": 0, "data": {}}, headers="x-access-token: token-h\r\n")
    server = wire(login, says(sample("order_status")))
    new_supplier(server.url).order_status("1")
    line, _, body = parts(server.requests[0])
    assert line.startswith("POST /user/emailLogin ")
    assert json.loads(body)["passwd"] == "3cb4e732631f47e6eb961f34554b7cde"
    assert "correct" not in body
    assert parts(server.requests[1])[1]["x-access-token"] == "token-h"


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
def test_every_code_of_a_notice_has_its_error(wire, new_supplier, code: int, kind: type[OutsideError]) -> None:
    """Each published code calls for its own action, and an unknown one never counts as a refusal."""
    server = wire(says(LOGIN), says({"code": code, "data": None, "message": f"because {CODE}"}))
    with pytest.raises(OutsideError) as failed:
        new_supplier(server.url).notify_payment(NOTICE)
    assert type(failed.value) is kind
    assert failed.value.vendor_code == str(code)
    assert "04386" not in str(failed.value)
    assert len(server.requests) == 2


@pytest.mark.parametrize(("code", "message"), [(10010, "x"), (5002, "Insufficient stock"), (4711, "库存不足")])
def test_an_empty_pool_is_sold_out(wire, new_supplier, code: int, message: str) -> None:
    """The inferred code or words of a pre-order's refusal become `SoldOut`."""
    server = wire(says(LOGIN), says({"code": code, "data": None, "message": message}))
    with pytest.raises(SoldOut):
        new_supplier(server.url).pre_order(REQUEST)


def test_the_words_of_an_unknown_outcome_do_not_make_it_a_refusal(wire, new_supplier) -> None:
    """A system error stays unknown even when its message speaks of stock."""
    server = wire(says(LOGIN), says({"code": 9999, "data": None, "message": "out of stock"}))
    with pytest.raises(Unintelligible):
        new_supplier(server.url).pre_order(REQUEST)


def test_a_dead_token_costs_one_login_and_one_repeat(wire, new_supplier) -> None:
    """Code 7 leads to a login and the very same call again."""
    fresh = {"code": 0, "data": {"token": "token-2"}}
    server = wire(says(LOGIN), says({"code": 7}), says(fresh), says(sample("pre_order_answer")))
    assert new_supplier(server.url).pre_order(REQUEST).order_id == "1055200093"
    first, second = parts(server.requests[1]), parts(server.requests[3])
    assert (first[1].pop("x-access-token"), second[1].pop("x-access-token")) == ("token-1", "token-2")
    assert first == second


def test_a_fresh_token_that_is_refused_is_not_the_orders_fault(wire, new_supplier, observed) -> None:
    """Code 7 twice is neither an endless loop nor a refusal of the order."""
    fresh = {"code": 0, "data": {"token": "token-2"}}
    server = wire(says(LOGIN), says({"code": 7}), says(fresh), says({"code": 7}))
    with pytest.raises(Unintelligible) as failed:
        new_supplier(server.url).notify_payment(NOTICE)
    assert failed.value.vendor_code == "7"
    assert len(server.requests) == 4
    assert ("linksfield", "notify_payment", "token_rejected") in observed


def test_crossed_logins_of_two_processes_end_well(wire, new_supplier, new_tokens) -> None:
    """A token taken over from another process may be the one our own login killed: then one more login is made."""
    ours, theirs = new_tokens(), new_tokens()

    def while_we_log_in(connection: Any, request: bytes) -> None:
        known = theirs.current(lambda _: "unused", Deadline(5))
        theirs.after_rejection(known, lambda _: "theirs", Deadline(5))
        says({"code": 0, "data": {"token": "ours"}})(connection, request)

    ends = [says({"code": 0, "data": {"token": "last"}}), says(sample("order_status"))]
    server = wire(says(LOGIN), says({"code": 7}), while_we_log_in, says({"code": 7}), *ends)
    assert new_supplier(server.url, tokens=ours).order_status("1").status is SupplierOrderStatus.PAID
    tokens = [parts(request)[1].get("x-access-token") for request in server.requests]
    assert tokens == [None, "token-1", None, "theirs", None, "last"]


@pytest.mark.parametrize("answer", [{"code": 2, "message": "wrong password"}, {"code": 0, "data": {}}, "<html>"])
def test_a_failed_login_is_never_a_refusal(wire, new_supplier, answer: Any) -> None:
    """A wrong password must not have an order given up: its effect counts as unknown."""
    server = wire(says(answer))
    with pytest.raises(Unintelligible):
        new_supplier(server.url).notify_payment(NOTICE)


@pytest.mark.parametrize(
    "answer",
    [says("<html>oops</html>"), says('{"code":0,"data":{"id"'), says({"data": {}}), says({"code": "zero"}), says([1])]
    + [says({"code": 0, "data": None}), says({"code": 0, "data": {"orderNo": "E"}}), says("down", "502 Bad Gateway")]
    + [says({"code": 0}, "500 Oops"), says({"code": 2}, "404 Not Found"), says("", "302 Found", "Location: /\r\n")],
)
def test_an_unreadable_answer_to_a_pre_order_is_unknown(wire, new_supplier, answer: Callable[..., None]) -> None:
    """Malformed, incomplete and server-error answers leave the effect unknown, and are not asked for again."""
    server = wire(says(LOGIN), answer)
    with pytest.raises(Unintelligible):
        new_supplier(server.url).pre_order(REQUEST)
    assert len(server.requests) == 2


def test_a_missing_field_is_named(wire, new_supplier) -> None:
    """The operator learns which field the supplier left out."""
    server = wire(says(LOGIN), says({"code": 0, "data": {"orderNo": "E"}}))
    with pytest.raises(Unintelligible, match=r"data\.id is missing") as failed:
        new_supplier(server.url).pre_order(REQUEST)
    assert failed.value.field == "data.id"


def test_too_many_calls_wait_as_long_as_told(wire, new_supplier) -> None:
    """429 carries the supplier's wait."""
    server = wire(says(LOGIN), says({}, "429 Too Many", "Retry-After: 30\r\n"))
    with pytest.raises(Throttled) as failed:
        new_supplier(server.url).order_status("1")
    assert failed.value.retry_after == 30


def test_login_and_call_share_one_deadline(wire, new_supplier) -> None:
    """A slow login leaves the call only the rest of the time."""
    server = wire(lambda c, r: (time.sleep(0.4), says(LOGIN)(c, r)), lambda c, r: time.sleep(2))
    started = time.monotonic()
    with pytest.raises(Unreachable):
        new_supplier(server.url, deadline=0.7).notify_payment(NOTICE)
    assert time.monotonic() - started < 1.3


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
def test_an_order_status_is_read_with_and_without_envelope(wire, new_supplier, body, status, code) -> None:
    """Both published shapes are read; the code comes with PAID only and is passed on untouched and unprinted."""
    server = wire(says(LOGIN), says(body))
    order = new_supplier(server.url).order_status("1055200093")
    assert (order.order_id, order.status, order.activation_code) == ("1055200093", status, code)
    assert json.loads(parts(server.requests[1])[2]) == {"orderId": "1055200093"}
    assert "04386" not in repr(order)


def test_an_unknown_order_status_is_unintelligible(wire, new_supplier) -> None:
    """A number the page does not explain is not guessed at."""
    server = wire(says(LOGIN), says({"code": 0, "data": {"orderPayStatus": 9}}))
    with pytest.raises(Unintelligible, match="orderPayStatus"):
        new_supplier(server.url).order_status("1")


def test_a_plain_read_survives_one_broken_connection(wire, new_supplier) -> None:
    """A status read is repeated by the door itself; a pre-order never is."""
    server = wire(says(LOGIN), lambda c, _: c.close(), says(sample("order_status")))
    assert new_supplier(server.url).order_status("1").status is SupplierOrderStatus.PAID
    broken = wire(lambda c, _: c.close(), says(sample("pre_order_answer")))
    with pytest.raises(Unreachable):
        new_supplier(broken.url, tokens=FixedTokens()).pre_order(REQUEST)


@pytest.mark.parametrize(("api", "prefix", "token"), [("v1.0", "", "fixed"), ("v1.1", "/v1.1", None)])
def test_the_catalogue_is_asked_at_the_version_of_the_setting(wire, new_supplier, api, prefix, token) -> None:
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


def test_no_secret_reaches_the_log(wire, new_supplier) -> None:
    """Neither token, password nor activation code stands in the lines that calls leave."""
    server = wire(says(LOGIN), says(sample("order_status")), says({"code": 3005, "message": CODE}))
    supplier = new_supplier(server.url)
    with structlog.testing.capture_logs() as lines:
        supplier.order_status("1")
        with pytest.raises(Unintelligible):
            supplier.notify_payment(NOTICE)
    assert [line["operation"] for line in lines] == ["log_in", "order_status", "notify_payment"]
    assert not [secret for secret in ("04386", "token-1", "3cb4e732") if secret in str(lines)]
