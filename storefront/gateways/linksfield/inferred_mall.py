"""Everything the supplier's pages leave open about the Mall family and its push, each choice in one named place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from storefront.gateways.linksfield.messages import Fields, Json

# --- requests --------------------------------------------------------------------------------------------------------

CANCEL_PATH: Final = "/cancelAutoRenewalRecord"
"""Two pages of this name were shown and one survived; which one is unknown."""

ONE_OFF: Final = "0"
"""`autoRenewal`: 0 is taken as a one-off order. Renewals are ours, so nothing else is ever sent."""

ORIGINAL_ORDER: Final = ""
PAY_ACCOUNT: Final = "1"
PAY_RESULT: Final = "SUCCESS"
PAY_STATUS_PAID: Final = "1"
PAY_TYPE: Final = "3"
PAY_UNIT: Final = ""
"""What a reported payment says about itself: the one example, whose list breaks off after `payUnit`."""

_NUMBER_DIGITS: Final = 19


def order_no_of(request_id: str) -> str:
    """The `orderNo` of a reported order: shaped like the example, and the same for the same request for ever."""
    return f"NO{_digits_of(request_id)}"


def pay_id_of(request_id: str, partner_code: str) -> str:
    """The `payId`: partner code and the digits of the order number, as in the example of singleOrder."""
    return f"{partner_code}{_digits_of(request_id)}"


def _digits_of(request_id: str) -> str:
    number = int.from_bytes(hashlib.sha256(request_id.encode()).digest(), "big")
    return f"{number % 10**_NUMBER_DIGITS:0{_NUMBER_DIGITS}d}"


def keyed_content(text: str, key: str) -> str:
    """What a keyed variant of the signature would hash; no page shows one."""
    return f"{text}{key}"


# --- failures --------------------------------------------------------------------------------------------------------

TROUBLE_WORDS: Final = ("system error", "system exception", "timeout", "timed out", "busy", "try again", "系统", "超时")
"""No table of failures was found. These words in a failure are the supplier's own trouble, so its effect is unknown."""

NOT_FOUND_WORDS: Final = ("not found", "not exist", "no order", "no record", "no data", "不存在", "未找到", "无数据")
"""These words in the failure of a look-up mean that there is nothing, which is an answer."""


def is_their_trouble(message: str) -> bool:
    """Whether a failure is the supplier's own trouble instead of a no."""
    return any(words in message.lower() for words in TROUBLE_WORDS)


def says_not_found(message: str) -> bool:
    """Whether the failure of a look-up says that there is nothing."""
    return any(words in message.lower() for words in NOT_FOUND_WORDS)


# --- answers ---------------------------------------------------------------------------------------------------------

DAYS_PER_UNIT: Final = {"0": 1, "1": 1, "2": 30, "3": 90, "4": 180, "5": 365}
"""`unit` and `packageType`: 2 is 30 days in the example; the rest follows the table of CSSS package types."""

UNLIMITED_TYPE: Final = "0"
"""The `packageType` of a plan without a limit."""

IN_USE: Final = "2"
NOT_ENABLED: Final = "1"
"""`orderStatus` of singleQueryOrder: only the item with an end date carries 2."""

PAYMENT_RESULTS: Final = {
    "paid": "paid",
    "success": "paid",
    "succeeded": "paid",
    "1": "paid",
    "pending": "pending",
    "processing": "pending",
    "0": "pending",
    "failed": "failed",
    "fail": "failed",
    "2": "failed",
}
"""`data.status` of resultQuery, in lower case, as our three states."""

VERIFIED_NAMES: Final = ("deviceCode",)
"""What the answer to a good verification names again."""

_LISTS_OF_PLANS: Final = ("data", "servicePlanList", "planList", "packageList", "list", "rows")
_PRICE_NAMES: Final = ("price", "payAmount")
_CURRENCY_NAMES: Final = ("currency", "payCurrency")
_RENEWAL_NAMES: Final = ("autoRenewal", "isAutoRenewal", "canAutoRenewal", "allowAutoRenewal")
_YES: Final = frozenset({"1", "true", "y", "yes"})


def plans_of(data: Fields) -> Sequence[Fields]:
    """The entries of the plan list: `data` is the list, or holds it. An answer without any list is not understood."""
    return data.each(_first_of(data, _LISTS_OF_PLANS))


def price_name(item: Fields) -> str:
    """The name under which a plan carries its price."""
    return _first_of(item, _PRICE_NAMES)


def currency_name(item: Fields) -> str:
    """The name under which a plan carries its currency."""
    return _first_of(item, _CURRENCY_NAMES)


def may_renew(item: Fields) -> bool:
    """Whether the supplier would renew a plan by itself; without a word, no."""
    value = item.raw.get(_first_of(item, _RENEWAL_NAMES))
    return str(value).lower() in _YES


def periods_of_plan(item: Fields) -> int:
    """How many units one order of a plan lasts; one when nothing is said."""
    return item.whole_or("time", 1)


PERIODS_OF_AN_ORDER: Final = 1
"""`orderPeriod` of a plan ordered as it is offered, at the price it is offered for: 1 in every published example."""


def unit_of_plan(item: Fields) -> str:
    """The unit of a plan: its own, else that of its package type."""
    return item.text_or("unit", "") or item.text("packageType")


def megabytes_of_plan(item: Fields) -> int:
    """The data volume as CSSS writes it in `flow`; 0 when unlimited (a negative volume, too) or not said."""
    if item.text_or("packageType", "") == UNLIMITED_TYPE:
        return 0
    return max(item.whole_or("flow", 0), 0)


def is_no_renewal(data: Fields) -> bool:
    """Whether an answer says that no auto-renewal is active: it names neither order nor payment."""
    return not data.text_or("orderNo", "") and not data.text_or("payId", "")


_LISTS_OF_ORDERS: Final = ("data", "orderList", "orders", "list", "rows")
_PAY_STATUS_NAMES: Final = ("pay_status", "payStatus")
_PAID_WORDS: Final = frozenset({"1", "paid", "success", "succeeded"})


def orders_of_lookup(data: Fields) -> Sequence[Fields]:
    """The entries of an order look-up: one order as the data itself, or a list of them; nothing means no order."""
    for name in _LISTS_OF_ORDERS:
        if isinstance(data.raw.get(name), list):
            return data.each(name)
    return [data] if data.raw else []


def text_of_order(item: Fields, *names: str) -> str:
    """A text of an order look-up under the first of several spellings that is there; empty when none is."""
    return item.text_or(_first_of(item, names), "")


def name_of_order(item: Fields, *names: str) -> str:
    """The first of several spellings that is there, else the first."""
    return _first_of(item, names)


def is_paid(item: Fields, *, by_our_id: bool) -> bool:
    """Whether an order of a look-up is paid. One that does not say is when our id asked: only paid ones come then."""
    status = text_of_order(item, *_PAY_STATUS_NAMES).lower()
    return status in _PAID_WORDS if status else by_our_id


def is_empty_success(data: Fields) -> bool:
    """Whether an answer without envelope is the empty object that closing an auto-renewal shows."""
    return not data.raw


def is_accepted_report(data: Fields) -> bool:
    """Whether an answer without envelope accepts a reported order: it names the order again."""
    return any(name in data for name in ("orderNo", "payId", "requestOrderId"))


def _first_of(item: Fields, names: Sequence[str]) -> str:
    return next((name for name in names if name in item), names[0])


# --- the push --------------------------------------------------------------------------------------------------------


def push_parameters(headers: Mapping[str, str], body: Mapping[str, Json]) -> dict[str, Json]:
    """What the signature of a push covers: the body and every x-lf header but the signature, names in lower case."""
    named = {name.lower(): value for name, value in headers.items()}
    return dict(body) | {
        name: value for name, value in named.items() if name.startswith("x-lf-") and name != "x-lf-signature"
    }


PUSH_ID_NAMES: Final = ("transaction_id", "transactionId", "notification_id", "notificationId", "id")
PUSH_SIM_NAMES: Final = ("deviceCode", "device_id", "deviceId", "sim_id", "iccid")
PUSH_ORDER_NAMES: Final = ("orderNo", "order_id", "orderCode", "order_no")
PUSH_REQUEST_NAMES: Final = ("requestOrderId", "purchase_order_id", "request_order_id")
"""How a push may name itself, its SIM, its order and our own number of the order; its body was not found."""
