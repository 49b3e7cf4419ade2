"""Subscriptions by API: reading, planning an end, changing price, card or notes, ending at once."""

from __future__ import annotations

from typing import Any

from storefront.sandbox.stripe.core import Params, Sandbox
from storefront.sandbox.stripe.errors import ApiError, invalid, missing
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.metadata import merged
from storefront.sandbox.stripe.price_changes import repriced
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import clone
from storefront.sandbox.stripe.store import Json
from storefront.sandbox.stripe.subscription_states import (
    OVER,
    UPDATED,
    end_subscription,
    period,
    planned,
    schedule_period,
)

_CHANGEABLE = {
    "cancel_at",
    "cancel_at_period_end",
    "cancellation_details",
    "default_payment_method",
    "description",
    "items",
    "metadata",
    "off_session",
    "proration_behavior",
    "trial_end",
}
_STILL_CHANGEABLE = {"cancellation_details", "metadata"}
_FILTERS = {"created", "customer", "ending_before", "limit", "starting_after", "status"}


def retrieve_subscription(box: Sandbox, call: Call) -> Json:
    """A subscription as it is now, ended ones included."""
    return box.store.get("subscription", call.identifier)


def list_subscriptions(box: Sandbox, call: Call) -> Json:
    """Subscriptions, the newest first; without a `status` those that have not ended."""
    params = call.params
    for name in params.keys() - _FILTERS:
        raise invalid("This sandbox does not filter by that.", name)
    status = params.get("status")
    found = box.store.newest_first("subscription")
    if status in (None, "ended"):
        found = (one for one in found if (one["status"] in OVER) == (status == "ended"))
    elif status != "all":
        found = (one for one in found if one["status"] == status)
    return listed(found, params, "/v1/subscriptions", chosen(params, "customer"))


def update_subscription(box: Sandbox, call: Call) -> Json:
    """Plan an end or take it back, change price, card, notes, period. Raises ApiError for what is not played here.

    `cancel_at_period_end` sets that flag only and `cancel_at` that stamp only: readers must know both.
    """
    subscription = box.store.get("subscription", call.identifier)
    params = call.params
    _check_update(box, subscription, params)
    changes: Json = {}
    for name in ("default_payment_method", "description"):
        if name in params:
            changes[name] = params[name]
    if "metadata" in params:
        changes["metadata"] = merged(subscription["metadata"], params["metadata"])
    if "cancellation_details" in params:
        changes["cancellation_details"] = {**subscription["cancellation_details"], **params["cancellation_details"]}
    if "items" in params:
        changes["items"] = repriced(box, subscription, params)
    if "trial_end" in params:
        changes |= stretched(box, subscription, params["trial_end"])
    if {"cancel_at", "cancel_at_period_end"} & params.keys():
        plan = planned(box, subscription, **_plan(box, subscription, params))
        plan["cancellation_details"] |= params.get("cancellation_details") or {}
        changes |= plan
    box.amend(subscription, UPDATED, call.cause, **changes)
    if "trial_end" in params:
        schedule_period(box, subscription)
    return subscription


def _check_update(box: Sandbox, subscription: Json, params: Params) -> None:
    for name in params.keys() - _CHANGEABLE:
        raise invalid("This sandbox does not play this change of a subscription.", name)
    if subscription["status"] in OVER and params.keys() - _STILL_CHANGEABLE:
        raise ApiError("A canceled subscription can only update its cancellation_details and metadata.", stored=True)
    if params.get("cancel_at") is not None and params.get("cancel_at_period_end"):
        raise invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", "cancel_at")
    if "default_payment_method" in params:
        known = params["default_payment_method"]
        method = box.store.get("payment_method", known, param="default_payment_method", status=400)
        if method["customer"] != subscription["customer"]:
            raise invalid(
                f"The customer does not have a payment method with the ID {known}.",
                "default_payment_method",
                "resource_missing",
            )


def stretched(box: Sandbox, subscription: Json, trial_end: Any) -> Json:
    """The present period lasts until `trial_end`, for nothing; the next one is anchored there."""
    now = box.now()
    if not isinstance(trial_end, int) or trial_end <= now:
        raise invalid("`trial_end` must be a timestamp in the future.", "trial_end")
    items = subscription["items"]
    moved = [{**item, "current_period_start": now, "current_period_end": trial_end} for item in items["data"]]
    return {
        "billing_cycle_anchor": trial_end,
        "items": {**items, "data": moved},
        "status": "trialing",
        "trial_end": trial_end,
        "trial_start": now,
    }


def _plan(box: Sandbox, subscription: Json, params: Params) -> dict[str, Any]:
    wanted: dict[str, Any] = {name: params[name] for name in ("cancel_at", "cancel_at_period_end") if name in params}
    at = wanted.get("cancel_at")
    if isinstance(at, str):
        wanted["cancel_at"] = period(subscription)[1]
    elif at is not None and at <= box.now():
        raise invalid("`cancel_at` must be a timestamp in the future.", "cancel_at")
    if at is not None and subscription["cancel_at_period_end"]:
        wanted["cancel_at_period_end"] = False
    return wanted


def cancel_subscription(box: Sandbox, call: Call) -> Json:
    """End a subscription now. Raises ApiError 404 when it has ended already, as the real service does."""
    subscription = box.store.get("subscription", call.identifier)
    if subscription["status"] in OVER:
        raise missing("subscription", call.identifier)
    if call.params.get("prorate"):
        raise invalid("This sandbox gives nothing back for the rest of a period.", "prorate")
    if "cancellation_details" in call.params:
        subscription["cancellation_details"] = {
            **subscription["cancellation_details"],
            **clone(call.params["cancellation_details"]),
        }
    end_subscription(box, subscription, cause=call.cause)
    return subscription


_P = "_subscription"
ROUTES = (
    Route("GET", "subscriptions", f"{_P}_list_params:SubscriptionListParams", list_subscriptions, "subscription_list"),
    Route(
        "GET",
        "subscriptions/*",
        f"{_P}_retrieve_params:SubscriptionRetrieveParams",
        retrieve_subscription,
        "subscription_retrieve",
    ),
    Route(
        "POST",
        "subscriptions/*",
        f"{_P}_update_params:SubscriptionUpdateParams",
        update_subscription,
        "subscription_update",
    ),
    Route(
        "DELETE",
        "subscriptions/*",
        f"{_P}_cancel_params:SubscriptionCancelParams",
        cancel_subscription,
        "subscription_cancel",
    ),
)
