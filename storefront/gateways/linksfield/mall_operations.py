"""The Mall family's operations, what every call of it carries, and a call that is signed and ready to leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from storefront.gateways.linksfield import inferred_mall

VENDOR: Final = "linksfield_mall"
VERSION: Final = "3.0"


@dataclass(frozen=True, slots=True)
class MallSettings:
    """Where the three directories are and what every call carries; the meaning of the constants is not published."""

    shop_url: str
    payment_url: str
    order_url: str
    partner_code: str
    accept_language: str = "en-US"
    language_code: str = "1"
    mark: str = "0"
    terminal: str = "0"


@dataclass(frozen=True, slots=True)
class MallOperation:
    """One operation: `directory` is one of shop, payment, order; `has_commons` adds language, mark and terminal."""

    name: str
    directory: str
    path: str
    trade_type: str
    is_read: bool = True
    method: str = "POST"
    has_commons: bool = True


OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        MallOperation("verify", "shop", "/singleVerify", "singleVerify"),
        MallOperation("plans", "shop", "/singleServicePlanPage", "singleServicePlanPage"),
        MallOperation("create_order", "shop", "/singleOrder", "singleOrder", is_read=False),
        MallOperation("orders_on_sim", "shop", "/singleQueryOrder", "singleQueryOrder"),
        MallOperation("active_renewal", "shop", "/queryAutoRenewalRecord", "queryAutoRenewalRecord"),
        MallOperation("cancel_renewal", "shop", inferred_mall.CANCEL_PATH, "cancelAutoRenewalRecord", is_read=False),
        MallOperation("report_order", "shop", "/synPartner/SynOrderInfo", "SynOrderInfo", is_read=False),
        MallOperation("payment_result", "payment", "/resultQuery", "resultQuery", has_commons=False),
        MallOperation(
            "subscribe", "payment", "/stripeSubDirectly", "stripeSubDirectly", is_read=False, has_commons=False
        ),
        MallOperation("find_order", "order", "/mall/order", "", method="GET", has_commons=False),
    )
}


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call ready to leave, with the text that was signed."""

    operation: MallOperation
    url: str
    body: str | None = field(repr=False)
    canonical: str = field(repr=False)
    signature: str = field(repr=False)
