"""What can be bought for a SIM that is in somebody's hands, and the plan a delivered eSIM came with."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from storefront.sandbox.linksfield.countries import ASIA, EUROPE, NORTH_AMERICA
from storefront.sandbox.linksfield.orders import Order

GLOBAL = "Global"
AREAS = (EUROPE, ASIA, NORTH_AMERICA, GLOBAL)
UNLIMITED_DAILY, DAILY, MONTHLY, THREE_MONTHS = "0", "1", "2", "3"
BYTES_OF_MEGABYTE = 1024 * 1024
_DAYS_OF = {"day": 1, "week": 7, "month": 30}


class Unit(StrEnum):
    """What `time` counts."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan. `megabytes` 0 means unlimited; `kind` is the published packageType; `amount` is for one period."""

    code: str
    service_code: str
    name: str
    amount: Decimal
    currency: str
    kind: str
    time: int
    unit: Unit
    megabytes: int
    area: str
    renews: bool = False

    @property
    def days(self) -> int:
        """How long one period lasts; a month has thirty days."""
        return self.time * _DAYS_OF[self.unit]


def _plan(code: str, name: str, amount: str, kind: str, span: str, megabytes: int, area: str, *options: str) -> Plan:
    time, unit = span.split()
    return Plan(
        code=code,
        service_code="SP" + code[-14:],
        name=name,
        amount=Decimal(amount),
        currency=next((each for each in options if each != "renews"), "USD"),
        kind=kind,
        time=int(time),
        unit=Unit(unit),
        megabytes=megabytes,
        area=area,
        renews="renews" in options,
    )


PLANS = (
    _plan("DP20190726001274", "Europe 33 countries 3GB/month", "12.36", MONTHLY, "1 month", 3072, EUROPE, "renews"),
    _plan("DP20190726001275", "Europe 33 countries 10GB/month", "24.90", MONTHLY, "1 month", 10240, EUROPE, "renews"),
    _plan("DP20200311000412", "欧洲33国 1GB 7天", "4.99", DAILY, "7 day", 1024, EUROPE),
    _plan("DP20210604000093", "Europe unlimited 15 days (2GB/day)", "29", UNLIMITED_DAILY, "15 day", 0, EUROPE),
    _plan("DP20210930001120", "UK & Ireland 5GB/month", "9.50", MONTHLY, "1 month", 5120, EUROPE, "GBP"),
    _plan("DP20220118000007", "Euro zone 20GB, three months", "44", THREE_MONTHS, "3 month", 20480, EUROPE, "EUR"),
    _plan("PACKAGE20180428000007", "亚洲12国/地区产品二 30m/月", "4.99", MONTHLY, "1 month", 30, ASIA),
    _plan("DP20190802000311", "Asia 12 countries 3GB/month", "8.99", MONTHLY, "1 month", 3072, ASIA, "renews"),
    _plan("DP20220909000518", "Japan & Korea 5GB 15 days", "11.80", DAILY, "15 day", 5120, ASIA),
    _plan("DP20200214000660", "USA, Canada & Mexico 5GB", "16.75", MONTHLY, "1 month", 5120, NORTH_AMERICA, "renews"),
    _plan("DP20200214000661", "USA 1GB 7 days", "5.5", DAILY, "7 day", 1024, NORTH_AMERICA),
    _plan("DP20210101000001", "Global 85 countries 1GB/month", "14.99", MONTHLY, "1 month", 1024, GLOBAL, "renews"),
    _plan("DP20210101000002", "Global 85 countries 5GB/month", "49.99", MONTHLY, "1 month", 5120, GLOBAL),
)


def plan_of(order: Order) -> Plan:
    """The plan a delivered eSIM brings along: the whole time that was ordered, as one period."""
    package = order.package
    periods = package.period if package.max_period == 1 else order.period_num
    return Plan(
        code=package.code,
        service_code=f"SP{package.id}",
        name=package.name,
        amount=order.money,
        currency=order.currency.code,
        kind=str(package.kind),
        time=periods * _DAYS_OF.get(package.unit, 1),
        unit=Unit.DAY,
        megabytes=package.megabytes,
        area=GLOBAL,
    )
