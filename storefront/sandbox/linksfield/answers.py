"""The supplier's answers as bytes: the envelope, and the catalogue made once for each state it shows."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from storefront.sandbox.linksfield import inferred
from storefront.sandbox.linksfield.catalogue import Catalogue
from storefront.sandbox.linksfield.orders import Order
from storefront.sandbox.linksfield.package import Package

COVERAGE_INCLUDES, COVERAGE_IS_ONLY = 1, 2
_CLIENT_ID = "AsandboxA0000000000000000000000000000000000000000000000000000000000000000"


def envelope(data: Any, *, code: int = 0, message: str = "SUCCESS") -> bytes:
    """``{"code", "data", "message"}`` in UTF-8, nothing escaped that need not be."""
    return to_json({"code": code, "data": data, "message": message})


def to_json(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Shelf:
    """The catalogue as answers. Its methods expect the world's lock to be held."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._details: dict[int, tuple[tuple[int, int, int], bytes]] = {}
        self._lists: dict[tuple[str, int], bytes] = {}

    def forget_prices(self) -> None:
        """Make the package lists anew; they show prices."""
        self._lists.clear()

    def countries(self, kind: int) -> bytes:
        """The country list; kind 2 leaves out countries that no package covers alone."""
        key = ("", kind)
        if key not in self._lists:
            only = kind == COVERAGE_IS_ONLY
            entries = [
                inferred.country_entry(country)
                for country in self._catalogue.countries.values()
                if self._catalogue.packages_for(country, only=only)
            ]
            self._lists[key] = envelope(entries)
        return self._lists[key]

    def packages(self, code: str, name: str, kind: int) -> bytes:
        """The packages of a country, by mobile country code or else by ISO name; an unknown country has none."""
        country = self._catalogue.countries.get(code) if code else self._catalogue.country_named(name)
        if country is None:
            return envelope([])
        key = (country.mcc, kind)
        if key not in self._lists:
            found = self._catalogue.packages_for(country, only=kind == COVERAGE_IS_ONLY)
            self._lists[key] = envelope([inferred.package_entry(package) for package in found])
        return self._lists[key]

    def detail(self, package: Package) -> bytes:
        """One package in full."""
        state = (package.version, inferred.stock(package), package.sold)
        known = self._details.get(package.id)
        if known is None or known[0] != state:
            known = (state, envelope(_detail(package)))
            self._details[package.id] = known
        return known[1]


def pre_order(order: Order, package_num: int) -> dict[str, Any]:
    """The data of a pre-order, field for field as published."""
    made = dt.datetime.fromtimestamp(order.made_at, dt.UTC)
    return {
        "amount": inferred.pre_order_amount(package_num),
        "id": order.id,
        "orderNo": order.number,
        "packageName": order.package.name,
        "orderTime": f"{made:%Y-%m-%dT%H:%M:%S}.{made.microsecond // 1000:03d}+0000",
        "periodNum": order.period_num,
        "currency": order.currency.code,
        "clientId": _CLIENT_ID,
    }


def _detail(package: Package) -> dict[str, Any]:
    return {
        "buyType": 2,
        "configFlag": "0",
        "coverCountrys": inferred.coverage(package),
        "currencyIds": ",".join(str(price.currency.number) for price in package.prices),
        "currencyInfos": [
            {
                "currencyAbbr": price.currency.code,
                "currencyId": price.currency.number,
                "currencyName": price.currency.name,
                "currencySymbol": price.currency.symbol,
                "digitsNum": str(price.currency.digits),
                "price": price.number,
                "unit": price.currency.code,
            }
            for price in package.prices
        ],
        "id": package.id,
        "logo": "",
        "maxOrderPeriod": package.max_period,
        "minOrderPeriod": package.min_period,
        "packageCode": package.code,
        "packageDesc": package.description,
        "packageFlow": inferred.flow(package),
        "packageId": str(package.id),
        "packageShortDesc": package.summary,
        "packageShowName": package.name,
        "packageType": package.kind,
        "period": package.period,
        "periodUnit": package.unit,
        "priceType": 1,
        "saleCount": str(package.sold),
        "stock": inferred.stock(package),
        "surplusFlow": "",
        "updateTime": "2026-01-15 08:00:00",
    }
