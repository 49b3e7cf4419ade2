"""What a caller may ask of the plan list, read strictly: a misspelt filter must not quietly return everything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storefront.catalogue.places import place_of
from storefront.catalogue.shelf import Shelf

MOST_PLANS = 100
USUAL_PLANS = 50
_CURSOR = re.compile(r"after-([0-9]{1,18})")
_COUNT = re.compile(r"[0-9]{1,4}")


class BadQuestion(Exception):
    """A parameter has a value we do not take; `field` names it, the message says what would be right."""

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(remedy)
        self.field = field


@dataclass(frozen=True, slots=True)
class Question:
    """Which plans: `place` is the slug of a destination, `currency` in upper case; `after` the last id of a page."""

    place: str | None
    currency: str | None
    limit: int
    after: int


def read_question(asked: Mapping[str, str], shelf: Shelf, currencies: tuple[str, ...]) -> Question:
    """The plan list's parameters. Raises `BadQuestion`."""
    only(asked, ("country", "currency", "limit", "cursor"))
    limit = asked.get("limit", str(USUAL_PLANS))
    if not _COUNT.fullmatch(limit) or not 1 <= int(limit) <= MOST_PLANS:
        raise BadQuestion("limit", f"Give a whole number from 1 to {MOST_PLANS}.")
    cursor = _CURSOR.fullmatch(asked.get("cursor", "after-0"))
    if cursor is None:
        raise BadQuestion("cursor", "Give the next_cursor of the page before, unchanged, or leave it out.")
    return Question(_place(asked, shelf), read_currency(asked, currencies), int(limit), int(cursor.group(1)))


def read_currency(asked: Mapping[str, str], currencies: tuple[str, ...]) -> str | None:
    """The currency asked for, if one was. Raises `BadQuestion`."""
    if "currency" not in asked:
        return None
    code = asked["currency"].upper()
    if code not in currencies:
        raise BadQuestion("currency", f"Give one of {', '.join(currencies)}.")
    return code


def only(asked: Iterable[str], allowed: tuple[str, ...]) -> None:
    """Refuse parameters that do not exist. Raises `BadQuestion`."""
    for name in asked:
        if name not in allowed:
            raise BadQuestion(name[:40], f"There is no such parameter; there are {', '.join(allowed)}.")


def cursor_after(plan_id: int) -> str:
    """What a caller hands back to get the next page."""
    return f"after-{plan_id}"


def _place(asked: Mapping[str, str], shelf: Shelf) -> str | None:
    if "country" not in asked:
        return None
    wanted = asked["country"].strip()
    known = place_of(iso2=wanted) if len(wanted) == 2 else None
    slug = known.slug if known else wanted.lower()
    if known is None and slug not in shelf.places:
        raise BadQuestion("country", "Give a two-letter ISO 3166 code such as JP, or the slug of a destination.")
    return slug
