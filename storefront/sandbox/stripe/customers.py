"""Customers."""

from __future__ import annotations

from storefront.sandbox.stripe.core import Params, Sandbox
from storefront.sandbox.stripe.lists import listed
from storefront.sandbox.stripe.metadata import check_metadata, merged
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import fresh, inner
from storefront.sandbox.stripe.store import Json, new_id

_COPIED = ("address", "description", "email", "name", "phone", "shipping")


def create_customer(box: Sandbox, call: Call) -> Json:
    """Keep a new customer; the same e-mail may be there many times, as with the real service."""
    return new_customer(box, call.params)


def new_customer(box: Sandbox, params: Params) -> Json:
    """A customer as the parameters of the API describe them; tells nobody."""
    identifier = new_id("cus_", 14)
    return box.store.put(
        fresh(
            "customer",
            **{name: params.get(name) for name in _COPIED},
            id=identifier,
            balance=0,
            created=box.now(),
            delinquent=False,
            invoice_prefix=identifier[-8:].upper(),
            invoice_settings=inner("customer", "invoice_settings"),
            metadata=check_metadata(params.get("metadata"), "metadata"),
            next_invoice_sequence=1,
            preferred_locales=params.get("preferred_locales") or [],
            tax_exempt=params.get("tax_exempt") or "none",
        )
    )


def update_customer(box: Sandbox, call: Call) -> Json:
    """Change what is given; metadata is merged, an empty value removes a key."""
    customer = box.store.get("customer", call.identifier)
    customer.update({name: call.params[name] for name in _COPIED if name in call.params})
    if "metadata" in call.params:
        customer["metadata"] = merged(customer["metadata"], call.params["metadata"])
    return customer


def retrieve_customer(box: Sandbox, call: Call) -> Json:
    """A customer as they are now."""
    return box.store.get("customer", call.identifier)


def list_customers(box: Sandbox, call: Call) -> Json:
    """Customers, the newest first; `email` compares case and all."""
    equal = {"email": call.params["email"]} if "email" in call.params else {}
    return listed(box.store.newest_first("customer"), call.params, "/v1/customers", equal)


ROUTES = (
    Route("POST", "customers", "_customer_create_params:CustomerCreateParams", create_customer, "customer_create"),
    Route("GET", "customers", "_customer_list_params:CustomerListParams", list_customers),
    Route("GET", "customers/*", "_customer_retrieve_params:CustomerRetrieveParams", retrieve_customer),
    Route("POST", "customers/*", "_customer_update_params:CustomerUpdateParams", update_customer),
)
