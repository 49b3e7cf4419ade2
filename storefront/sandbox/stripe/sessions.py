"""Checkout Sessions, for one payment or for a subscription: opening, reading, expiring."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from storefront.sandbox.stripe.core import NOBODY, Cause, Params, Sandbox
from storefront.sandbox.stripe.errors import ApiError, invalid, required
from storefront.sandbox.stripe.intents import cancel_intent
from storefront.sandbox.stripe.lines import line_items
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.metadata import check_metadata
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import fresh, inner
from storefront.sandbox.stripe.store import Json, Page, new_id

SHORTEST = 30 * 60
LONGEST = 24 * 3600
SHORTEST_TRIAL = 48 * 3600
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SUBSCRIPTION_DATA = {"billing_mode", "description", "metadata", "trial_end", "trial_period_days"}
_COPIED = ("cancel_url", "client_reference_id", "locale", "submit_type", "allow_promotion_codes", "origin_context")


def create_session(box: Sandbox, call: Call) -> Json:
    """Open a payment page."""
    params = call.params
    now = box.now()
    _check_form(params, now)
    items, currency, total = line_items(box, params, now)
    customer = params.get("customer")
    email = params.get("customer_email")
    if customer is not None:
        email = box.store.get("customer", customer, param="customer", status=400)["email"]
    identifier = new_id("cs_test_a1", 56)
    texts = params.get("custom_text") or {}
    session = fresh(
        "checkout.session",
        **{name: params.get(name) for name in _COPIED},
        id=identifier,
        adaptive_pricing={"enabled": bool((params.get("adaptive_pricing") or {}).get("enabled"))},
        allowed_payment_method_types=params.get("allowed_payment_method_types"),
        amount_subtotal=total,
        amount_total=total,
        automatic_tax=inner("checkout.session", "automatic_tax", enabled=False),
        branding_settings=_branding(box, params),
        collected_information=inner("checkout.session", "collected_information"),
        consent_collection=_consent_collection(params),
        created=now,
        currency=currency,
        custom_text=inner("checkout.session", "custom_text", **texts),
        customer=customer,
        customer_creation=None if customer else params.get("customer_creation", _customer_creation(params)),
        customer_details=_customer_details(email) if email else None,
        customer_email=params.get("customer_email"),
        discounts=[],
        excluded_payment_method_types=params.get("excluded_payment_method_types"),
        expires_at=_expiry(params, now),
        integration_identifier=params.get("integration_identifier"),
        metadata=check_metadata(params.get("metadata"), "metadata"),
        mode=params["mode"],
        payment_method_collection="always" if params["mode"] == "subscription" else "if_required",
        payment_method_options=params.get("payment_method_options") or {},
        payment_method_types=["card"],
        payment_status="unpaid",
        phone_number_collection={"enabled": False},
        status="open",
        success_url=params["success_url"],
        total_details=inner("checkout.session", "total_details"),
        ui_mode="hosted_page",
        url=f"{box.page_root}/checkout/pay/{identifier}",
    )
    box.store.pages[identifier] = _page(params, items, now)
    box.store.schedule(session["expires_at"], "session.expire", identifier)
    return box.store.put(session)


def _page(params: Params, items: list[Json], now: int) -> Page:
    data = dict(params.get("subscription_data") or {})
    if "trial_period_days" in data:
        data["trial_end"] = now + 24 * 3600 * data.pop("trial_period_days")
    return Page(items, dict(params.get("payment_intent_data") or {}), data)


def _customer_creation(params: Params) -> str:
    return "always" if params["mode"] == "subscription" else "if_required"


def _branding(box: Sandbox, params: Params) -> Json:
    wanted = {key: value for key, value in (params.get("branding_settings") or {}).items() if value is not None}
    plain: Json = {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0074d4",
        "display_name": box.shop_name,
        "font_family": "default",
        "icon": None,
        "logo": None,
    }
    return {**plain, **wanted}


def _consent_collection(params: Params) -> Json | None:
    wanted = params.get("consent_collection")
    return inner("checkout.session", "consent_collection", **wanted) if wanted else None


def _customer_details(email: str) -> Json:
    return inner("checkout.session", "customer_details", email=email, tax_exempt="none")


def _check_form(params: Params, now: int) -> None:
    """What the real service refuses before it looks at money."""
    mode = params.get("mode")
    if mode not in ("payment", "subscription"):
        raise required("mode") if mode is None else invalid("This sandbox opens payments and subscriptions.", "mode")
    if not params.get("success_url"):
        raise required("success_url")
    for name in ("success_url", "cancel_url"):
        if params.get(name) and not _is_address(params[name]):
            raise invalid("Not a valid URL", name, "url_invalid")
    if params.get("customer") and params.get("customer_email"):
        raise invalid("You may only specify one of these parameters: customer, customer_email.", "customer_email")
    data = params.get("payment_intent_data") or {}
    for name, email in (
        ("customer_email", params.get("customer_email")),
        ("payment_intent_data[receipt_email]", data.get("receipt_email")),
    ):
        if email and not EMAIL.fullmatch(email):
            raise invalid(f"Invalid email address: {email}", name, "email_invalid")
    reference = params.get("client_reference_id")
    if reference is not None and not _REFERENCE.fullmatch(reference):
        raise invalid("Up to 200 letters, digits, dashes and underscores are allowed.", "client_reference_id")
    if "card" not in (params.get("allowed_payment_method_types") or ["card"]) or "card" in (
        params.get("excluded_payment_method_types") or []
    ):
        raise invalid("This sandbox takes cards only, so they must be allowed.", "allowed_payment_method_types")
    check_metadata(data.get("metadata"), "payment_intent_data[metadata]")
    _check_mode(params, now)


def _check_mode(params: Params, now: int) -> None:
    """What belongs to the other mode is refused, and what a subscription begins with is checked."""
    strange = ("subscription_data",) if params["mode"] == "payment" else ("payment_intent_data", "customer_creation")
    for name in strange:
        if name in params:
            raise invalid(f"You can not pass `{name}` in `{params['mode']}` mode.", name)
    data = params.get("subscription_data") or {}
    for name in data.keys() - _SUBSCRIPTION_DATA:
        raise invalid("This sandbox does not play this part.", f"subscription_data[{name}]")
    check_metadata(data.get("metadata"), "subscription_data[metadata]")
    if "trial_end" in data and "trial_period_days" in data:
        raise invalid("You may only specify one of trial_end, trial_period_days.", "subscription_data[trial_end]")
    if "trial_end" in data and data["trial_end"] < now + SHORTEST_TRIAL:
        raise invalid("The trial must end at least 2 days in the future.", "subscription_data[trial_end]")
    if data.get("trial_period_days", 1) < 1:
        raise invalid("The minimum number of trial period days is 1.", "subscription_data[trial_period_days]")
    if params.get("payment_method_collection", "always") != "always" and params["mode"] == "subscription":
        raise invalid("This sandbox always asks a subscriber for a card.", "payment_method_collection")


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text


def _expiry(params: Params, now: int) -> int:
    expires_at = int(params.get("expires_at", now + LONGEST))
    if expires_at < now + SHORTEST:
        raise invalid("`expires_at` must lie at least 30 minutes after the session's creation.", "expires_at")
    if expires_at > now + LONGEST:
        raise invalid("`expires_at` must lie less than 24 hours after the session's creation.", "expires_at")
    return expires_at


def retrieve_session(box: Sandbox, call: Call) -> Json:
    """A session as it is now."""
    return box.store.get("checkout.session", call.identifier)


def expire_session(box: Sandbox, call: Call) -> Json:
    """Close an open page. Raises ApiError 400 when it is not open any more."""
    session = box.store.get("checkout.session", call.identifier)
    if session["status"] != "open":
        raise ApiError(
            f'Only sessions with a status in ["open"] can be expired; this one is `{session["status"]}`.',
            stored=True,
        )
    close_page(box, session, call.cause)
    return session


def close_page(box: Sandbox, session: Json, cause: Cause = NOBODY) -> None:
    """Open becomes expired; an unfinished payment on it is called off."""
    session.update(status="expired", url=None)
    page = box.store.pages[session["id"]]
    if page.intent is not None:
        cancel_intent(box, box.store.get("payment_intent", page.intent), "expired", cause)
    page.pending = None
    box.emit("checkout.session.expired", session, cause)


def lapse(box: Sandbox, identifier: str) -> None:
    """The clock reached `expires_at`."""
    session = box.store.get("checkout.session", identifier)
    if session["status"] == "open":
        close_page(box, session)


def list_sessions(box: Sandbox, call: Call) -> Json:
    """Sessions, the newest first."""
    params = call.params
    equal = chosen(params, "customer", "payment_intent", "status", "subscription")
    email = (params.get("customer_details") or {}).get("email")
    if "payment_intent" in equal:
        known = box.store.session_of_intent.get(equal["payment_intent"])
        found: Any = iter([box.store.get("checkout.session", known)] if known else [])
    else:
        found = box.store.newest_first("checkout.session")
    if email is not None:
        found = (item for item in found if (item["customer_details"] or {}).get("email") == email)
    return listed(found, params, "/v1/checkout/sessions", equal)


def list_line_items(box: Sandbox, call: Call) -> Json:
    """What a session sells."""
    box.store.get("checkout.session", call.identifier)
    items = iter(box.store.pages[call.identifier].line_items)
    return listed(items, call.params, f"/v1/checkout/sessions/{call.identifier}/line_items", {})


HAPPENINGS = {"session.expire": lapse}
_P = "checkout._session"
ROUTES = (
    Route("POST", "checkout/sessions", f"{_P}_create_params:SessionCreateParams", create_session, "session_create"),
    Route("GET", "checkout/sessions", f"{_P}_list_params:SessionListParams", list_sessions),
    Route(
        "GET",
        "checkout/sessions/*",
        f"{_P}_retrieve_params:SessionRetrieveParams",
        retrieve_session,
        "session_retrieve",
    ),
    Route(
        "POST",
        "checkout/sessions/*/expire",
        f"{_P}_expire_params:SessionExpireParams",
        expire_session,
        "session_expire",
    ),
    Route(
        "GET",
        "checkout/sessions/*/line_items",
        f"{_P}_line_item_list_params:SessionLineItemListParams",
        list_line_items,
    ),
)
