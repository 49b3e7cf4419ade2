"""The first step through the door: which language and currency a visitor of the bare address is sent to."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies
from flask import request

from storefront.settings import Settings
from storefront.web.i18n import best_locale

COOKIE = "prefs"


def preferred(settings: Settings) -> tuple[str, str]:
    """Language and currency of the shop that fit best: what the visitor chose before, else what the browser says."""
    locale, _, currency = request.cookies.get(COOKIE, "").partition(".")
    if locale not in settings.languages:
        locale = best_locale(settings)
    if currency.upper() not in settings.currencies:
        currency = _likely_currency(settings)
    return locale, currency.lower()


def _likely_currency(settings: Settings) -> str:
    for tag, _quality in request.accept_languages:
        for code in get_territory_currencies(_territory(tag)) if _territory(tag) else ():
            if code in settings.currencies:
                return str(code)
    return settings.currencies[0]


def _territory(tag: str) -> str:
    """The country a language tag speaks of, or the one where most of its speakers live."""
    try:
        known = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return ""
    likely = str(get_global("likely_subtags").get(known.language, ""))
    return str(known.territory or likely.rpartition("_")[2])
