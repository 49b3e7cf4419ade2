"""The catalogue of the pretend supplier, read by the real client over a real socket."""

from __future__ import annotations

from storefront.catalogue import browse
from storefront.catalogue.refresh import refresh
from storefront.catalogue.shelf import Shelf, read_shelf
from storefront.wiring import House


def shelf_of(house: House) -> Shelf:
    """What is on sale."""
    with house.read() as session:
        return read_shelf(session)


def test_a_market_of_sixty_countries_is_read_whole(house: House) -> None:
    """Every plan the supplier sells stands on the shelf, and reading it twice changes nothing."""
    before = shelf_of(house)
    report = refresh(house.outside, house.write, settings=house.settings, now=house.outside.clock.now())
    assert report.is_well, str(report)
    assert (report.added, report.delisted) == (0, 0)
    assert report.countries >= 60
    assert report.plans >= 300
    assert shelf_of(house) == before
    assert all(place.iso2 for place in before.places.values() if not place.is_region)


def test_every_plan_of_the_market_can_be_shown_and_bought(house: House) -> None:
    """No odd name, price, coverage or period of the market breaks a page or an order."""
    shelf = shelf_of(house)
    for slug, plan in shelf.plans.items():
        for currency in house.settings.currencies:
            shown = browse.plan_detail(shelf, slug, currency)
            assert shown.price.minor > 0
            assert shown.is_estimate == (shown.price.currency != currency)
        if plan.in_stock:
            offer = browse.plan_for_order(shelf, slug, "usd")
            assert offer.supplier_amount
            assert offer.period_num >= 1
