"""What the pretend supplier has on sale: the same for the same seed, with the texture of a market."""

from __future__ import annotations

from decimal import Decimal

import pytest

from storefront.sandbox.linksfield.profiles import luhn_digit, profile
from tests.sandbox.supplier_shop import SAMPLE, Shop, open_shop

LIST = {"countryCode": "", "partnerCode": "1", "type": 1}


@pytest.fixture
def shop():
    with open_shop() as opened:
        yield opened


def test_the_same_seed_sells_the_same_things() -> None:
    """Catalogue, prices, stock and the n-th profile follow from the seed alone."""
    made = []
    for seed in (3, 3, 4):
        with open_shop(seed=seed) as shop:
            order = shop.held()
            shop.notice(order)
            packages = [
                (one.id, one.name, one.prices, one.stock) for one in shop.world.supplier.catalogue.packages.values()
            ]
            made.append((packages, shop.profile(order)["data"]["qrCode"]))
    assert made[0] == made[1]
    assert made[0][0] != made[2][0]
    assert made[0][1] != made[2][1]


def test_profiles_are_unlike_each_other_and_mostly_pass_luhn() -> None:
    """No ICCID and no code is given twice; a few ICCIDs fail Luhn, as real ones do; flags come with codes."""
    made = [profile(7, 1000000 + nth % 9, nth, needs_confirmation=nth % 7 == 0) for nth in range(3000)]
    assert len({one.iccid for one in made}) == len({one.activation_code for one in made}) == 3000
    good = sum(str(luhn_digit(one.iccid[:-1])) == one.iccid[-1] for one in made)
    assert 2850 <= good < 3000
    assert {len(one.iccid) for one in made} == {19, 20}
    assert all(one.activation_code.endswith("$$1") == bool(one.confirmation_code) for one in made)


def test_the_catalogue_has_the_texture_of_a_market(shop: Shop) -> None:
    """Sixty countries and three hundred plans, confusable names, bundles, sold out, odd prices, four currencies."""
    countries = shop.call("/package/countryPackageList", LIST)["data"]
    names = {each["isoCountryName"] for each in countries}
    assert len(names) >= 60
    assert {
        "Austria",
        "Australia",
        "Slovakia",
        "Slovenia",
        "Niger",
        "Nigeria",
        "Dominica",
        "Dominican Republic",
    } <= names
    details = [shop.detail(package) for package in shop.world.supplier.catalogue.packages]
    assert 280 <= len(details) <= 380
    assert any(str(each["coverCountrys"]).count(",") == 34 for each in details)
    assert 5 <= sum(each["stock"] == 0 for each in details) <= 40
    assert sum(each["maxOrderPeriod"] > 1 for each in details) >= 5
    assert sum(not each["packageShowName"].isascii() for each in details) >= 8
    assert {quote["currencyAbbr"] for each in details for quote in each["currencyInfos"]} == {
        "USD",
        "EUR",
        "GBP",
        "JPY",
    }
    for each in details:
        assert each["currencyInfos"][0]["currencyAbbr"] == "USD"
        for quote in each["currencyInfos"]:
            places = -Decimal(str(quote["price"])).as_tuple().exponent
            assert quote["price"] > 0
            assert places <= int(quote["digitsNum"])


def test_prices_are_json_numbers_as_short_as_they_can_be(shop: Shop) -> None:
    """5 is not 5.0 and 4.99 is 4.99 on the wire."""
    shop.world.supplier.change_price(SAMPLE["id"], "USD", Decimal("5.00"))
    assert '"price":5,' in shop.ask(f"/package/detail?id={SAMPLE['id']}", method="GET").text
    shop.world.supplier.change_price(SAMPLE["id"], "USD", Decimal("4.99"))
    assert '"price":4.99,' in shop.ask("/v1.1/package/detail", {"id": SAMPLE["id"]}).text


def test_lists_follow_the_type_and_the_code_wins_over_the_name(shop: Shop) -> None:
    """Type 1 includes bundles, type 2 does not; an unknown country has no packages."""
    japan = {"countryCode": 440, "isoCountryName": "Australia", "partnerCode": "1", "type": 1}
    wide = shop.call("/v1.1/package/packageList", japan)["data"]
    narrow = shop.call("/package/packageList", {**japan, "type": 2})["data"]
    assert {each["coverCountrys"] for each in narrow} == {440}
    assert len(wide) > len(narrow) > 3
    named = {"isoCountryName": "japan", "partnerCode": "1", "type": 1}
    assert shop.call("/v1.1/package/packageList", named)["data"] == wide
    assert shop.call("/v1.1/package/packageList", {**japan, "countryCode": "999"})["data"] == []
    alone = shop.call("/package/countryPackageList", {**LIST, "type": 2})["data"]
    assert alone
    assert len(alone) <= len(shop.call("/package/countryPackageList", LIST)["data"])


def test_plans_sold_by_the_day_cost_days_times_the_price(shop: Shop) -> None:
    """A number of periods within the bounds is held at its price; outside them code 2."""
    packages = shop.world.supplier.catalogue.packages.values()
    package = next(one for one in packages if one.max_period > 1 and one.min_period == 1)
    price = package.prices[0].amount
    wanted = {"id": package.id, "packageCode": package.code}
    assert shop.pre_order(**wanted, periodNum=3, money=float(price * 3))["code"] == 0
    assert shop.pre_order(**wanted, periodNum=3, money=float(price))["code"] == 10009
    assert shop.pre_order(**wanted, periodNum=package.max_period + 1, money=1)["code"] == 2
