"""Dates and times as the supplier writes them; its pages show four ways and no zone."""

from __future__ import annotations

import datetime as dt
from typing import Final

from storefront.gateways.linksfield.inferred import SUPPLIER_ZONE
from storefront.gateways.linksfield.messages import Fields
from storefront.kernel.errors import Unintelligible

_DAYS: Final = ("%Y-%m-%d", "%Y.%m.%d", "%Y%m%d")
_MOMENTS: Final = ("%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y.%m.%d %H:%M:%S")


def day(item: Fields, name: str) -> dt.date | None:
    """The date under `name`, None when absent or empty. Raises `Unintelligible` for anything that is no date."""
    text = item.text_or(name, "")
    if not text:
        return None
    found = _parsed(text, _DAYS) or _parsed(text, _MOMENTS)
    if found is None:
        raise Unintelligible(f"field {name} is no date", field=name)
    return found.date()


def moment(item: Fields, name: str) -> dt.datetime | None:
    """The time under `name`, aware UTC, None when absent or empty; a bare date is its first moment.

    Raises `Unintelligible` for anything that is no time.
    """
    text = item.text_or(name, "")
    if not text:
        return None
    found = _parsed(text, _MOMENTS) or _parsed(text, _DAYS) or _iso(text)
    if found is None:
        raise Unintelligible(f"field {name} is no time", field=name)
    aware = found if found.tzinfo else found.replace(tzinfo=SUPPLIER_ZONE)
    return aware.astimezone(dt.UTC)


def written(at: dt.datetime) -> str:
    """The moment as ``yyyy-MM-dd HH:mm:ss`` in the supplier's zone."""
    return at.astimezone(SUPPLIER_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _parsed(text: str, forms: tuple[str, ...]) -> dt.datetime | None:
    for form in forms:
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007 - the zone is added by the caller
        except ValueError:
            continue
    return None


def _iso(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
