"""The account itself, its balance, and the event log."""

from __future__ import annotations

import fnmatch
from typing import Any

from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.errors import invalid
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import fresh, inner
from storefront.sandbox.stripe.store import Json


def retrieve_account(box: Sandbox, _call: Call) -> Json:
    """Who the key belongs to."""
    settings = inner("account", "settings")
    settings["dashboard"] = {"display_name": box.shop_name, "timezone": "Etc/UTC"}
    return fresh(
        "account",
        id=box.account,
        business_profile=inner("account", "business_profile", name=box.shop_name),
        business_type="company",
        capabilities={"card_payments": "active", "transfers": "active"},
        charges_enabled=True,
        country="US",
        created=1_700_000_000,
        default_currency="usd",
        details_submitted=True,
        email="owner@shop.example",
        metadata={},
        payouts_enabled=True,
        settings=settings,
        type="standard",
    )


def retrieve_balance(box: Sandbox, _call: Call) -> Json:
    """What the account holds, per currency; always test money."""
    held: list[dict[str, Any]] = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted((box.store.balance or {"usd": 0}).items())
    ]
    pending = [{"amount": 0, "currency": line["currency"], "source_types": {"card": 0}} for line in held]
    return fresh("balance", available=held, pending=pending, livemode=False)


def retrieve_transaction(box: Sandbox, call: Call) -> Json:
    """One movement of the balance."""
    return box.store.get("balance_transaction", call.identifier)


def list_transactions(box: Sandbox, call: Call) -> Json:
    """Movements of the balance, the newest first."""
    equal = chosen(call.params, "currency", "source", "type")
    return listed(box.store.newest_first("balance_transaction"), call.params, "/v1/balance_transactions", equal)


def retrieve_event(box: Sandbox, call: Call) -> Json:
    """An event as it was sent."""
    return box.store.get("event", call.identifier)


def list_events(box: Sandbox, call: Call) -> Json:
    """Events, the newest first; `type` may hold ``*`` and `types` several exact names."""
    params = call.params
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    found = box.store.newest_first("event")
    if "type" in params:
        found = (event for event in found if fnmatch.fnmatchcase(event["type"], params["type"]))
    if "types" in params:
        found = (event for event in found if event["type"] in params["types"])
    if "delivery_success" in params:
        found = (event for event in found if (event["pending_webhooks"] == 0) == params["delivery_success"])
    return listed(found, params, "/v1/events", {})


ROUTES = (
    Route("GET", "account", "_account_retrieve_current_params:AccountRetrieveCurrentParams", retrieve_account),
    Route("GET", "balance", "_balance_retrieve_params:BalanceRetrieveParams", retrieve_balance),
    Route(
        "GET",
        "balance_transactions",
        "_balance_transaction_list_params:BalanceTransactionListParams",
        list_transactions,
    ),
    Route(
        "GET",
        "balance_transactions/*",
        "_balance_transaction_retrieve_params:BalanceTransactionRetrieveParams",
        retrieve_transaction,
    ),
    Route("GET", "events", "_event_list_params:EventListParams", list_events),
    Route("GET", "events/*", "_event_retrieve_params:EventRetrieveParams", retrieve_event),
)
