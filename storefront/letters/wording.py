"""How money, volumes, times and addresses read in a language; pages and mails share it."""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta, get_timezone
from babel.numbers import NumberPattern, format_decimal, parse_pattern
from babel.support import Translations

from storefront.kernel.money import Money, exponent
from storefront.kernel.places import beside

# A shop of many currencies must tell one dollar from another: world English writes US$, AU$ and so on.
MOST_ZONE = 64
_WORLD = {"en": "en_001"}
_BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


# Where a currency has no sign, its letters must not stick to the number: KWD 1.500.
_GLUED = re.compile(r"(?<=[^\W\d_])(?=\d)")


@lru_cache(maxsize=64)
def locale_for(code: str) -> Locale:
    """The Babel locale of a language code of ours; English when nobody knows the code."""
    try:
        return Locale.parse(_WORLD.get(code, code.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_001")


def direction(code: str) -> str:
    """``ltr`` or ``rtl``."""
    return str(locale_for(code).text_direction)


@lru_cache(maxsize=256)
def _pattern(code: str, places: int) -> NumberPattern:
    # CLDR rounds some currencies as shoppers do in cash; what the cashier takes has exactly `places` decimals.
    pattern = parse_pattern(locale_for(code).currency_formats["standard"].pattern)
    pattern.frac_prec = (places, places)
    return pattern


@lru_cache(maxsize=8192)
def money(amount: Money, code: str) -> str:
    """For example ``US$4.99`` or ``JP¥680``, with the decimals the currency is charged in."""
    pattern = _pattern(code, exponent(amount.currency))
    text = str(pattern.apply(amount.decimal, locale_for(code), currency=amount.currency, currency_digits=False))
    return _GLUED.sub("\xa0", text)


@lru_cache(maxsize=2048)
def volume(data_mb: int, code: str) -> str:
    """For example ``5 GB`` or ``500 MB``. Suppliers count a gigabyte as 1000 or 1024; both read as the round number."""
    locale = locale_for(code)
    for unit, name in ((1000, "GB"), (1024, "GB")):
        if data_mb >= unit and data_mb % unit == 0:
            return f"{format_decimal(data_mb // unit, locale=locale)} {name}"
    if data_mb >= 1000:
        return f"{format_decimal(round(data_mb / 1000, 1), locale=locale)} GB"
    return f"{format_decimal(data_mb, locale=locale)} MB"


def when(moment: dt.datetime, code: str) -> str:
    """For example ``20 Nov 2026, 22:15 UTC``: everybody reads the same clock, whatever the roaming phone believes.

    The zone never stands alone in the next line.
    """
    utc = moment.astimezone(dt.UTC)
    return format_datetime(utc, "d MMM y, HH:mm", locale=locale_for(code)) + "\xa0UTC"


def span(length: dt.timedelta, code: str) -> str:
    """For example ``15 minutes`` or ``4 hours``, rounded up: what is promised within it has that long."""
    minutes = max(1, math.ceil(length.total_seconds() / 60))
    # From an hour and a half on people count in hours.
    rounded = dt.timedelta(minutes=minutes) if minutes < 90 else dt.timedelta(hours=math.ceil(minutes / 60))
    return format_timedelta(rounded, granularity="minute", threshold=1.5, locale=locale_for(code))


def when_in(moment: dt.datetime, code: str, zone: str, *, seconds: bool = False) -> str:
    """As `when`, on the clocks of `zone`: ``20 Nov 2026, 23:15 CET``; UTC where nobody knows the zone."""
    try:
        known = get_timezone(zone or "UTC")
    except LookupError:
        known = get_timezone("UTC")
    there = moment.astimezone(known)
    clock = "HH:mm:ss" if seconds else "HH:mm"
    return format_datetime(there, f"d MMM y, {clock}", locale=locale_for(code)) + f"\xa0{there.tzname()}"


def known_zone(typed: str | None) -> str:
    """The name of a time zone as a browser says it, or nothing when there is no such zone."""
    try:
        return typed if typed and len(typed) <= MOST_ZONE and get_timezone(typed) else ""
    except LookupError:
        return ""


def day(date: dt.date, code: str) -> str:
    """For example ``20 Nov 2026``."""
    return str(format_date(date, "d MMM y", locale=locale_for(code)))


def mask_email(address: str) -> str:
    """For example ``a•••@example.com``."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}"


def card_brand(name: str) -> str:
    """A brand as it writes itself: the cashier says ``visa`` and ``amex``."""
    return _BRANDS.get(name.lower(), name[:1].upper() + name[1:])


def pay_before(moment: dt.datetime, code: str, zone: str) -> str:
    """What stands beside the cashier's button: until when the eSIM is kept, on the clocks of `zone`."""
    words = translations(code).gettext("We keep this for you until %(time)s. Please pay before then.")
    return str(words) % {"time": when_in(moment, code, zone)}


@lru_cache(maxsize=64)
def translations(code: str) -> Translations:
    """The catalogue of a language; English says what the source says."""
    found = Translations.load(beside("translations"), [code.replace("-", "_")])
    return found if isinstance(found, Translations) else Translations()
