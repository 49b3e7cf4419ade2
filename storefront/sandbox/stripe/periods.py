"""Billing periods: days and weeks are counted, months and years keep the day of the month they began on."""

from __future__ import annotations

import calendar
import datetime as dt

from storefront.sandbox.stripe.store import Json

DAY = 24 * 3600
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def end_after(anchor: int, recurring: Json, start: int) -> int:
    """The end of the period that begins at `start` (seconds since 1970), counted from the anchor of the cycle."""
    if start < anchor:
        return anchor
    interval, count = recurring["interval"], recurring["interval_count"]
    if interval in _DAYS:
        length: int = _DAYS[interval] * count * DAY
        return anchor + ((start - anchor) // length + 1) * length
    months = _MONTHS[interval] * count
    periods = 1
    while _later(anchor, periods * months) <= start:
        periods += 1
    return _later(anchor, periods * months)


def _later(anchor: int, months: int) -> int:
    """The same day of the month some months on, or that month's last day when it is shorter."""
    begun = dt.datetime.fromtimestamp(anchor, dt.UTC)
    years, month = divmod(begun.month - 1 + months, 12)
    year = begun.year + years
    day = min(begun.day, calendar.monthrange(year, month + 1)[1])
    return int(begun.replace(year=year, month=month + 1, day=day).timestamp())


def spoken_period(recurring: Json) -> str:
    """How a price repeats: ``month``, ``30 days``."""
    count = recurring["interval_count"]
    return str(recurring["interval"]) if count == 1 else f"{count} {recurring['interval']}s"
