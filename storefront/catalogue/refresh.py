"""Bring the catalogue up to date with the supplier; no transaction is open while the supplier thinks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, delete, select

from storefront.catalogue.browse import card
from storefront.catalogue.facts import Country, Sellable, clean, country_of, new_slug, regions_of, sellable
from storefront.catalogue.gather import gather
from storefront.catalogue.regions import Region
from storefront.catalogue.shelf import read_shelf
from storefront.models.catalogue import Destination, DestinationKind, Plan, PlanDestination
from storefront.ports import Outside, SessionFactory
from storefront.settings import Settings

BATCH = 50
LEAST_KEPT = 0.5
"""A supplier that suddenly offers less than this share of what is listed is believed to be ill, not to be empty."""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did; the failed ones keep their old facts. `faults` says what was left out and why."""

    countries: int
    plans: int
    added: int
    delisted: int
    refused_to_delist: int
    failed_countries: tuple[str, ...]
    failed_plans: tuple[int, ...]
    faults: tuple[str, ...]
    gave_up: bool

    @property
    def is_well(self) -> bool:
        """Whether everything the supplier has was read."""
        return not (self.failed_countries or self.failed_plans or self.refused_to_delist or self.gave_up)

    def __str__(self) -> str:
        lines = [f"{self.plans} plans in {self.countries} countries, {self.added} new, {self.delisted} no longer sold"]
        if self.gave_up:
            lines.append("the supplier stopped answering: the rest keeps its old facts")
        if self.failed_countries:
            lines.append("old facts kept for: " + ", ".join(self.failed_countries))
        if self.failed_plans:
            lines.append("old facts kept for plans: " + ", ".join(map(str, self.failed_plans)))
        if self.refused_to_delist:
            lines.append(
                f"{self.refused_to_delist} plans are missing at the supplier, too many at once to be believed: none "
                "was taken off the shelf (ask the supplier; if it is true, refresh once with believe_losses)"
            )
        return "\n".join([*lines, *self.faults])


def refresh(
    outside: Outside, write: SessionFactory, *, settings: Settings, now: dt.datetime, believe_losses: bool = False
) -> RefreshReport:
    """Read everything the supplier sells and store it, one transaction for each batch.

    When more than half of the known plans vanish at once they stay on the shelf, unless the caller says
    `believe_losses`.
    Raises `kernel.errors.OutsideError` when not even the country list can be had; then nothing has changed.
    """
    gathered = gather(outside.supplier)
    countries = {source.mcc: country_of(source) for source in gathered.countries}
    plans: list[Sellable] = []
    faults: list[str] = []
    for source in gathered.plans:
        plan, wrong = sellable(source, countries)
        faults += wrong
        if plan is not None:
            plans.append(plan)
    with write() as session:
        _store_places(session, [*countries.values(), *_reached(plans)], regions_of(plans))
        slugs = {row[0]: row[1] for row in session.exec(select(Plan.id, Plan.slug)).all()}
    added = sum(plan.source.package_id not in slugs for plan in plans)
    taken = set(slugs.values())
    for start in range(0, len(plans), BATCH):
        with write() as session:
            for plan in plans[start : start + BATCH]:
                slug = slugs.get(plan.source.package_id) or new_slug(plan, taken)
                taken.add(slug)
                _store_plan(session, plan, slug, now)
    failed = tuple(country_of(source) for source in gathered.failed_countries)
    alive = {plan.source.package_id for plan in plans} | set(gathered.failed_plans)
    with write() as session:
        listed = session.exec(select(Plan).where(Plan.is_listed, col(Plan.id).in_(list(slugs)))).all()
        alive |= _sold_in(session, failed)
        gone = [row for row in listed if row.id not in alive]
        too_many = len(listed) - len(gone) < len(listed) * LEAST_KEPT and not believe_losses
        for row in [] if too_many else gone:
            row.is_listed, row.refreshed_at = False, now
        session.flush()  # the counts below are read from the tables
        _count(session, settings.currencies[0])
    return RefreshReport(
        countries=len(countries),
        plans=len(plans),
        added=added,
        delisted=0 if too_many else len(gone),
        refused_to_delist=len(gone) if too_many else 0,
        failed_countries=tuple(country.name for country in failed),
        failed_plans=gathered.failed_plans,
        faults=tuple(faults),
        gave_up=gathered.gave_up,
    )


def _reached(plans: Iterable[Sellable]) -> list[Country]:
    return [country for plan in plans for country in plan.countries]


def _store_places(session: Session, countries: Iterable[Country], regions: Iterable[Region]) -> None:
    rows = {row.slug: row for row in session.exec(select(Destination)).all()}
    for country in {one.slug: one for one in countries}.values():
        row = rows.get(country.slug) or Destination(slug=country.slug, kind=DestinationKind.COUNTRY, name=country.name)
        row.name, row.mcc = country.name, country.mcc
        row.iso2 = country.known.iso2 if country.known else None
        row.region = country.known.region if country.known else ""
        row.popularity = country.known.popularity if country.known else 0
        session.add(row)
    for region in regions:
        row = rows.get(region.slug) or Destination(slug=region.slug, kind=DestinationKind.REGION, name=region.name)
        row.name, row.popularity = region.name, region.popularity
        session.add(row)


def _store_plan(session: Session, plan: Sellable, slug: str, now: dt.datetime) -> None:
    source = plan.source
    facts: dict[str, Any] = {
        "package_code": source.package_code,
        "name": clean(source.name, 200).replace("\n", " "),
        "summary": clean(source.summary, 500),
        "description": clean(source.description, 8000),
        "data_mb": source.data_mb,
        "is_unlimited": source.is_unlimited,
        "days": source.days,
        "period_num": plan.period_num,
        "min_periods": source.min_periods,
        "max_periods": source.max_periods,
        "quotes": [
            {"currency": one.currency, "currency_id": one.currency_id, "amount": format(one.amount, "f")}
            for one in plan.quotes
        ],
        "is_regional": plan.region is not None,
        "in_stock": source.in_stock,
        "is_listed": True,
        "refreshed_at": now,
    }
    row = session.get(Plan, source.package_id)
    if row is None:
        session.add(Plan(id=source.package_id, slug=slug, **facts))
        session.flush()  # the links below refer to it
    else:
        for name, value in facts.items():
            setattr(row, name, value)
    wanted = {country.slug for country in plan.countries} | ({plan.region.slug} if plan.region else set())
    mine = select(PlanDestination.destination_slug).where(PlanDestination.plan_id == source.package_id)
    linked = set(session.exec(mine).all())
    session.add_all(PlanDestination(plan_id=source.package_id, destination_slug=new) for new in wanted - linked)
    if linked - wanted:
        session.execute(
            delete(PlanDestination).where(
                col(PlanDestination.plan_id) == source.package_id,
                col(PlanDestination.destination_slug).in_(linked - wanted),
            )
        )


def _sold_in(session: Session, countries: Iterable[Country]) -> set[int]:
    slugs = [country.slug for country in countries]
    links = select(PlanDestination.plan_id).where(col(PlanDestination.destination_slug).in_(slugs))
    return set(session.exec(links).all())


def _count(session: Session, currency: str) -> None:
    shelf = read_shelf(session)
    for row in session.exec(select(Destination)).all():
        cheapest = card(shelf, shelf.places[row.slug], currency).from_price
        row.plan_count = len(shelf.at.get(row.slug, ()))
        row.from_minor = cheapest.minor if cheapest else None
        row.from_currency = cheapest.currency if cheapest else None
