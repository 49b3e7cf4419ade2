"""What the Mall family says, as plain facts of its own words; what it means for the shop is decided in `sims`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from storefront.gateways.linksfield import inferred_mall
from storefront.gateways.linksfield.dates import day, moment
from storefront.gateways.linksfield.messages import Fields
from storefront.kernel.errors import OutsideError, Refused, Unintelligible
from storefront.telemetry.redaction import redacted

SUCCESS: Final = "S"
_LONGEST_MESSAGE: Final = 120
_LONG_AGO: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIME_NAMES: Final = ("pay_time", "payTime", "order_date", "orderDate", "create_time", "createTime", "payResultDate")


@dataclass(frozen=True, slots=True)
class MallPlan:
    """A plan that can be bought for one SIM; `amount` is exactly the number written, in major units."""

    package_code: str
    service_plan_code: str
    name: str
    amount: Decimal
    currency: str
    package_type: str
    periods: int
    days: int
    data_mb: int
    may_renew: bool


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What to create at the supplier's own cashier; `amount` in major units, sent with two places."""

    iccid: str
    request_order_id: str
    package_code: str
    service_plan_code: str
    name: str
    periods: int
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class CreatedOrder:
    """The supplier's numbers of an order just created; `pay_id` is the key of every payment call."""

    iccid: str
    order_no: str
    pay_id: str


@dataclass(frozen=True, slots=True)
class OrderOnSim:
    """A plan in use (`status` 2) or not yet enabled (1), of `time` periods of `unit`."""

    status: str
    name: str
    time: int
    unit: str
    expires_on: dt.date | None
    remaining_days: int | None


@dataclass(frozen=True, slots=True)
class AutoRenewal:
    """The active auto-renewal of a SIM; `order_no` and `pay_id` are what closing it takes."""

    order_no: str
    pay_id: str
    name: str
    periods: str
    package_type: str
    since: dt.date | None


@dataclass(frozen=True, slots=True, repr=False)
class PaidOrder:
    """An order whose money we took ourselves, as it is reported to the supplier."""

    iccid: str
    order_no: str
    pay_id: str
    request_order_id: str
    package_code: str
    service_plan_code: str
    name: str
    periods: int
    amount: Decimal
    currency: str
    paid_at: dt.datetime


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order as the order look-up tells it; the ids it does not give are empty."""

    purchase_order_id: str
    order_id: str
    iccid: str
    status: str
    is_paid: bool
    package_code: str
    created_at: dt.datetime | None
    expires_on: dt.date | None


class PaymentResult(StrEnum):
    """What the supplier's cashier says of a payment."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription just created by the supplier's cashier at Stripe."""

    subscription_id: str
    customer_id: str
    product_id: str
    pay_method: str
    status: str


def data_of(body: Fields, *, call: str) -> Fields:
    """The data of an answer in either shape: inside the envelope, or the body itself where there is none.

    `data` that is absent, null or empty is an object without fields. Raises `Refused` for a failure, `Unintelligible`
    for one that is the supplier's own trouble.
    """
    if "operateCode" not in body.raw:
        return body
    code = body.text("operateCode")
    if code != SUCCESS:
        raise failure(code, body.raw.get("message"), call=call)
    if not body.raw.get("data"):
        return Fields({}, call=call, path="data")
    if isinstance(body.raw["data"], list):
        return Fields({"data": body.raw["data"]}, call=call)
    return body.inside("data")


def failure(code: str, message: object, *, call: str) -> OutsideError:
    """The error of an answer other than success, with the supplier's words shortened and without secrets."""
    words = message if isinstance(message, str) else ""
    kind = Unintelligible if inferred_mall.is_their_trouble(words) else Refused
    return kind(f"{call}: {code}: {redacted(words)[:_LONGEST_MESSAGE]}", vendor_code=code)


def demand_same(data: Fields, name: str, wanted: str, *, call: str) -> None:
    """Raise `Unintelligible` when the answer is about something else than we asked for."""
    if data.text_or(name, wanted) != wanted:
        raise Unintelligible(f"{call}: field {name} is another one's", field=name)


def read_plans(data: Fields, *, iccid: str, call: str) -> list[MallPlan]:
    """The plans that can be bought for the SIM. A period of an unknown unit is an answer we cannot read."""
    demand_same(data, "deviceCode", iccid, call=call)
    return [_plan(item, call) for item in inferred_mall.plans_of(data)]


def _plan(item: Fields, call: str) -> MallPlan:
    days = inferred_mall.DAYS_PER_UNIT.get(inferred_mall.unit_of_plan(item))
    if days is None:
        raise Unintelligible(f"{call}: field unit is unknown", field="unit")
    periods = inferred_mall.periods_of_plan(item)
    return MallPlan(
        package_code=item.text("packageCode"),
        service_plan_code=item.text("servicePlanCode"),
        name=item.text("servicePlanShowName"),
        amount=item.number(inferred_mall.price_name(item)),
        currency=item.text(inferred_mall.currency_name(item)).upper(),
        package_type=item.text_or("packageType", ""),
        periods=periods,
        days=days * periods,
        data_mb=inferred_mall.megabytes_of_plan(item),
        may_renew=inferred_mall.may_renew(item),
    )


def read_found(data: Fields, *, by_our_id: bool) -> list[FoundOrder]:
    """The orders of a look-up, newest first; those without a time come last."""
    found = [_found(item, by_our_id) for item in inferred_mall.orders_of_lookup(data)]
    return sorted(found, key=lambda order: order.created_at or _LONG_AGO, reverse=True)


def _found(item: Fields, by_our_id: bool) -> FoundOrder:
    text = inferred_mall.text_of_order
    order_id = inferred_mall.name_of_order(item, "order_id", "orderId", "orderNo")
    return FoundOrder(
        purchase_order_id=text(item, "purchase_order_id", "purchaseOrderId", "requestOrderId"),
        order_id=item.text(order_id),
        iccid=text(item, "sim_id", "simId", "deviceCode", "iccid"),
        status=text(item, "order_status", "orderStatus", "status"),
        is_paid=inferred_mall.is_paid(item, by_our_id=by_our_id),
        package_code=text(item, "package_code", "packageCode"),
        created_at=moment(item, inferred_mall.name_of_order(item, *_TIME_NAMES)),
        expires_on=day(item, inferred_mall.name_of_order(item, "expire_date", "expireDate")),
    )


def read_created(data: Fields, *, iccid: str, call: str) -> CreatedOrder:
    """The answer to a new order."""
    demand_same(data, "deviceCode", iccid, call=call)
    return CreatedOrder(data.text("deviceCode"), data.text("orderNo"), data.text("payId"))


def read_on_sim(data: Fields) -> list[OrderOnSim]:
    """The plans in use and not yet enabled."""
    return [
        OrderOnSim(
            status=item.text("orderStatus"),
            name=item.text("servicePlanShowName"),
            time=item.whole("time"),
            unit=item.text("unit"),
            expires_on=day(item, "expireDate"),
            remaining_days=item.whole("remainingDays") if "remainingDays" in item else None,
        )
        for item in data.each("orderList")
    ]


def read_renewal(data: Fields) -> AutoRenewal | None:
    """The active auto-renewal, if there is one; half a record is none we can read."""
    if inferred_mall.is_no_renewal(data):
        return None
    return AutoRenewal(
        order_no=data.text("orderNo"),
        pay_id=data.text("payId"),
        name=data.text("servicePlanShowName"),
        periods=data.text_or("orderPeriod", ""),
        package_type=data.text_or("packageType", ""),
        since=day(data, "subscriptionTime"),
    )


def read_subscription(data: Fields) -> Subscription:
    """The answer to a new subscription."""
    return Subscription(
        subscription_id=data.text("sub_id"),
        customer_id=data.text("customer_id"),
        product_id=data.text("product_id"),
        pay_method=data.text("pay_method"),
        status=data.text("status"),
    )


def read_result(data: Fields, meanings: Mapping[str, str]) -> PaymentResult:
    """The state of a payment; a word we do not know is no state."""
    meaning = meanings.get(data.text("status").lower())
    if meaning is None:
        raise Unintelligible("linksfield_mall.payment_result: field status is unknown", field="status")
    return PaymentResult(meaning)


def money_text(amount: Decimal) -> str:
    """An amount with at least two places, as every example writes it; digits beyond are kept."""
    return format(amount if -int(amount.as_tuple().exponent) > 2 else amount.quantize(Decimal("0.01")), "f")
