"""The cashier on the bare wire: what it sends, and what it makes of every error and every odd answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import stripe

from storefront.gateways.stripe import objects
from storefront.gateways.stripe.client import StripeCashier
from storefront.kernel.errors import OutsideError, Refused, Throttled, Unintelligible, Unreachable
from storefront.kernel.money import Money
from storefront.ports import RefundRequest
from tests.gateways.making import page_request, says

SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "status": "complete",
    "payment_status": "paid",
    "url": None,
    "amount_total": 499,
    "currency": "usd",
    "client_reference_id": "7K3MXW0T9B",
    "payment_intent": None,
    "livemode": False,
    "mode": "payment",
    "invoice": None,
    "subscription": None,
    "customer": None,
}
INTENT = {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount_received": 499, "currency": "usd"}
INTENT["latest_charge"] = None


def test_what_a_page_request_says_on_the_wire(wire: Any, new_cashier: Callable[..., StripeCashier]) -> None:
    """One payment by card, no conversion, no promotion, the key and the pinned version: field by field."""
    server = wire(says(SESSION | {"status": "open", "payment_status": "unpaid"}))
    request = page_request(locale="de_AT")
    new_cashier(server.url).open_page(request)
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    assert f"Idempotency-Key: order-{request.order_id}-pay-1" in head
    assert f"Stripe-Version: {stripe.api_version}" in head
    assert head.startswith("POST /v1/checkout/sessions HTTP/1.1")
    assert {name: values[0] for name, values in parse_qs(body).items()} == {
        "mode": "payment",
        "allowed_payment_method_types[0]": "card",
        "adaptive_pricing[enabled]": "false",
        "allow_promotion_codes": "false",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "499",
        "line_items[0][price_data][product_data][name]": "Japan 5 GB",
        "line_items[0][price_data][product_data][description]": "30 days from first use",
        "client_reference_id": "7K3MXW0T9B",
        "customer_email": "traveller@example.com",
        "metadata[order_id]": request.order_id,
        "metadata[attempt]": "1",
        "payment_intent_data[metadata][order_id]": request.order_id,
        "payment_intent_data[metadata][attempt]": "1",
        "payment_intent_data[receipt_email]": "traveller@example.com",
        "payment_intent_data[description]": "7K3MXW0T9B Japan 5 GB",
        "locale": "de",
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": str(int(request.expires_at.timestamp())),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_status": "no_payment_required", "payment_intent": INTENT},
        {"payment_status": "surprise", "payment_intent": INTENT},
        {"payment_intent": None},
        {"payment_intent": "pi_1"},
        {"payment_intent": INTENT | {"status": "processing"}},
        {"payment_intent": INTENT | {"status": "requires_capture"}},
        {"payment_intent": INTENT | {"amount_received": 0}},
    ],
)
def test_only_captured_money_counts_as_paid(wire: Any, new_cashier: Callable[..., StripeCashier], changes: Any) -> None:
    """Without the word `paid` and a captured amount, a complete page is not paid."""
    server = wire(says(SESSION | changes))
    assert not new_cashier(server.url).page("cs_1").paid


@pytest.mark.parametrize(
    "changes", [{"status": "surprise"}, {"status": None}, {"amount_total": None}, {"currency": None}]
)
def test_a_page_we_cannot_read_is_unintelligible(wire: Any, new_cashier: Any, changes: Any) -> None:
    """A state or amount we do not know is not guessed at; the field is named."""
    server = wire(says(SESSION | changes))
    with pytest.raises(Unintelligible) as failed:
        new_cashier(server.url).page("cs_1")
    assert failed.value.field in {"status", "amount_total"}


def test_a_page_without_a_needed_field_is_unintelligible(wire: Any, new_cashier: Callable[..., StripeCashier]) -> None:
    """A field that is absent is named like one that is unknown."""
    server = wire(says({name: value for name, value in SESSION.items() if name != "payment_status"}))
    with pytest.raises(Unintelligible, match="payment_status"):
        new_cashier(server.url).page("cs_1")


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (
            400,
            {"error": {"type": "invalid_request_error", "message": "m", "param": "amount"}},
            Refused,
            "invalid_request",
        ),
        (402, {"error": {"type": "card_error", "code": "card_declined", "message": "m"}}, Refused, "card_declined"),
        (401, {"error": {"message": "Invalid API Key provided: sk_test_1234"}}, Refused, "auth"),
        (403, {"error": {"message": "m"}}, Refused, "auth"),
        (409, {"error": {"code": "idempotency_key_in_use", "message": "m"}}, Unreachable, "idempotency_key_in_use"),
        (400, {"error": {"type": "idempotency_error", "message": "m"}}, Refused, "idempotency_error"),
        (429, {"error": {"message": "m"}}, Throttled, "rate_limit"),
        (500, {"error": {"type": "api_error", "message": "m"}}, Unreachable, "http 500"),
        (502, "<html>bad gateway</html>", Unreachable, "http 502"),
        (200, "not json", Unreachable, "http 200"),
        (302, "", Unreachable, "http 302"),
    ],
)
def test_every_error_of_the_library_is_one_of_ours(
    wire: Any, new_cashier: Any, status: int, body: Any, kind: type[OutsideError], code: str
) -> None:
    """No exception of the library leaves the room, and nothing is tried twice behind our back."""
    server = wire(says(body, f"{status} X"))
    with pytest.raises(OutsideError) as failed:
        new_cashier(server.url).refund(RefundRequest("k", "pi_1", Money(1, "USD"), "1", "r"))
    assert type(failed.value) is kind
    assert failed.value.vendor_code == code
    assert "1234" not in str(failed.value)
    assert len(server.requests) == 1


def test_calls_are_counted_without_ids(wire: Any, new_cashier: Any, observed: list[Any]) -> None:
    """Metrics group calls by what they do, not by whom they are about."""
    server = wire(says(SESSION))
    cashier = new_cashier(server.url)
    cashier.page("cs_test_a1Bc")
    cashier.expire_page("cs_test_a1Bc")
    assert [operation for _, operation, _ in observed] == ["GET checkout/sessions", "POST checkout/sessions/expire"]


def test_the_library_leaves_no_trace_in_the_home_folder(
    wire: Any, new_cashier: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's telemetry, which keeps an identifier in the home folder, is switched off."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    new_cashier(wire(says(SESSION)).url).page("cs_1")
    assert not stripe.enable_telemetry
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("ours", "theirs"), [("en", "en"), ("pt_BR", "pt-BR"), ("zh_Hans", "zh"), ("xx", "auto"), ("", "auto")]
)
def test_the_page_speaks_the_buyers_language_if_it_can(ours: str, theirs: str) -> None:
    """Our language tags become ones that the page accepts."""
    assert objects.locale(ours) == theirs
