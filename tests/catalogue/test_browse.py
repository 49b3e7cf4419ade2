"""What the shop shows, and what an order copies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from storefront.catalogue import browse
from storefront.catalogue.shelf import catalogue_version
from storefront.kernel.errors import Kind
from storefront.kernel.money import Money
from storefront.models.catalogue import Plan, PriceRule
from storefront.ports import SupplierCountry
from tests.catalogue.making import AUSTRALIA, AUSTRIA, FRANCE, ITALY, JAPAN, Stall, plan, quote

NIGER, NIGERIA = SupplierCountry("614", "Niger"), SupplierCountry("621", "Nigeria")
TURKEY, BRITAIN = SupplierCountry("286", "Türkiye"), SupplierCountry("234", "United Kingdom")
DUTCH, EMIRATES, STATES = (
    SupplierCountry("204", "Netherlands"),
    SupplierCountry("424", "United Arab Emirates"),
    SupplierCountry("310", "United States"),
)


@pytest.fixture
def market(stall: Stall) -> Stall:
    """A small market: Japan in three sizes, Austria, a European bundle."""
    stall.supplier.sells_in += [NIGERIA, TURKEY, BRITAIN, DUTCH, EMIRATES, STATES]
    stall.supplier.stock(
        plan(1, JAPAN, quotes=(quote("4.99"), quote("700", "JPY"))),
        plan(2, JAPAN, data_mb=1024, days=7, quotes=(quote("1.5"),)),
        plan(3, JAPAN, data_mb=0, is_unlimited=True, days=7, quotes=(quote("20"),), summary="2 GB per day, then slow"),
        plan(4, AUSTRIA, quotes=(quote("3"), quote("2.8", "EUR"))),
        plan(5, FRANCE, ITALY, AUSTRIA, name="Europe", quotes=(quote("9"), quote("8.5", "EUR"))),
        plan(6, AUSTRALIA, in_stock=False),
        *(plan(10 + at, one) for at, one in enumerate((NIGERIA, TURKEY, BRITAIN, DUTCH, EMIRATES, STATES))),
    )
    stall.refresh()
    return stall


def test_the_front_shows_the_famous_and_the_alphabet(market: Stall) -> None:
    """Popular places come by fame, all countries by name, regions apart."""
    front = browse.home(market.shelf(), "usd")
    assert [card.slug for card in front.popular[:3]] == ["japan", "united-states", "united-kingdom"]
    assert [card.name for card in front.countries] == sorted(card.name for card in front.countries)
    assert [card.slug for card in front.regions] == ["europe"]
    assert next(card for card in front.countries if card.slug == "japan").from_price == Money(150, "USD")


def test_a_from_price_is_in_the_pages_currency_where_quoted(market: Stall) -> None:
    """Amounts of different currencies are never compared."""
    front = browse.home(market.shelf(), "jpy")
    prices = {card.slug: card.from_price for card in front.countries}
    assert prices["japan"] == Money(700, "JPY")
    assert prices["austria"] == Money(300, "USD")
    assert prices["australia"] is None


def test_a_place_lists_its_own_plans_and_the_bundles(market: Stall) -> None:
    """Local plans by size with unlimited last; bundles apart; a warning of the country with the similar name."""
    japan = browse.destination(market.shelf(), "japan", "usd")
    assert [card.id for card in japan.plans] == [2, 1, 3]
    assert (japan.regional, japan.confusable) == ((), None)
    austria = browse.destination(market.shelf(), "austria", "eur")
    assert [card.id for card in austria.plans] == [4]
    assert [(card.id, card.price) for card in austria.regional] == [(5, Money(850, "EUR"))]
    assert austria.confusable is not None
    assert austria.confusable.slug == "australia"
    europe = browse.destination(market.shelf(), "europe", "usd")
    assert ([card.id for card in europe.plans], europe.regional) == ([5], ())


def test_a_region_lists_its_countries_where_all_of_its_plans_work_in_the_same(market: Stall) -> None:
    """One list for the place while it is true of every plan; else each plan tells its own."""
    europe = browse.destination(market.shelf(), "europe", "usd")
    assert [place.slug for place in europe.covers] == ["austria", "france", "italy"]
    assert browse.destination(market.shelf(), "austria", "usd").covers == ()
    market.supplier.stock(plan(7, FRANCE, ITALY, name="Europe", days=7, quotes=(quote("8"),)))
    market.refresh()
    europe = browse.destination(market.shelf(), "europe", "usd")
    assert ([card.covers_count for card in europe.plans], europe.covers) == ([2, 3], ())


def test_an_unknown_place_is_not_found(market: Stall) -> None:
    """The error says which kind it is."""
    with pytest.raises(browse.PlaceNotFound) as missing:
        browse.destination(market.shelf(), "atlantis", "usd")
    assert (missing.value.kind, missing.value.code) == (Kind.NOT_FOUND, "place_not_found")


def test_a_plan_tells_where_it_works_and_where_not(market: Stall) -> None:
    """Covered countries by name; expected ones that are left out, and lookalikes."""
    bundle = browse.plan_detail(market.shelf(), "europe-5gb-30days", "usd")
    assert [card.name for card in bundle.covers] == ["Austria", "France", "Italy"]
    assert {"Switzerland", "United Kingdom"} <= {card.name for card in bundle.does_not_cover}
    local = browse.plan_detail(market.shelf(), "austria-5gb-30days", "usd")
    assert [card.name for card in local.does_not_cover] == ["Australia"]


def test_a_plan_not_sold_in_the_currency_says_so(market: Stall) -> None:
    """The price is shown in the currency that will be charged, and flagged."""
    shown = browse.plan_detail(market.shelf(), "japan-1gb-7days", "gbp")
    assert (shown.price, shown.is_estimate, shown.per_gb) == (Money(150, "USD"), True, Money(150, "USD"))
    own = browse.plan_detail(market.shelf(), "japan-5gb-30days", "jpy")
    assert (own.price, own.is_estimate, own.per_gb) == (Money(700, "JPY"), False, Money(140, "JPY"))
    assert own.quotes == (Money(499, "USD"), Money(700, "JPY"))


def test_unlimited_says_what_it_means(market: Stall) -> None:
    """The supplier's own words on fair use, else a plain warning; nothing for a limited volume."""
    shown = browse.plan_detail(market.shelf(), "japan-unlimited-7days", "usd")
    assert (shown.name, shown.fair_use, shown.per_gb) == ("Unlimited · 7 days", "2 GB per day, then slow", None)
    assert browse.plan_detail(market.shelf(), "japan-5gb-30days", "usd").fair_use == ""


def test_plans_that_read_alike_are_told_apart(market: Stall) -> None:
    """Plans of equal volume and days carry the supplier's words where they differ; else only the cheapest is listed."""
    market.supplier.stock(
        plan(1, JAPAN, summary="On two networks"),
        plan(7, JAPAN, summary="On one network", quotes=(quote("5.5"),)),
        plan(8, JAPAN, days=7, quotes=(quote("2"),), name="Japan of old"),
        plan(9, JAPAN, days=7, quotes=(quote("2.5"),), name="Japan of new"),
        plan(2, JAPAN, data_mb=1024, days=7, quotes=(quote("1.5"),), summary="Small"),
    )
    market.refresh()
    told = {card.id: card.apart for card in browse.destination(market.shelf(), "japan", "usd").plans}
    assert told == {1: "On two networks", 7: "On one network", 8: "", 2: "", 3: ""}


def test_a_bundle_for_more_countries_is_not_hidden_by_a_cheaper_one(market: Stall) -> None:
    """Same data, same days: each stands in the list, with how many countries it is for."""
    market.supplier.stock(
        plan(71, JAPAN, FRANCE, data_mb=7168, quotes=(quote("8.00"),)),
        plan(72, JAPAN, FRANCE, ITALY, data_mb=7168, quotes=(quote("9.00"),)),
        plan(73, JAPAN, FRANCE, ITALY, data_mb=7168, quotes=(quote("9.50"),)),
    )
    market.refresh()
    bundles = [card for card in browse.destination(market.shelf(), "japan", "usd").regional if card.data_mb == 7168]
    assert [(card.covers_count, card.price.minor) for card in bundles] == [(2, 800), (3, 900)]


def test_our_sentences_go_through_the_translator(market: Stall) -> None:
    """What we say about validity and refunds is put into the reader's language by the caller."""
    shown = browse.plan_detail(market.shelf(), "japan-5gb-30days", "usd", say=str.upper)
    assert (shown.validity_note, shown.refund_note) == (browse.VALIDITY.upper(), browse.REFUND.upper())


def test_an_order_copies_the_exact_number(market: Stall) -> None:
    """Supplier amount as written, charged amount in minor units, currency id beside it."""
    offer = browse.plan_for_order(market.shelf(), "austria-5gb-30days", "eur")
    assert (offer.plan_id, offer.package_code, offer.plan_name) == (4, "LP4", "5 GB · 30 days")
    assert (offer.supplier_amount, offer.supplier_currency, offer.currency_id) == ("2.8", "EUR", 3)
    assert (offer.charged, offer.destination, offer.destination_slug) == (Money(280, "EUR"), "Austria", "austria")
    assert (offer.data_mb, offer.is_unlimited, offer.days, offer.period_num) == (5120, False, 30, 1)


def test_what_cannot_be_bought_is_not_offered(market: Stall) -> None:
    """Unknown, delisted and sold-out plans are three clear noes."""
    with market.write() as session:
        row = session.get(Plan, 4)
        assert row is not None
        row.is_listed = False
    shelf = market.shelf()
    for slug in ("atlantis-5gb-30days", "austria-5gb-30days"):
        with pytest.raises(browse.PlanNotFound):
            browse.plan_for_order(shelf, slug, "usd")
    with pytest.raises(browse.PlanSoldOut) as sold:
        browse.plan_for_order(shelf, "australia-5gb-30days", "usd")
    assert (sold.value.kind, sold.value.code) == (Kind.CONFLICT, "plan_sold_out")


def test_a_price_rule_reaches_pages_and_orders_alike(market: Stall) -> None:
    """Shown and charged are one number, and the shelf's version changes with the rule."""
    with market.read() as session:
        before = catalogue_version(session)
    with market.write() as session:
        session.add(PriceRule(destination_slug="japan", markup=Decimal("0.1"), round_to_minor=10))
        session.add(PriceRule(plan_id=2, markup=Decimal(1)))
    with market.read() as session:
        assert catalogue_version(session) != before
    offer = browse.plan_for_order(market.shelf(), "japan-5gb-30days", "usd")
    assert offer.charged == Money(550, "USD")
    assert offer.supplier_amount == "4.99"
    assert browse.plan_detail(market.shelf(), "japan-5gb-30days", "usd").price == Money(550, "USD")
    assert browse.plan_detail(market.shelf(), "japan-1gb-7days", "usd").price == Money(300, "USD")


def test_the_version_follows_stock_and_listing(market: Stall) -> None:
    """Any change a page could show changes the version."""
    seen = set()
    for change in ({}, {"in_stock": False}, {"in_stock": True, "is_listed": False}):
        with market.write() as session:
            row = session.get(Plan, 1)
            assert row is not None
            for name, value in change.items():
                setattr(row, name, value)
        with market.read() as session:
            seen.add(catalogue_version(session))
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("japan", "japan"),
        ("  JAPAN ", "japan"),
        ("JP", "japan"),
        ("jap", "japan"),
        ("tokyo", "japan"),
        ("Türkiye", "turkey"),
        ("turkiye", "turkey"),
        ("UK", "united-kingdom"),
        ("England", "united-kingdom"),
        ("kingdom", "united-kingdom"),
        ("USA", "united-states"),
        ("UAE", "united-arab-emirates"),
        ("Dubai", "united-arab-emirates"),
        ("Holland", "netherlands"),
        ("Österreich", None),
        ("scandinavia", None),
        ("europe", "europe"),
    ],
)
def test_search_knows_what_people_call_places(market: Stall, typed: str, first: str | None) -> None:
    """Accents, case, codes, old names and cities lead to the country, without a suggestion."""
    found = browse.search(market.shelf(), typed, "usd")
    assert (found.results[0].slug if found.results else None) == first
    assert found.suggestion is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Jpan", "Japan"), ("Autsria", "Austria"), ("Netherland", None), ("Swtizerland", None), ("Frnace", "France")],
)
def test_search_forgives_typing_errors(market: Stall, typed: str, meant: str | None) -> None:
    """A slip leads to the place and names it."""
    assert browse.search(market.shelf(), typed, "usd").suggestion == meant


def test_niger_is_not_nigeria(market: Stall) -> None:
    """A country we do not sell finds no lookalike; once sold, it comes first."""
    assert browse.search(market.shelf(), "Niger", "usd").results == ()
    market.supplier.sells_in.append(NIGER)
    market.supplier.stock(plan(30, NIGER))
    market.refresh()
    found = browse.search(market.shelf(), "Niger", "usd")
    assert [card.slug for card in found.results] == ["niger", "nigeria"]


@pytest.mark.parametrize("typed", ["", "   ", "?!", "x" * 5000, "日本", "zz"])
def test_search_survives_nonsense(market: Stall, typed: str) -> None:
    """Nothing typed, signs, endless words and other scripts find nothing and break nothing."""
    assert browse.search(market.shelf(), typed, "usd").results == ()
