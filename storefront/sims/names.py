"""What the supplier's own name of a plan tells: its size, its days, the data a day at full speed, and where it works.

The names are free text in several languages ("欧洲33国 1GB 7天"); what cannot be read is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

_A_DAY = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*([GM])B?\s*(?:/|per|a|每)\s*(?:days?\b|天|日)", re.IGNORECASE)
_SIZE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*([GM])B?(?![A-Za-z])", re.IGNORECASE)
_DAYS = re.compile(r"(?<![\d.])(\d+)\s*-?\s*(?:days?\b|天|日)", re.IGNORECASE)
_MONTHS = re.compile(r"(?<![\d.])(\d+)\s*-?\s*(?:months?\b|个月)", re.IGNORECASE)
_A_MONTH = re.compile(r"(?:/|per|a|每)\s*(?:month\b|月)", re.IGNORECASE)
_UNLIMITED = re.compile(r"unlimited|无限|不限", re.IGNORECASE)
_NOT_LATIN = re.compile(r"[^\u0000-\u024f]")
_AREA = re.compile(r"(\D+)(\d+)国")
_AREAS = {
    "欧洲": "Europe",
    "亚洲": "Asia",
    "全球": "Global",
    "北美": "North America",
    "南美": "South America",
    "非洲": "Africa",
    "大洋洲": "Oceania",
    "中东": "Middle East",
}
_COUNTRIES = re.compile(r"[\s,(]*\b(\d+) countries\b\)?", re.IGNORECASE)
_MEGABYTES = {"G": 1024, "M": 1}
_DAYS_OF_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class PlanTold:
    """Each part is None (or empty) where the name does not tell it; `daily_mb` is the data a day at full speed."""

    data_mb: int | None
    is_unlimited: bool
    days: int | None
    daily_mb: int | None
    where: str

    @property
    def is_known(self) -> bool:
        """Whether there is enough for a name in our own words."""
        return self.is_unlimited or bool(self.data_mb)

    @property
    def place(self) -> str:
        """`where` without the number of its countries, which differs between plans for the same place."""
        return _COUNTRIES.sub("", self.where).strip()

    @property
    def countries(self) -> int | None:
        """In how many countries it works, where the name says so."""
        found = _COUNTRIES.search(self.where)
        return int(found[1]) if found else None


@lru_cache(maxsize=2048)
def told_by(name: str) -> PlanTold:
    """What `name` tells."""
    daily, unlimited = _A_DAY.search(name), _UNLIMITED.search(name)
    size = None if daily or unlimited else _SIZE.search(name)
    span = _DAYS.search(name) or _MONTHS.search(name) or _A_MONTH.search(name)
    first = min((found.start() for found in (daily, unlimited, size, span) if found), default=0)
    return PlanTold(
        data_mb=_volume(size),
        is_unlimited=unlimited is not None,
        days=_days(span),
        daily_mb=_volume(daily),
        where=_place_in(name[:first].strip(" ,;:-–(/")),
    )


def told_of(name: str, offers: Iterable[Mapping[str, Any]]) -> PlanTold:
    """As `told_by`; the size and days the supplier itself gives for a plan of this name come first."""
    told = told_by(name)
    for offer in offers:
        if offer["name"] == name:
            is_unlimited, days = offer["data_mb"] == 0, offer["days"] * offer["periods"]
            return PlanTold(offer["data_mb"] or None, is_unlimited, days, told.daily_mb, told.where)
    return told


def _place_in(text: str) -> str:
    # A place in letters few travellers read helps nobody: large areas have an English name, all else stays unsaid.
    if not _NOT_LATIN.search(text):
        return text
    area = _AREA.match(text)
    return f"{_AREAS[area[1]]} {area[2]} countries" if area and area[1] in _AREAS else ""


def _volume(found: re.Match[str] | None) -> int | None:
    return int(Decimal(found[1]) * _MEGABYTES[found[2].upper()]) if found else None


def _days(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    count = int(found[1]) if found.re.groups else 1
    return count if found.re is _DAYS else count * _DAYS_OF_A_MONTH
