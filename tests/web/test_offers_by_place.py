"""How the offers for a SIM are laid out: by place, the likeliest first, one currency, nothing lost."""

from __future__ import annotations

from types import SimpleNamespace as Facts

from storefront.kernel.money import Money
from storefront.web.sims.places import OfferShelf, PlaceOffers, shelve
from tests.web.sample_sims import make_offer, make_sim, told

BARE = make_sim(plans=())


def make(name: str, minor: int, currency: str = "USD", **more: object) -> object:
    """An offer of this name and price."""
    return make_offer(key=name, name=name, charged=Money(minor, currency), **more)


OFFERS = [
    make("Europe 33 countries 3GB/month", 1236),
    make("UK & Ireland 5GB/month", 950, "GBP"),
    make("欧洲33国 1GB 7天", 499),
    make("Japan & Korea 5GB 15 days", 1180),
    make("Plan 4711", 100),
]


def places(shelf: OfferShelf) -> list[str]:
    """The places in their order."""
    return [group.place for group in _groups(shelf)]


def _groups(shelf: OfferShelf) -> list[PlaceOffers]:
    return [shelf.first, *shelf.others] if shelf.first else []


def test_places_stand_by_their_lowest_price_and_plans_too() -> None:
    """Plans for one place are together, cheapest first; those that tell no place come last, with their name."""
    shelf = shelve(OFFERS, BARE, "USD")
    assert places(shelf) == ["Europe", "Japan & Korea", ""]
    assert [line.offer.charged.minor for line in shelf.first.lines] == [499, 1236]
    assert [line.name for line in shelf.others[-1].lines] == ["Plan 4711"]


def test_the_number_of_countries_is_said_once_for_a_place() -> None:
    """Plans that work in equally many are headed by that number; those that differ tell their own."""
    europe, *_ = _groups(shelve(OFFERS, BARE, "USD"))
    assert europe.countries == 33
    europe, *_ = _groups(shelve([*OFFERS, make("Europe 40 countries 3GB/month", 1400)], BARE, "USD"))
    assert (europe.countries, [line.countries for line in europe.lines]) == (None, [33, 33, 40])


def test_the_place_of_a_plan_on_the_sim_comes_first() -> None:
    """Who has a plan for a place most likely wants more of it; a past plan counts once it may be shown."""
    plan = Facts(**told("Japan & Korea 5GB 15 days"))
    assert places(shelve(OFFERS, make_sim(plans=(plan,)), "USD"))[0] == "Japan & Korea"
    assert places(shelve(OFFERS, make_sim(plans=(), history=(plan,)), "USD"))[0] == "Japan & Korea"


def test_prices_in_another_currency_stand_apart_and_nothing_is_lost() -> None:
    """The page's currency leads, else US dollars, else what there is; every offer is on the page once."""
    for currency, lead in (("USD", "USD"), ("GBP", "GBP"), ("JPY", "USD")):
        shelf = shelve(OFFERS, BARE, currency)
        lines = [line for group in _groups(shelf) for line in group.lines]
        assert {line.offer.charged.currency for line in lines} == {lead}
        assert sorted(one.offer.key for one in (*lines, *shelf.elsewhere)) == sorted(one.key for one in OFFERS)
    assert shelve(OFFERS[1:2], BARE, "USD").first.place == "UK & Ireland"
    assert shelve([], BARE, "USD") == OfferShelf(None, (), ())


def test_plans_our_words_cannot_tell_apart_keep_their_names() -> None:
    """Two plans of the same size, days and place show what the supplier calls them; a plan alone does not."""
    alike = [make("Asia 3GB/month product one", 899), make("Asia 3GB/month product two", 999)]
    shelf = shelve([*alike, make("Asia 5GB/month", 1500, data_mb=5120)], BARE, "USD")
    assert [line.name for line in shelf.first.lines] == [alike[0].name, alike[1].name, ""]
