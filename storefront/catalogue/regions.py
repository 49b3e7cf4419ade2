"""Which region a plan for several countries belongs to: the one rule, and the bundles it knows by name."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from storefront.catalogue.places import PLACES, Place
from storefront.catalogue.spelling import fold

_WORLD_FROM: Final = 4
"""A bundle without a telling name that reaches this many parts of the world is sold as a global one."""

_FEW: Final = 4
"""A bundle without a telling name and with no more countries than this is named after them: it is no continent."""

_LONGEST_SLUG: Final = 64


@dataclass(frozen=True, slots=True)
class Region:
    """A bundle travellers look for; `expected` are countries they take for granted in it."""

    slug: str
    name: str
    words: tuple[str, ...]
    expected: tuple[str, ...] = ()
    popularity: int = 0


def _region(slug: str, name: str, words: str, expected: str = "", popularity: int = 0) -> Region:
    return Region(slug, name, tuple(words.split(",")), tuple(expected.split()), popularity)


REGIONS: Final = (
    _region("europe", "Europe", "europe,european,eu", "GB CH TR NO FR DE ES IT UA", 90),
    _region("asia", "Asia", "asia,asian,asia pacific,apac", "JP TH CN KR SG VN IN ID", 80),
    _region("global", "Global", "global,world,worldwide", "CN US RU BR ZA", 70),
    _region(
        "south-east-asia", "South-East Asia", "south east asia,southeast asia,asean", "TH VN SG ID MY PH KH LA", 60
    ),
    _region("north-america", "North America", "north america", "US CA MX", 50),
    _region("balkans", "Balkans", "balkans,balkan,western balkans", "HR RS BA ME AL MK XK SI", 40),
    _region("gulf", "Gulf States", "gulf,gcc,gulf states", "AE SA QA OM KW BH", 40),
    _region("caribbean", "Caribbean", "caribbean,west indies", "JM BS DO BB CU PR AW", 40),
    _region("middle-east", "Middle East", "middle east,mena", "AE SA QA IL EG TR JO", 35),
    _region("latin-america", "Latin America", "latin america,latam,central america", "MX BR AR CL CO PE", 35),
    _region("south-america", "South America", "south america", "BR AR CL CO PE UY", 30),
    _region("oceania", "Oceania", "oceania,australasia,pacific", "AU NZ FJ", 30),
    _region("africa", "Africa", "africa", "ZA EG MA KE TZ NG", 30),
    _region("nordics", "Nordics", "nordics,nordic,scandinavia", "DK NO SE FI IS", 25),
    _region("baltics", "Baltics", "baltics,baltic states", "EE LV LT", 20),
    _region("greater-china", "Greater China", "greater china,china hong kong,china hk", "CN HK MO TW", 20),
    _region("central-asia", "Central Asia", "central asia,silk road", "KZ UZ KG TJ TM", 10),
    _region("americas", "Americas", "americas,america", "US CA MX BR AR", 10),
    _region("several-regions", "Several regions", "several regions"),
)

_BY_SLUG: Final = {region.slug: region for region in REGIONS}
_BY_WORDS: Final = sorted(
    ((re.compile(rf"\b{re.escape(words)}\b"), region) for region in REGIONS for words in region.words),
    key=lambda pair: -len(pair[0].pattern),
)


def region_of_plan(name: str, covers: Collection[Place]) -> Region:
    """The region a plan for several countries is sold under: what its name says, else where its countries lie."""
    said = fold(name)
    for words, region in _BY_WORDS:
        if words.search(said):
            return region
    lies_in = {place.region for place in covers}
    only = _BY_SLUG.get(fold(lies_in.pop()).replace(" ", "-")) if len(lies_in) == 1 else None
    if only is not None and set(only.expected) <= {place.iso2 for place in covers}:
        return only
    if 1 < len(covers) <= _FEW:
        return _group(covers)
    return only or _BY_SLUG["global" if len(lies_in) >= _WORLD_FROM else "several-regions"]


def _group(covers: Collection[Place]) -> Region:
    members = sorted(covers, key=lambda place: fold(place.name))
    names = [place.name for place in members]
    slug = "-".join(place.slug for place in members)
    if len(slug) > _LONGEST_SLUG:
        slug = "-".join(place.iso2.lower() for place in members)
    return Region(slug, ", ".join(names[:-1]) + " and " + names[-1], ())


def region_named(slug: str) -> Region | None:
    """The region under an address, if we know it."""
    return _BY_SLUG.get(slug)


def missing_from(region_slug: str, covered: Collection[str]) -> tuple[Place, ...]:
    """Countries travellers expect in this region and that a plan covering `covered` (two-letter codes) leaves out."""
    region = _BY_SLUG.get(region_slug)
    return tuple(PLACES[code] for code in (region.expected if region else ()) if code not in covered)
