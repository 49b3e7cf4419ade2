"""What pages, the JSON face and the checkout are shown of the catalogue: frozen facts, never rows."""

from __future__ import annotations

from dataclasses import dataclass

from storefront.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationCard:
    """A place to go; `kind` is ``country`` or ``region``, `from_price` is what the cheapest plan on sale costs.

    Inside a `PlanDetail` places are names only: there `from_price` is None.
    """

    slug: str
    name: str
    kind: str
    iso2: str | None
    region: str
    plan_count: int
    from_price: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """A plan in a list; `price` is exactly what is charged, `fair_use` is empty unless the volume is unlimited.

    `apart` is what the supplier says of a plan that another one of the same place equals in volume and days.
    """

    id: int
    slug: str
    name: str
    data_mb: int
    is_unlimited: bool
    fair_use: str
    apart: str
    days: int
    price: Money
    per_gb: Money | None
    is_regional: bool
    covers_count: int
    in_stock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDetail(PlanCard):
    """A plan in full; `is_estimate` says that it is not sold in the currency asked for and `price` is in another.

    No amount is ever converted by us: `quotes` are the charged prices in each currency the plan is sold in.
    """

    supplier_name: str
    summary: str
    description: str
    destination: DestinationCard
    covers: tuple[DestinationCard, ...]
    does_not_cover: tuple[DestinationCard, ...]
    validity_note: str
    refund_note: str
    min_periods: int
    max_periods: int
    quotes: tuple[Money, ...]
    is_estimate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOffer:
    """Everything an order copies; `supplier_amount` is the supplier's number as it wrote it."""

    plan_id: int
    plan_name: str
    plan_slug: str
    destination: str
    destination_slug: str
    data_mb: int
    is_unlimited: bool
    days: int
    package_code: str
    period_num: int
    currency_id: int
    supplier_amount: str
    supplier_currency: str
    charged: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """The front of the shop."""

    popular: tuple[DestinationCard, ...]
    regions: tuple[DestinationCard, ...]
    countries: tuple[DestinationCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationPage:
    """One place with the plans for it alone, the plans that work there and elsewhere, and a place of similar name.

    `covers` are the countries of a region as far as all of its plans work in the same ones, else empty.
    """

    destination: DestinationCard
    plans: tuple[PlanCard, ...]
    regional: tuple[PlanCard, ...]
    covers: tuple[DestinationCard, ...]
    confusable: DestinationCard | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """Places found, best first; `suggestion` is a spelling we know when nothing was called exactly that."""

    results: tuple[DestinationCard, ...]
    suggestion: str | None
