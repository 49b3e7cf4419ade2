"""The supplier's catalogue answers as the countries and plans of our ports."""

from __future__ import annotations

from collections.abc import Sequence

from storefront.gateways.linksfield import inferred
from storefront.gateways.linksfield.messages import Fields
from storefront.ports import Quote, SupplierCountry, SupplierPlan


def read_countries(body: Fields) -> Sequence[SupplierCountry]:
    """The countries of a country list, each once, in the supplier's order."""
    found = (inferred.country_of_list(item) for item in inferred.items_of_list(body))
    return tuple({country.mcc: country for country in found}.values())


def read_plan_ids(body: Fields) -> Sequence[int]:
    """The package ids of a package list, each once, in the supplier's order."""
    return tuple(dict.fromkeys(inferred.package_id_of_list(item) for item in inferred.items_of_list(body)))


def read_plan(body: Fields) -> SupplierPlan:
    """The package of a detail answer."""
    data = body.inside("data")
    return SupplierPlan(
        package_id=data.whole("id"),
        package_code=data.text("packageCode"),
        name=data.text("packageShowName"),
        summary=data.text_or("packageShortDesc", ""),
        description=data.text_or("packageDesc", ""),
        covers_mcc=inferred.coverage_of_detail(data),
        data_mb=inferred.megabytes_of_detail(data),
        is_unlimited=inferred.is_unlimited(data),
        days=inferred.days_of_detail(data),
        period_num=data.whole("period"),
        min_periods=data.whole_or("minOrderPeriod", 1),
        max_periods=data.whole_or("maxOrderPeriod", 1),
        quotes=tuple(_quote(item) for item in data.each("currencyInfos")),
        in_stock=inferred.is_in_stock(data),
    )


def _quote(item: Fields) -> Quote:
    return Quote(item.text("currencyAbbr").upper(), item.whole("currencyId"), item.number("price"))
