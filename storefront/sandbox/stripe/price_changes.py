"""Another price for a running subscription, from its next period on."""

from __future__ import annotations

from storefront.sandbox.stripe.core import Params, Sandbox
from storefront.sandbox.stripe.errors import invalid, missing, required
from storefront.sandbox.stripe.money import check_amount
from storefront.sandbox.stripe.shape import clone, fresh
from storefront.sandbox.stripe.store import Json, new_id
from storefront.sandbox.stripe.subscription_states import plan_of


def repriced(box: Sandbox, subscription: Json, params: Params) -> Json:
    """The `items` of a subscription after an update; new prices are kept. Raises ApiError naming what is wrong.

    Nothing is charged or given back for the current period, so callers must say ``proration_behavior=none``.
    """
    if params.get("proration_behavior") != "none":
        raise invalid("This sandbox changes prices with `none` only.", "proration_behavior")
    items: Json = clone(subscription["items"])
    for n, wanted in enumerate(params["items"]):
        path = f"items[{n}]"
        for name in wanted.keys() - {"id", "price_data", "quantity"}:
            raise invalid("This sandbox does not play this change of an item.", f"{path}[{name}]")
        item = next((one for one in items["data"] if one["id"] == wanted.get("id")), None)
        if item is None:
            raise missing("subscription item", str(wanted.get("id", "")), param=f"{path}[id]", status=400)
        if "price_data" in wanted:
            item["price"] = _price(box, item["price"], wanted["price_data"], f"{path}[price_data]")
            item["plan"] = plan_of(item["price"])
        if wanted.get("quantity", 1) < 1:
            raise invalid("Quantity must be at least 1.", f"{path}[quantity]", "parameter_invalid_integer")
        item["quantity"] = wanted.get("quantity", item["quantity"])
    return items


def _price(box: Sandbox, old: Json, data: Params, path: str) -> Json:
    if "unit_amount" not in data:
        raise required(f"{path}[unit_amount]")
    box.store.get("product", data["product"], param=f"{path}[product]", status=400)
    if data["currency"].lower() != old["currency"]:
        raise invalid("A subscription keeps its currency.", f"{path}[currency]")
    period = {"interval_count": 1, **data["recurring"]}
    if any(old["recurring"][name] != value for name, value in period.items()):
        raise invalid("This sandbox keeps the billing interval of a subscription.", f"{path}[recurring]")
    check_amount(data["unit_amount"], old["currency"], f"{path}[unit_amount]")
    return box.store.put(
        fresh(
            "price",
            id=new_id("price_1"),
            created=box.now(),
            currency=old["currency"],
            product=data["product"],
            recurring=clone(old["recurring"]),
            tax_behavior="unspecified",
            type="recurring",
            unit_amount=data["unit_amount"],
            unit_amount_decimal=str(data["unit_amount"]),
        )
    )
