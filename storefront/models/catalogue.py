"""What is for sale: destinations, plans, where a plan works, and price rules."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Numeric
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class DestinationKind(StrEnum):
    """A single country, or a region whose plans work in several."""

    COUNTRY = "country"
    REGION = "region"


class Destination(SQLModel, table=True):
    """A place a traveller can look for; `slug` stands in public addresses. From-price in minor units."""

    __tablename__ = "destinations"

    slug: str = Field(primary_key=True, max_length=64)
    kind: DestinationKind = Field(sa_type=EnumByValue(DestinationKind))
    name: str = Field(max_length=120)
    iso2: str | None = Field(default=None, max_length=2)
    mcc: str | None = Field(default=None, max_length=4)
    region: str = Field(default="", max_length=60)
    popularity: int = Field(default=0)
    plan_count: int = Field(default=0)
    from_minor: int | None = Field(default=None, sa_type=BigInteger)
    from_currency: str | None = Field(default=None, max_length=3)


class Plan(SQLModel, table=True):
    """One package of the supplier; `quotes` is a list of {currency, currency_id, amount} with amounts as text."""

    __tablename__ = "plans"

    id: int = Field(primary_key=True, sa_type=BigInteger, description="the supplier's package id")
    slug: str = Field(unique=True, max_length=120)
    package_code: str = Field(max_length=80)
    name: str = Field(max_length=200)
    summary: str = Field(default="", max_length=500)
    description: str = Field(default="")
    data_mb: int = Field(default=0)
    is_unlimited: bool = Field(default=False)
    days: int
    period_num: int = Field(default=1)
    min_periods: int = Field(default=1)
    max_periods: int = Field(default=1)
    quotes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    is_regional: bool = Field(default=False)
    in_stock: bool = Field(default=True)
    is_listed: bool = Field(default=True)
    refreshed_at: dt.datetime = Field(sa_type=UtcTime)


class PlanDestination(SQLModel, table=True):
    """Where a plan works."""

    __tablename__ = "plan_destinations"
    __table_args__ = (Index("ix_plan_destinations_destination", "destination_slug", "plan_id"),)

    plan_id: int = Field(primary_key=True, foreign_key="plans.id", sa_type=BigInteger)
    destination_slug: str = Field(primary_key=True, foreign_key="destinations.slug", max_length=64)


class PriceRule(SQLModel, table=True):
    """How the price a traveller pays follows from the supplier's; the most specific rule wins (plan, place, all).

    `markup` is a factor on top (0.15 = 15 %), `round_to_minor` rounds up to a multiple of minor units (0 = none).
    """

    __tablename__ = "price_rules"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int | None = Field(default=None, foreign_key="plans.id", sa_type=BigInteger)
    destination_slug: str | None = Field(default=None, foreign_key="destinations.slug", max_length=64)
    markup: Decimal = Field(default=Decimal(0), sa_type=Numeric(8, 4))
    round_to_minor: int = Field(default=0)
