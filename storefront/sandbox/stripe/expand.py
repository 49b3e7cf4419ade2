"""`expand`: identifiers in an answer replaced by what they name."""

from __future__ import annotations

from typing import Any

from storefront.sandbox.stripe.errors import invalid
from storefront.sandbox.stripe.store import Json, Store

DEEPEST = 4


def expanded(store: Store, answer: Json, paths: list[str]) -> Json:
    """A copy of `answer` with the named fields filled in. Raises ApiError for a path that leads nowhere."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property.", "expand")
        answer = _fill(store, answer, steps, path)
    return answer


def _fill(store: Store, node: Json, steps: list[str], path: str) -> Json:
    first, rest = steps[0], steps[1:]
    value: Any = _child(store, node, first, path)
    if rest and isinstance(value, list):
        value = [_fill(store, item, rest, path) for item in value]
    elif rest and isinstance(value, dict):
        value = _fill(store, value, rest, path)
    return {**node, first: value}


def _child(store: Store, node: Json, name: str, path: str) -> Any:
    kind = node.get("object")
    if kind == "checkout.session" and name == "line_items":
        return node.get("line_items") or _page(store.pages[node["id"]].line_items, node["id"])
    if kind == "charge" and name == "refunds":
        refunds = [refund for refund in store.newest_first("refund") if refund["charge"] == node["id"]]
        url = f"/v1/charges/{node['id']}/refunds"
        return node.get("refunds") or {"object": "list", "data": refunds, "has_more": False, "url": url}
    if kind == "invoice" and name == "payments":
        return node.get("payments") or _payments(store, node["id"])
    if kind == "invoice" and name == "confirmation_secret":
        return _secret(store, node["id"])
    if name not in node:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    value = node[name]
    if isinstance(value, str):
        found = store.find(value)
        if found is None:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        return found
    return value


def _page(items: list[Json], session: str) -> Json:
    return {
        "object": "list",
        "data": items,
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session}/line_items",
    }


def _payments(store: Store, invoice: str) -> Json:
    found = [payment for payment in store.newest_first("invoice_payment") if payment["invoice"] == invoice]
    url = f"/v1/invoice_payments?invoice={invoice}"
    return {"object": "list", "data": found, "has_more": False, "url": url}


def _secret(store: Store, invoice: str) -> Json | None:
    payments = _payments(store, invoice)["data"]
    if not payments:
        return None
    intent = store.get("payment_intent", payments[0]["payment"]["payment_intent"])
    return {"client_secret": intent["client_secret"], "type": "payment_intent"}
