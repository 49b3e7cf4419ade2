"""What the CSSS family says, as plain facts of its own words; what it means for the shop is decided in `sims`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from storefront.gateways.linksfield import inferred_csss
from storefront.gateways.linksfield.dates import day, moment
from storefront.gateways.linksfield.messages import Fields
from storefront.kernel.errors import OutsideError, Refused, Unintelligible
from storefront.telemetry.redaction import redacted

SUCCESS: Final = "0000"
_LONGEST_MESSAGE: Final = 120


@dataclass(frozen=True, slots=True)
class FlowUsage:
    """Data in bytes of the current cycle of the order in use; `order_code` is empty when none is.

    `remaining_bytes` is None for a plan without a limit.
    """

    iccid: str
    order_code: str
    used_bytes: int
    remaining_bytes: int | None


@dataclass(frozen=True, slots=True)
class Remainder:
    """What the network has left of one kind (seconds, messages or bytes).

    `quantity` is None when it cannot tell, then with the cause, or when there is no limit.
    """

    kind: str
    quantity: int | None
    cause: str


@dataclass(frozen=True, slots=True)
class PackageOrder:
    """One order of a SIM, all 22 fields of it; `device_id` and `device_id_again` are the two spellings of one field."""

    buy_type: str
    expire_date: dt.datetime | None
    flow: Decimal
    order_code: str
    order_status: str
    order_date: dt.datetime | None
    order_period: str
    package_code: str
    package_name: str
    package_type: str
    used_flow: Decimal
    flow_use_rate: str | None
    order_used_flow: Decimal
    supplier_code: str | None
    refuelling_packages: Sequence[Any]
    has_test_flow: bool
    profile_list: Any
    is_flow_plus: str | None
    device_id: str
    device_id_again: str
    active_date: dt.datetime | None
    main_iccid: str | None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of orders; `total` counts those of all pages."""

    number: int
    pages: int
    total: int
    orders: Sequence[PackageOrder]


@dataclass(frozen=True, slots=True)
class PackageRequest:
    """An order for a plan of the account's own tariff; `amount` in major units, sent with two places."""

    iccid: str
    package_code: str
    package_name: str
    package_type: str
    periods: int
    amount: Decimal
    starts_at_once: bool = False
    is_for_host_number: bool = False
    test_flow: str = "0"


@dataclass(frozen=True, slots=True)
class OrderedPackage:
    """The supplier's number of an order just made, with begin and end once it runs."""

    order_id: str
    starts_on: dt.date | None
    expires_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Device:
    """A SIM as the account sees it; fields the answer does not carry are empty."""

    iccid: str
    life_cycle: str
    package_code: str = ""
    package_name: str = ""


def failure(code: str, message: object, *, call: str, is_read: bool) -> OutsideError:
    """The error of a code other than 0000, shortened and without secrets.

    There is no table of codes, so the failure of a call with an effect leaves that effect unknown.
    """
    words = redacted(message)[:_LONGEST_MESSAGE] if isinstance(message, str) else ""
    kind = Refused if is_read else Unintelligible
    return kind(f"{call}: code {code}: {words}", vendor_code=code)


def read_flow(data: Fields, *, iccid: str, call: str) -> FlowUsage:
    """The answer to queryDeviceFlowUsage."""
    demand_same(data, "device_id", iccid, call=call)
    return FlowUsage(
        iccid=data.text("device_id"),
        order_code=data.text_or("order_code", ""),
        used_bytes=data.whole("order_used_flow"),
        remaining_bytes=inferred_csss.quantity_left(data.whole("high_flow_balance")),
    )


def read_remainders(body: Fields) -> list[Remainder]:
    """The answer to getInfoByDeviceId; an entry with a cause of failure carries no quantity we would believe."""
    found = []
    for item in body.each("data"):
        cause = item.text_or("msg", "")
        quantity = None if cause else inferred_csss.quantity_left(item.whole("remainingQuantity"))
        found.append(Remainder(item.text("type"), quantity, redacted(cause)[:_LONGEST_MESSAGE]))
    return found


def read_page(data: Fields) -> OrderPage:
    """One page of queryOrder."""
    page = data.inside("page")
    return OrderPage(
        number=page.whole("cur_page_no"),
        pages=page.whole("total_pages"),
        total=page.whole("total_count"),
        orders=[read_order(item) for item in data.each("package_order")],
    )


def read_order(item: Fields) -> PackageOrder:
    """One order; the fields nothing hangs on may be null or absent."""
    device_id = item.text("deviceId" if "deviceId" in item else "device_id")
    return PackageOrder(
        buy_type=item.text_or("buyType", ""),
        expire_date=moment(item, "expireDate"),
        flow=_number(item, "flow"),
        order_code=item.text("orderCode"),
        order_status=item.text("orderStatus"),
        order_date=moment(item, "orderDate"),
        order_period=item.text_or("orderPeriod", ""),
        package_code=item.text("packageCode"),
        package_name=item.text("packageName"),
        package_type=item.text_or("packageType", ""),
        used_flow=_number(item, "usedFlow"),
        flow_use_rate=item.text_or("flowUseRate", "") or None,
        order_used_flow=_number(item, "orderUsedFlow"),
        supplier_code=item.text_or("supplierCode", "") or None,
        refuelling_packages=tuple(item.raw.get("refuelingPackageList") or ()),
        has_test_flow=item.text_or("hasTestFlow", "0") == "1",
        profile_list=item.raw.get("profileList"),
        is_flow_plus=item.text_or("isFlowPlus", "") or None,
        device_id=device_id,
        device_id_again=item.text_or("device_id", device_id),
        active_date=moment(item, "activeDate"),
        main_iccid=item.text_or("main_iccid", "") or None,
    )


def read_ordered(data: Fields) -> OrderedPackage:
    """The answer to orderPackage."""
    return OrderedPackage(data.text("order_id"), day(data, "order_start_date"), day(data, "order_expire_date"))


def read_device(data: Fields, *, iccid: str, call: str) -> Device:
    """The answer to queryDevice."""
    demand_same(data, "device_id", iccid, call=call)
    code, name = inferred_csss.package_of_device(data)
    return Device(iccid, inferred_csss.life_cycle_of(data), code, name)


def read_assets(body: Fields) -> list[Device]:
    """The answer to syncAssetInfo: every SIM of the account."""
    return [Device(item.text("assetId"), inferred_csss.life_cycle_of(item)) for item in body.each("data")]


def demand_same(data: Fields, name: str, wanted: str, *, call: str) -> None:
    """Raise `Unintelligible` when the answer is about another SIM than the one asked about."""
    if data.text_or(name, wanted) != wanted:
        raise Unintelligible(f"{call}: field {name} is another one's", field=name)


def _number(item: Fields, name: str) -> Decimal:
    return item.number(name) if item.raw.get(name) not in (None, "") else Decimal(0)
