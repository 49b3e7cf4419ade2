"""Saved payment methods; of a card only brand, last four digits and expiry are known."""

from __future__ import annotations

from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.store import Json


def retrieve_method(box: Sandbox, call: Call) -> Json:
    """A payment method, saved or used once."""
    return box.store.get("payment_method", call.identifier)


def list_methods(box: Sandbox, call: Call) -> Json:
    """A customer's saved payment methods, the newest first; without a customer there are none to list."""
    found = (one for one in box.store.newest_first("payment_method") if one["customer"] is not None)
    return listed(found, call.params, "/v1/payment_methods", chosen(call.params, "customer", "type"))


def list_customer_methods(box: Sandbox, call: Call) -> Json:
    """The same, asked of the customer."""
    box.store.get("customer", call.identifier)
    url = f"/v1/customers/{call.identifier}/payment_methods"
    equal = {"customer": call.identifier, **chosen(call.params, "type")}
    return listed(box.store.newest_first("payment_method"), call.params, url, equal)


_P = "_payment_method"
ROUTES = (
    Route("GET", "payment_methods", f"{_P}_list_params:PaymentMethodListParams", list_methods),
    Route(
        "GET",
        "payment_methods/*",
        f"{_P}_retrieve_params:PaymentMethodRetrieveParams",
        retrieve_method,
        "payment_method_retrieve",
    ),
    Route(
        "GET",
        "customers/*/payment_methods",
        "_customer_list_payment_methods_params:CustomerListPaymentMethodsParams",
        list_customer_methods,
    ),
)
