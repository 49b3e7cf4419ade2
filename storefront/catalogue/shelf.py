"""The catalogue read out of the database: everything pages are made of, as plain facts that outlive the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from storefront.catalogue.pricing import Rule, StoredQuote
from storefront.db import prepared
from storefront.models.catalogue import Destination, DestinationKind, Plan, PlanDestination, PriceRule


@dataclass(frozen=True, slots=True)
class ShelfPlace:
    """A destination of the catalogue."""

    slug: str
    name: str
    is_region: bool
    iso2: str | None
    region: str
    popularity: int
    plan_count: int


@dataclass(frozen=True, slots=True)
class ShelfPlan:
    """A plan of the catalogue with the places it works in; `home` is the slug of its main place."""

    id: int
    slug: str
    package_code: str
    name: str
    summary: str
    description: str
    data_mb: int
    is_unlimited: bool
    days: int
    period_num: int
    min_periods: int
    max_periods: int
    quotes: tuple[StoredQuote, ...]
    is_regional: bool
    in_stock: bool
    home: str
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Listed plans and all places, by slug; `at` are the plans that work in a place."""

    places: Mapping[str, ShelfPlace]
    plans: Mapping[str, ShelfPlan]
    rules: tuple[Rule, ...]
    at: Mapping[str, tuple[ShelfPlan, ...]] = field(default_factory=dict)


_VERSION = select(
    func.max(Plan.refreshed_at), func.count(), func.sum(col(Plan.id) * 2 + 1).filter(col(Plan.in_stock))
).where(Plan.is_listed)
_RULES = sql_select(
    col(PriceRule.id),
    col(PriceRule.plan_id),
    col(PriceRule.destination_slug),
    col(PriceRule.markup),
    col(PriceRule.round_to_minor),
).order_by(col(PriceRule.id))


def catalogue_version(session: Session) -> str:
    """A text that changes whenever anything on the shelf may have changed: a refresh, stock, a price rule."""
    facts = prepared.run(session, _VERSION).one()
    rules = [
        (rule.id, rule.plan_id, rule.destination_slug, str(rule.markup), rule.round_to_minor)
        for rule in _rules(session)
    ]
    return hashlib.sha256(repr((tuple(facts), rules)).encode()).hexdigest()[:16]


def read_shelf(session: Session) -> Shelf:
    """The whole catalogue."""
    # In a fixed order, so that the same catalogue always makes the same pages.
    rows = session.exec(select(Plan).where(Plan.is_listed).order_by(col(Plan.id))).all()
    linked: dict[int, list[str]] = {}
    for plan_id, slug in session.exec(select(PlanDestination.plan_id, PlanDestination.destination_slug)).all():
        linked.setdefault(plan_id, []).append(slug)
    chosen = session.exec(select(Destination).order_by(col(Destination.slug))).all()
    places = {row.slug: _place(row) for row in chosen}
    plans = {plan.slug: plan for row in rows if (plan := _plan(row, linked.get(row.id, []), places)) is not None}
    at: dict[str, list[ShelfPlan]] = {}
    for plan in plans.values():
        for slug in {*plan.covers, plan.home}:
            at.setdefault(slug, []).append(plan)
    return Shelf(places, plans, _rules(session), {slug: tuple(found) for slug, found in at.items()})


def _rules(session: Session) -> tuple[Rule, ...]:
    rows = prepared.run(session, _RULES).all()
    return tuple(
        Rule(row.id or 0, row.plan_id, row.destination_slug, row.markup.normalize(), row.round_to_minor) for row in rows
    )


def _place(row: Destination) -> ShelfPlace:
    is_region = row.kind is DestinationKind.REGION
    return ShelfPlace(row.slug, row.name, is_region, row.iso2, row.region, row.popularity, row.plan_count)


def _plan(row: Plan, linked: list[str], places: Mapping[str, ShelfPlace]) -> ShelfPlan | None:
    known = sorted((places[slug] for slug in linked if slug in places), key=lambda place: place.name)
    regions = [place.slug for place in known if place.is_region]
    covers = tuple(place.slug for place in known if not place.is_region)
    if not row.quotes or not (regions or covers):
        return None
    return ShelfPlan(
        id=row.id,
        slug=row.slug,
        package_code=row.package_code,
        name=row.name,
        summary=row.summary,
        description=row.description,
        data_mb=row.data_mb,
        is_unlimited=row.is_unlimited,
        days=row.days,
        period_num=row.period_num,
        min_periods=row.min_periods,
        max_periods=row.max_periods,
        quotes=tuple(StoredQuote(one["currency"], one["currency_id"], one["amount"]) for one in row.quotes),
        is_regional=row.is_regional,
        in_stock=row.in_stock,
        home=regions[0] if regions else covers[0],
        covers=covers,
    )
