"""Find a place by what a traveller types: accents, case, other names and typing errors are forgiven."""

from __future__ import annotations

from collections.abc import Iterable

from storefront.catalogue.places import PLACES, place_of
from storefront.catalogue.regions import region_named
from storefront.catalogue.shelf import ShelfPlace
from storefront.catalogue.spelling import distance, fold

LONGEST_QUERY = 80
_MOST_RESULTS = 24
_SHORT, _MIDDLING = 4, 7


def find(places: Iterable[ShelfPlace], query: str) -> tuple[list[ShelfPlace], str | None]:
    """Places that fit, best first, and the name to suggest when only a typing error leads to them.

    A country we know by exactly this name but do not sell finds no lookalike: Niger is not Nigeria.
    """
    asked = fold(query[:LONGEST_QUERY])
    if not asked:
        return [], None
    names = [(place, _names(place)) for place in places]
    scored = [(rank, place) for place, own in names if (rank := _rank(asked, own)) is not None]
    known = place_of(name=asked)
    if known is not None and all(rank > 0 for rank, _ in scored):
        return [], None
    if scored:
        return _best(scored), None
    guesses = [(slips, place) for place, own in names if (slips := _slips(asked, own)) is not None]
    found = _best(guesses)
    return found, found[0].name if found else None


def _best(scored: list[tuple[int, ShelfPlace]]) -> list[ShelfPlace]:
    ordered = sorted(scored, key=lambda pair: (pair[0], -pair[1].popularity, -pair[1].plan_count, pair[1].name))
    return [place for _, place in ordered[:_MOST_RESULTS]]


def _names(place: ShelfPlace) -> list[str]:
    """Every folded name of a place, its own first."""
    own = [fold(place.name)]
    known = PLACES.get(place.iso2 or "")
    if known is not None:
        return [*own, fold(known.iso2), *known.aliases]
    region = region_named(place.slug) if place.is_region else None
    return [*own, *(region.words if region else ())]


def _rank(asked: str, names: list[str]) -> int | None:
    """0 called exactly that, 1 starts so, 2 a word in it starts so, 3 contains it; None when it does not fit."""
    best = None
    for name in names:
        if name == asked:
            return 0
        # Two letters are a code, or the start of far too much.
        if len(name) == 2 or not (rank := _part(asked, name)):
            continue
        best = rank if best is None else min(best, rank)
    return best


def _part(asked: str, name: str) -> int:
    if name.startswith(asked):
        return 1
    if f" {asked}" in f" {name}":
        return 2
    return 3 if len(asked) > 2 and asked in name else 0


def _slips(asked: str, names: list[str]) -> int | None:
    most = 0 if len(asked) < _SHORT else 1 if len(asked) < _MIDDLING else 2
    if not most:
        return None
    fewest = min(distance(asked, name, most=most) for name in names)
    return fewest if fewest <= most else None
