"""What the shop shows: the front, a place, a plan, a search; and the offer an order is made of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from storefront.catalogue import search as searching
from storefront.catalogue.places import Place, mixed_up_with
from storefront.catalogue.pricing import StoredQuote, charged, quote_for, rule_for
from storefront.catalogue.regions import missing_from
from storefront.catalogue.shelf import Shelf, ShelfPlace, ShelfPlan
from storefront.catalogue.spelling import fold
from storefront.catalogue.views import (
    DestinationCard,
    DestinationPage,
    HomePage,
    PlanCard,
    PlanDetail,
    PlanOffer,
    SearchPage,
)
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.money import Money

Say = Callable[[str], str]
"""Puts a sentence of ours into the reader's language."""

_POPULAR = 8
_MOST_MISSING = 6
_FAIR_USE = re.compile(r"[^.;\n]*\b(?:fair use|per day|a day|daily|speed|[km]bps|throttl\w*)\b[^.;\n]*", re.IGNORECASE)


class PlaceNotFound(StorefrontError):
    """No destination under this address."""

    kind = Kind.NOT_FOUND
    code = "place_not_found"


class PlanNotFound(StorefrontError):
    """No plan under this address, or it is no longer sold."""

    kind = Kind.NOT_FOUND
    code = "plan_not_found"


class PlanSoldOut(StorefrontError):
    """The plan exists, but nothing is left of it."""

    kind = Kind.CONFLICT
    code = "plan_sold_out"


def N_(text: str) -> str:  # noqa: N802 (the extractor of translatable texts looks for this name)
    """Mark a sentence for the translators where it is written."""
    return text


VALIDITY = N_("The days start when the eSIM first connects in a country where it works, not when you install it.")
REFUND = N_(
    "If we cannot deliver, you get the full price back. A delivered eSIM can be given back as long as it was never "
    "installed."
)
FAIR_USE = N_("Unlimited with fair use: the operator may slow you down after heavy use.")


def home(shelf: Shelf, currency: str) -> HomePage:
    """The front of the shop, prices in `currency` where the supplier quotes it."""
    sold = [place for place in shelf.places.values() if shelf.at.get(place.slug)]
    cards = {place.slug: card(shelf, place, currency) for place in sold}
    by_fame = sorted(sold, key=lambda place: (-place.popularity, place.name))
    by_name = sorted(sold, key=lambda place: fold(place.name))
    return HomePage(
        popular=tuple(cards[p.slug] for p in by_fame if not p.is_region and p.popularity)[:_POPULAR],
        regions=tuple(cards[p.slug] for p in by_fame if p.is_region),
        countries=tuple(cards[p.slug] for p in by_name if not p.is_region),
    )


def search(shelf: Shelf, query: str, currency: str) -> SearchPage:
    """Places on sale that fit what was typed."""
    sold = [place for place in shelf.places.values() if shelf.at.get(place.slug)]
    found, suggestion = searching.find(sold, query)
    return SearchPage(results=tuple(card(shelf, place, currency) for place in found), suggestion=suggestion)


def destination(shelf: Shelf, slug: str, currency: str, *, say: Say = str) -> DestinationPage:
    """One place and every plan that works there. Raises `PlaceNotFound`."""
    place = shelf.places.get(slug)
    if place is None:
        raise PlaceNotFound(field="slug")
    there = shelf.at.get(slug, ())
    apart = _told_apart(there)
    plans = [_plan_card(shelf, plan, currency, say, apart) for plan in there]
    plans.sort(key=lambda plan: (not plan.in_stock, plan.is_unlimited, plan.data_mb, plan.days, plan.price.minor))
    plans = _without_dear_twins(plans)
    similar = [other for mixed in mixed_up_with(place.iso2 or "") if (other := shelf.places.get(mixed.slug))]
    return DestinationPage(
        destination=card(shelf, place, currency),
        plans=tuple(plan for plan in plans if place.is_region or not plan.is_regional),
        regional=tuple(plan for plan in plans if plan.is_regional and not place.is_region),
        covers=_covered_alike(shelf, there) if place.is_region else (),
        confusable=card(shelf, similar[0], currency) if similar else None,
    )


def plan_detail(shelf: Shelf, slug: str, currency: str, *, say: Say = str) -> PlanDetail:
    """One plan in full. Raises `PlanNotFound`."""
    plan = _listed(shelf, slug)
    listed = _plan_card(shelf, plan, currency, say, _told_apart(shelf.at.get(plan.home, ())))
    covered = [shelf.places[one] for one in plan.covers]
    return PlanDetail(
        **{name: getattr(listed, name) for name in PlanCard.__dataclass_fields__},
        supplier_name=plan.name,
        summary=plan.summary,
        description=plan.description,
        destination=_name_card(shelf.places[plan.home]),
        covers=tuple(_name_card(place) for place in covered),
        does_not_cover=tuple(_left_out_card(place) for place in _left_out(plan, covered)),
        validity_note=say(VALIDITY),
        refund_note=say(REFUND),
        min_periods=plan.min_periods,
        max_periods=plan.max_periods,
        quotes=tuple(_charged(shelf, plan, quote) for quote in plan.quotes),
        is_estimate=listed.price.currency != currency.upper(),
    )


def plan_for_order(shelf: Shelf, slug: str, currency: str) -> PlanOffer:
    """What an order copies from a plan. Raises `PlanNotFound` or `PlanSoldOut`."""
    found = _listed(shelf, slug)
    if not found.in_stock:
        raise PlanSoldOut(field="slug")
    quote = quote_for(found.quotes, currency.upper())
    place = shelf.places[found.home]
    return PlanOffer(
        plan_id=found.id,
        plan_name=title(found),
        plan_slug=found.slug,
        destination=place.name,
        destination_slug=place.slug,
        data_mb=found.data_mb,
        is_unlimited=found.is_unlimited,
        days=found.days,
        package_code=found.package_code,
        period_num=found.period_num,
        currency_id=quote.currency_id,
        supplier_amount=quote.amount,
        supplier_currency=quote.currency,
        charged=_charged(shelf, found, quote),
    )


def title(plan: ShelfPlan) -> str:
    """A plan's name in our words, for example ``5 GB · 30 days``."""
    volume = "Unlimited" if plan.is_unlimited else volume_text(plan.data_mb)
    return f"{volume} · {plan.days} {'day' if plan.days == 1 else 'days'}"


def volume_text(data_mb: int) -> str:
    """``5 GB`` or ``500 MB``; suppliers count a gigabyte as 1000 or 1024 and both read as the round number."""
    unit = _gigabyte(data_mb)
    if data_mb < unit:
        return f"{data_mb} MB"
    return (
        f"{data_mb // unit} GB" if data_mb % unit == 0 else f"{(Decimal(data_mb) / unit).quantize(Decimal('0.1'))} GB"
    )


def _gigabyte(data_mb: int) -> int:
    """Megabytes in this plan's gigabyte."""
    return 1024 if data_mb % 1024 == 0 and data_mb % 1000 else 1000


def _listed(shelf: Shelf, slug: str) -> ShelfPlan:
    found = shelf.plans.get(slug)
    if found is None:
        raise PlanNotFound(field="slug")
    return found


def _charged(shelf: Shelf, plan: ShelfPlan, quote: StoredQuote) -> Money:
    return charged(quote.money, rule_for(shelf.rules, plan_id=plan.id, destination_slug=plan.home))


def _price(shelf: Shelf, plan: ShelfPlan, currency: str) -> Money:
    return _charged(shelf, plan, quote_for(plan.quotes, currency.upper()))


def _told_apart(plans: Iterable[ShelfPlan]) -> dict[int, str]:
    """What the supplier says of plans that read alike: its summary, where all of them differ in it."""
    alike: defaultdict[tuple[str, bool], list[ShelfPlan]] = defaultdict(list)
    for plan in plans:
        alike[title(plan), plan.is_regional].append(plan)
    told = {}
    for twins in alike.values():
        if len(twins) > 1 and len({plan.summary for plan in twins} - {""}) == len(twins):
            told.update({plan.id: plan.summary for plan in twins})
    return told


def _without_dear_twins(plans: Iterable[PlanCard]) -> list[PlanCard]:
    """Of plans that nothing on their cards tells apart, the first one; the others keep their own pages."""
    shown: dict[tuple[str, int, bool, str, str], PlanCard] = {}
    for plan in plans:
        shown.setdefault((plan.name, plan.covers_count, plan.is_regional, plan.fair_use, plan.apart), plan)
    return list(shown.values())


def _plan_card(shelf: Shelf, plan: ShelfPlan, currency: str, say: Say, apart: Mapping[int, str]) -> PlanCard:
    price = _price(shelf, plan, currency)
    has_rate = not plan.is_unlimited and plan.data_mb > 0
    return PlanCard(
        id=plan.id,
        slug=plan.slug,
        name=title(plan),
        data_mb=plan.data_mb,
        is_unlimited=plan.is_unlimited,
        fair_use=_fair_use(plan, say) if plan.is_unlimited else "",
        apart=apart.get(plan.id, ""),
        days=plan.days,
        price=price,
        per_gb=price.times(Decimal(_gigabyte(plan.data_mb)) / plan.data_mb) if has_rate else None,
        is_regional=plan.is_regional,
        covers_count=len(plan.covers),
        in_stock=plan.in_stock,
    )


def _fair_use(plan: ShelfPlan, say: Say) -> str:
    for text in (plan.summary, plan.description):
        said = _FAIR_USE.search(text)
        if said and said.group().strip():
            return said.group().strip()
    return say(FAIR_USE)


def card(shelf: Shelf, place: ShelfPlace, currency: str) -> DestinationCard:
    """A place with the price of its cheapest plan in stock, in `currency` where the supplier quotes it."""
    prices = [_price(shelf, plan, currency) for plan in shelf.at.get(place.slug, ()) if plan.in_stock]
    # Amounts of different currencies cannot be compared; the page's own comes first, else the commonest fallback.
    own = [price for price in prices if price.currency == currency.upper()] or [
        price for price in prices if price.currency == prices[0].currency
    ]
    return _name_card(place, min(own, key=lambda price: price.minor) if own else None)


def _name_card(place: ShelfPlace, from_price: Money | None = None) -> DestinationCard:
    return DestinationCard(
        slug=place.slug,
        name=place.name,
        kind="region" if place.is_region else "country",
        iso2=place.iso2,
        region=place.region,
        plan_count=place.plan_count,
        from_price=from_price,
    )


def _covered_alike(shelf: Shelf, plans: Iterable[ShelfPlan]) -> tuple[DestinationCard, ...]:
    reaches = {frozenset(plan.covers): plan.covers for plan in plans}
    if len(reaches) != 1:
        return ()
    return tuple(_name_card(shelf.places[one]) for one in next(iter(reaches.values())))


def _left_out_card(place: Place) -> DestinationCard:
    return DestinationCard(
        slug=place.slug,
        name=place.name,
        kind="country",
        iso2=place.iso2,
        region=place.region,
        plan_count=0,
        from_price=None,
    )


def _left_out(plan: ShelfPlan, covered: Iterable[ShelfPlace]) -> list[Place]:
    """Countries people would expect to be covered: famous neighbours of a region, and places of similar name."""
    codes = {place.iso2 for place in covered if place.iso2}
    if plan.is_regional:
        return list(missing_from(plan.home, codes))[:_MOST_MISSING]
    return [mixed for code in codes for mixed in mixed_up_with(code) if mixed.iso2 not in codes][:_MOST_MISSING]
