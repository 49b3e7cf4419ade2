"""The plans a SIM can be topped up with as its page shows them: by place, the likeliest place and low prices first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storefront.catalogue.pricing import FALLBACK_CURRENCY
from storefront.kernel.money import Money
from storefront.ordering.offers import TopUpOffer
from storefront.sims.names import told_by
from storefront.sims.status import SimStatus


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One plan; `name` is the supplier's own, empty when our words tell it from the others of its place."""

    offer: TopUpOffer
    place: str
    countries: int | None
    daily_mb: int | None
    name: str


@dataclass(frozen=True, slots=True)
class PlaceOffers:
    """The plans for one place, cheapest first; `place` is empty for those whose name tells none."""

    place: str
    lines: tuple[OfferLine, ...]

    @property
    def from_price(self) -> Money:
        """The lowest price."""
        return self.lines[0].offer.charged

    @property
    def countries(self) -> int | None:
        """In how many countries all of them work, where that is one number for the place."""
        found = {line.countries for line in self.lines}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class OfferShelf:
    """`first` is the place shown open, `others` are folded; `elsewhere` is what is paid in another currency."""

    first: PlaceOffers | None
    others: tuple[PlaceOffers, ...]
    elsewhere: tuple[OfferLine, ...]


def shelve(offers: Sequence[TopUpOffer], sim: SimStatus, currency: str) -> OfferShelf:
    """The offers by place. Places the SIM has or had plans for come first, then those where a plan costs least.

    Prices of different currencies cannot be compared: those in `currency` lead, as everywhere in the shop.
    """
    wanted = _currency(offers, currency)
    groups: dict[str, list[TopUpOffer]] = {}
    for offer in sorted(offers, key=lambda one: (one.charged.minor, -one.data_mb)):
        if offer.charged.currency == wanted:
            groups.setdefault(told_by(offer.name).place, []).append(offer)
    known = {line.told.place for line in sim.plans} | {line.told.place for line in sim.history or ()}
    places = [PlaceOffers(place, _lines(found)) for place, found in groups.items()]
    places.sort(key=lambda one: (not one.place, one.place not in known, one.from_price.minor, -len(one.lines)))
    return OfferShelf(
        first=places[0] if places else None,
        others=tuple(places[1:]),
        elsewhere=_lines([one for one in offers if one.charged.currency != wanted]),
    )


def is_alone(wanted: TopUpOffer, offers: Iterable[TopUpOffer]) -> bool:
    """Whether our words for an offer fit no other one, so that the supplier's name need not tell them apart."""
    return not any(_words(one) == _words(wanted) for one in offers if one.key != wanted.key)


def _currency(offers: Iterable[TopUpOffer], wanted: str) -> str:
    """As `catalogue.pricing.quote_for`: the page's, else US dollars, else the first there is."""
    found = [offer.charged.currency for offer in offers]
    return next((one for one in (wanted, FALLBACK_CURRENCY) if one in found), found[0] if found else wanted)


def _lines(offers: Sequence[TopUpOffer]) -> tuple[OfferLine, ...]:
    alike = Counter(_words(offer) for offer in offers)
    return tuple(_line(offer, is_alone=alike[_words(offer)] == 1) for offer in offers)


def _line(offer: TopUpOffer, *, is_alone: bool) -> OfferLine:
    told = told_by(offer.name)
    name = "" if told.place and is_alone else offer.name
    return OfferLine(offer, told.place, told.countries, told.daily_mb if offer.is_unlimited else None, name)


def _words(offer: TopUpOffer) -> tuple[object, ...]:
    told = told_by(offer.name)
    return (told.place, told.countries, offer.data_mb, told.daily_mb, offer.days * offer.periods)
