"""The billing portal: a short-lived page on which a customer cancels, renews and changes the card by themselves."""

from __future__ import annotations

from storefront.sandbox.stripe.cards import Card
from storefront.sandbox.stripe.core import Params, Sandbox
from storefront.sandbox.stripe.enrol import save_card
from storefront.sandbox.stripe.errors import invalid, required
from storefront.sandbox.stripe.intents import payment_method
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import fresh, inner
from storefront.sandbox.stripe.store import Json, new_id
from storefront.sandbox.stripe.subscription_states import OVER, UPDATED, period, planned

LIVES = 3600
_PLAYED = {"customer", "flow_data", "locale", "return_url", "configuration"}
_FLOWS = {"subscription_cancel": "cancel", "payment_method_update": ""}


def create_portal(box: Sandbox, call: Call) -> Json:
    """Open the portal for one customer, on the page of one subscription's end when `flow_data` asks for that."""
    params = call.params
    for name in params.keys() - _PLAYED:
        raise invalid("This sandbox does not play this part of the portal.", name)
    if "customer" not in params:
        raise required("customer")
    customer = box.store.get("customer", params["customer"], param="customer", status=400)
    identifier = new_id("bps_1")
    flow = params.get("flow_data")
    return box.store.put(
        fresh(
            "billing_portal.session",
            id=identifier,
            configuration=params.get("configuration") or "bpc_1SandboxDefault",
            created=box.now(),
            customer=customer["id"],
            flow=_flow(box, flow, customer["id"]) if flow else None,
            locale=params.get("locale"),
            return_url=params.get("return_url"),
            url=f"{box.page_root}/billing/{identifier}" + (_path(flow) if flow else ""),
        )
    )


def _flow(box: Sandbox, flow: Params, customer: str) -> Json:
    if flow["type"] not in _FLOWS:
        raise invalid("This sandbox does not play this flow.", "flow_data[type]")
    after = flow.get("after_completion") or {"type": "portal_homepage"}
    made = inner(
        "billing_portal.session",
        "flow",
        after_completion={
            "hosted_confirmation": None,
            "redirect": after.get("redirect"),
            "type": after["type"],
        },
        type=flow["type"],
    )
    if flow["type"] == "subscription_cancel":
        where = "flow_data[subscription_cancel][subscription]"
        wanted = (flow.get("subscription_cancel") or {}).get("subscription")
        if wanted is None:
            raise required(where)
        subscription = box.store.get("subscription", wanted, param=where, status=400)
        if subscription["customer"] != customer:
            raise invalid("This subscription belongs to another customer.", where)
        if subscription["status"] in OVER or _is_ending(subscription):
            raise invalid("This subscription is already set to be canceled.", where)
        made["subscription_cancel"] = {"retention": None, "subscription": wanted}
    return made


def _path(flow: Params) -> str:
    if flow["type"] != "subscription_cancel":
        return ""
    return f"/cancel/{flow['subscription_cancel']['subscription']}"


def _is_ending(subscription: Json) -> bool:
    return subscription["cancel_at_period_end"] or subscription["cancel_at"] is not None


def after_flow(portal: Json) -> str | None:
    """Where a customer goes when the flow the portal was opened for is done; None stays in the portal."""
    after = (portal["flow"] or {}).get("after_completion") or {}
    return str(after["redirect"]["return_url"]) if after.get("type") == "redirect" and after.get("redirect") else None


def cancel_as_customer(box: Sandbox, subscription: Json) -> None:
    """End with the period. Flexible billing: only `cancel_at` is set, the flag stays false."""
    if subscription["status"] not in OVER:
        plan = planned(box, subscription, cancel_at=period(subscription)[1], cancel_at_period_end=False)
        box.amend(subscription, UPDATED, **plan)


def renew_as_customer(box: Sandbox, subscription: Json) -> None:
    """Take a planned end back, by whichever field it was planned."""
    if subscription["status"] not in OVER:
        box.amend(subscription, UPDATED, **planned(box, subscription, cancel_at=None, cancel_at_period_end=False))


def change_card(box: Sandbox, subscription: Json, card: Card) -> Json:
    """Charge a subscription to another card from now on; returns the payment method."""
    customer = box.store.get("customer", subscription["customer"])
    method = payment_method(box, card, str(customer["email"] or ""))
    save_card(box, method, card, customer["id"])
    box.amend(subscription, UPDATED, default_payment_method=method["id"])
    return method


ROUTES = (
    Route(
        "POST",
        "billing_portal/sessions",
        "billing_portal._session_create_params:SessionCreateParams",
        create_portal,
        "portal_create",
    ),
)
