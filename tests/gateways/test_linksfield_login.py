"""The supplier client and its token: logging in, being refused, sharing one account among processes."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storefront.gateways.calls import Deadline
from storefront.gateways.linksfield.tokens import Tokens
from storefront.kernel.errors import (
    Unintelligible,
    Unreachable,
)
from storefront.ports import HoldRequest, PaymentNotice, SupplierOrderStatus
from tests.gateways.making import NewSupplier, Observed, parts, says

SAMPLES = Path(__file__).parent / "samples"
LOGIN = {"code": 0, "data": {"token": "token-1"}, "message": "SUCCESS"}
REQUEST = HoldRequest("v1.1", 1000000, "LP20220325000000", 1, "USD", 2, Decimal(5))
NOTICE = PaymentNotice("1055200093", "100", "USD", dt.datetime.fromtimestamp(1670228581, dt.UTC), succeeded=True)


def sample(name: str) -> Any:
    """A published sample."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


def test_the_login_sends_the_digest_the_page_asks_for(wire: Any, new_supplier: NewSupplier) -> None:
    """The password itself never leaves the house, and the token comes from the body or from the header."""
    login = says({"code": 0, "data": {}}, headers="x-access-token: token-h\r\n")
    server = wire(login, says(sample("order_status")))
    new_supplier(server.url).order_status("1")
    line, _, body = parts(server.requests[0])
    assert line.startswith("POST /user/emailLogin ")
    assert json.loads(body)["passwd"] == "3cb4e732631f47e6eb961f34554b7cde"
    assert "correct" not in body
    assert parts(server.requests[1])[1]["x-access-token"] == "token-h"


def test_a_dead_token_costs_one_login_and_one_repeat(wire: Any, new_supplier: NewSupplier) -> None:
    """Code 7 leads to a login and the very same call again."""
    fresh = {"code": 0, "data": {"token": "token-2"}}
    server = wire(says(LOGIN), says({"code": 7}), says(fresh), says(sample("pre_order_answer")))
    assert new_supplier(server.url).pre_order(REQUEST).order_id == "1055200093"
    first, second = parts(server.requests[1]), parts(server.requests[3])
    assert (first[1].pop("x-access-token"), second[1].pop("x-access-token")) == ("token-1", "token-2")
    assert first == second


def test_a_fresh_token_that_is_refused_is_not_the_orders_fault(
    wire: Any, new_supplier: NewSupplier, observed: Observed
) -> None:
    """Code 7 twice is neither an endless loop nor a refusal of the order."""
    fresh = {"code": 0, "data": {"token": "token-2"}}
    server = wire(says(LOGIN), says({"code": 7}), says(fresh), says({"code": 7}))
    with pytest.raises(Unintelligible) as failed:
        new_supplier(server.url).notify_payment(NOTICE)
    assert failed.value.vendor_code == "7"
    assert len(server.requests) == 4
    assert ("linksfield", "notify_payment", "token_rejected") in observed


def test_crossed_logins_of_two_processes_end_well(
    wire: Any, new_supplier: NewSupplier, new_tokens: Callable[[], Tokens]
) -> None:
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
def test_a_failed_login_is_never_a_refusal(wire: Any, new_supplier: NewSupplier, answer: Any) -> None:
    """A wrong password must not have an order given up: its effect counts as unknown."""
    server = wire(says(answer))
    with pytest.raises(Unintelligible):
        new_supplier(server.url).notify_payment(NOTICE)


def test_login_and_call_share_one_deadline(wire: Any, new_supplier: NewSupplier) -> None:
    """A slow login leaves the call only the rest of the time."""
    server = wire(lambda c, r: (time.sleep(0.4), says(LOGIN)(c, r)), lambda c, r: time.sleep(2))
    started = time.monotonic()
    with pytest.raises(Unreachable):
        new_supplier(server.url, deadline=0.7).notify_payment(NOTICE)
    assert time.monotonic() - started < 1.3
