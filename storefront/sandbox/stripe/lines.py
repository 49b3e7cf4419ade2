"""What a payment page sells: priced lines, once or again and again."""

from __future__ import annotations

from storefront.sandbox.stripe.core import Params, Sandbox
from storefront.sandbox.stripe.errors import invalid, required
from storefront.sandbox.stripe.metadata import check_metadata
from storefront.sandbox.stripe.money import check_amount, check_currency, check_total
from storefront.sandbox.stripe.shape import fresh
from storefront.sandbox.stripe.store import Json, new_id

# No period of a price is longer than three years.
LONGEST_COUNT = {"day": 1095, "week": 156, "month": 36, "year": 3}


def line_items(box: Sandbox, params: Params, now: int) -> tuple[list[Json], str, int]:
    """The priced lines, their one currency and what is due at once. Raises ApiError naming what is wrong.

    Prices that repeat belong to subscription mode, where all of them must have the same period.
    """
    wanted: list[Params] = params.get("line_items") or []
    if not wanted:
        raise required("line_items")
    items = [_line_item(box, entry, f"line_items[{n}]", now) for n, entry in enumerate(wanted)]
    currency = items[0]["currency"]
    if any(item["currency"] != currency for item in items):
        raise invalid("All line items must have the same currency.", "line_items")
    _check_periods(params["mode"], [item["price"]["recurring"] for item in items if item["price"]["recurring"]])
    if on_trial(params):
        for item in items:
            if item["price"]["recurring"]:
                item.update(amount_subtotal=0, amount_total=0)
    total = sum(item["amount_total"] for item in items)
    if total or not on_trial(params):
        check_total(total, currency)
    return items, currency, total


def on_trial(params: Params) -> bool:
    """Whether the first period of a subscription is free."""
    data = params.get("subscription_data") or {}
    return "trial_end" in data or "trial_period_days" in data


def _check_periods(mode: str, periods: list[Json]) -> None:
    if mode == "payment" and periods:
        raise invalid("You specified `payment` mode but passed a recurring price.", "line_items")
    if mode == "subscription" and not periods:
        raise invalid("You must provide at least one recurring price in `subscription` mode.", "line_items")
    if any(period != periods[0] for period in periods):
        raise invalid("All recurring prices of a session must have the same billing interval.", "line_items")


def _line_item(box: Sandbox, entry: Params, path: str, now: int) -> Json:
    data = entry.get("price_data")
    if data is None:
        raise required(f"{path}[price_data]")
    if data.get("product_data") is None:
        raise required(f"{path}[price_data][product_data]")
    if data.get("unit_amount") is None:
        raise required(f"{path}[price_data][unit_amount]")
    if entry.get("quantity") is None:
        raise required(f"{path}[quantity]")
    if entry["quantity"] < 1:
        raise invalid("Quantity must be at least 1.", f"{path}[quantity]", "parameter_invalid_integer")
    currency = check_currency(data["currency"], f"{path}[price_data][currency]")
    check_amount(data["unit_amount"], currency, f"{path}[price_data][unit_amount]")
    product = box.store.put(_product(data["product_data"], now))
    price = fresh(
        "price",
        id=new_id("price_1"),
        created=now,
        currency=currency,
        product=product["id"],
        tax_behavior="unspecified",
        recurring=_recurring(data.get("recurring"), f"{path}[price_data][recurring]"),
        type="recurring" if data.get("recurring") else "one_time",
        unit_amount=data["unit_amount"],
        unit_amount_decimal=str(data["unit_amount"]),
    )
    box.store.put(price)
    amount = data["unit_amount"] * entry["quantity"]
    return fresh(
        "item",
        id=new_id("li_1"),
        amount_subtotal=amount,
        amount_total=amount,
        currency=currency,
        description=product["name"],
        discounts=[],
        metadata=check_metadata(entry.get("metadata"), f"{path}[metadata]"),
        price=price,
        quantity=entry["quantity"],
        taxes=[],
    )


def _recurring(given: Params | None, path: str) -> Json | None:
    if given is None:
        return None
    count = given.get("interval_count", 1)
    if not 1 <= count <= LONGEST_COUNT[given["interval"]]:
        raise invalid("A period lasts at least one day and at most three years.", f"{path}[interval_count]")
    return {
        "interval": given["interval"],
        "interval_count": count,
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _product(data: Params, now: int) -> Json:
    return fresh(
        "product",
        id=new_id("prod_", 14),
        created=now,
        updated=now,
        description=data.get("description"),
        images=data.get("images") or [],
        metadata=check_metadata(data.get("metadata"), "line_items[price_data][product_data][metadata]"),
        name=data["name"],
    )
