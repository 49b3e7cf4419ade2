"""From the supplier's plan to ours: places it works in, clean texts, sound prices, a readable address. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from storefront.catalogue.places import Place, place_of
from storefront.catalogue.regions import Region, region_of_plan
from storefront.catalogue.spelling import slug
from storefront.ports import Quote, SupplierCountry, SupplierPlan

_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"<\s*(?:br|/p|/li|/div)\b[^<>]*>", re.IGNORECASE)
_DEAREST = 10**9
_LONGEST_DAYS = 3660
_LONGEST_CODE = 80


@dataclass(frozen=True, slots=True)
class Country:
    """A country as the catalogue stores it; `known` is None for one that is not in our own list."""

    slug: str
    name: str
    mcc: str
    known: Place | None


@dataclass(frozen=True, slots=True)
class Sellable:
    """A plan that can be sold: its main place is the region, if there is one, else the only country."""

    source: SupplierPlan
    countries: tuple[Country, ...]
    region: Region | None
    quotes: tuple[Quote, ...]
    period_num: int

    @property
    def place_slug(self) -> str:
        """The slug of the main place."""
        return self.region.slug if self.region else self.countries[0].slug


def country_of(source: SupplierCountry) -> Country:
    """The catalogue's country for one of the supplier's."""
    known = place_of(iso2=source.iso2, mcc=source.mcc, name=source.iso_name)
    if known is not None:
        return Country(known.slug, known.name, source.mcc, known)
    return Country(slug(source.iso_name)[:64] or f"place-{source.mcc}", source.iso_name.strip()[:120], source.mcc, None)


def sellable(plan: SupplierPlan, countries: Mapping[str, Country]) -> tuple[Sellable | None, list[str]]:
    """The plan as we sell it, or None, and what was wrong with it; `countries` are those of the supplier by code."""
    faults: list[str] = []
    covered: dict[str, Country] = {}
    for mcc in plan.covers_mcc:
        country = countries.get(mcc) or _unlisted_country(mcc)
        if country is None:
            faults.append(f"plan {plan.package_id}: country code {mcc} is unknown")
        else:
            covered.setdefault(country.slug, country)
    if not covered:
        faults.append(f"plan {plan.package_id}: works in no country we know")
    quotes = _sound_quotes(plan, faults)
    period_num = _period_num(plan)
    if period_num is None:
        faults.append(f"plan {plan.package_id}: its period cannot be ordered")
    if not 0 < plan.days <= _LONGEST_DAYS:
        faults.append(f"plan {plan.package_id}: {plan.days} days is no validity")
    if not 0 < len(plan.package_code) <= _LONGEST_CODE:
        faults.append(f"plan {plan.package_id}: its code is empty or too long")
    is_sound = 0 < plan.days <= _LONGEST_DAYS and 0 < len(plan.package_code) <= _LONGEST_CODE
    if not covered or not quotes or period_num is None or not is_sound:
        return None, faults
    reached = tuple(covered.values())
    known = [country.known for country in reached if country.known]
    region = region_of_plan(plan.name, known) if len(reached) > 1 else None
    return Sellable(plan, reached, region, quotes, period_num), faults


def clean(text: str, longest: int) -> str:
    """A text of the supplier without markup, cut at `longest` characters."""
    plain = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))
    lines = (" ".join(line.split()) for line in plain.splitlines())
    joined = "\n".join(line for line in lines if line)
    return joined if len(joined) <= longest else joined[: longest - 1].rstrip() + "…"


def new_slug(plan: Sellable, taken: Collection[str]) -> str:
    """A readable address such as ``japan-5gb-30days``; the package id makes a second one of its kind unique."""
    source = plan.source
    volume = "unlimited" if source.is_unlimited else _volume(source.data_mb)
    readable = f"{plan.place_slug}-{volume}-{source.days}day{'' if source.days == 1 else 's'}"
    return readable if readable not in taken else f"{readable}-{source.package_id}"


def _volume(data_mb: int) -> str:
    for unit in (1000, 1024):
        if data_mb >= unit and data_mb % unit == 0:
            return f"{data_mb // unit}gb"
    return f"{data_mb}mb"


def _unlisted_country(mcc: str) -> Country | None:
    # What a partner may sell can be fewer countries than a bundle works in.
    known = place_of(mcc=mcc)
    return Country(known.slug, known.name, mcc, known) if known else None


def _sound_quotes(plan: SupplierPlan, faults: list[str]) -> tuple[Quote, ...]:
    sound: dict[str, Quote] = {}
    for quote in plan.quotes:
        why = _unsound(quote)
        if why:
            faults.append(f"plan {plan.package_id}: the price in {quote.currency or 'no currency'} {why}")
        else:
            sound.setdefault(quote.currency, quote)
    if not plan.quotes:
        faults.append(f"plan {plan.package_id}: has no price")
    return tuple(sound.values())


def _unsound(quote: Quote) -> str:
    try:
        money = quote.money
    except ValueError as wrong:
        return f"is unreadable ({wrong})"
    if money.minor <= 0:
        return "is not above zero"
    return "is beyond belief" if money.minor > _DEAREST else ""


def _period_num(plan: SupplierPlan) -> int | None:
    """How many periods an order asks for: the plan's own number, 1 where no more may be ordered.

    None when it lies outside what may be ordered: then nobody can tell what the quoted price is for.
    """
    least, most = max(1, plan.min_periods), max(1, plan.max_periods)
    if least <= plan.period_num <= most:
        return plan.period_num
    return 1 if most == 1 else None


def regions_of(plans: Iterable[Sellable]) -> tuple[Region, ...]:
    """Every region these plans are sold under, each once."""
    return tuple({plan.region.slug: plan.region for plan in plans if plan.region}.values())
