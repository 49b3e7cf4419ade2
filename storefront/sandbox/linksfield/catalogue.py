"""Some 300 packages with the texture of a real market, the same for the same seed."""

from __future__ import annotations

import copy
import functools
import random
from dataclasses import replace
from decimal import Decimal

from storefront.sandbox.linksfield.bundles import BUNDLES, GLOBAL_LEVEL, GLOBAL_SHAPES, NOT_IN_GLOBAL, Bundle
from storefront.sandbox.linksfield.countries import EUROPE, Country, all_countries
from storefront.sandbox.linksfield.curiosities import CURIOSITIES, SAMPLE, SAMPLE_CODE, SAMPLE_ID, Curiosity
from storefront.sandbox.linksfield.package import Package
from storefront.sandbox.linksfield.prices import CURRENCIES, EUR, GBP, JPY, Currency, dollars, quotes

KIND_UNLIMITED, KIND_DAILY, KIND_MONTHLY = 0, 1, 2
_MEGABYTES = 1024
_SHAPES: tuple[tuple[tuple[float, int], ...], ...] = (
    ((1, 7), (3, 30)),
    ((1, 7), (3, 15), (5, 30)),
    ((1, 7), (3, 30), (5, 30), (10, 30)),
    ((1, 7), (3, 15), (5, 30), (10, 30), (20, 30), (50, 30), (0, 7)),
)
_FAIR_USE = (
    "2 GB/day full speed, then 1 Mbps",
    "1 GB/day full speed, then 512 kbps",
    "3 GB/day full speed, then 2 Mbps",
)
_NETWORK = "Runs on the best local network, 4G and 5G where available. Tethering is allowed."
_START = "The validity starts with the first connection in a covered country; install within 180 days."
_CONFIRMATION = "The phone asks for a confirmation code while installing."


class Catalogue:
    """All countries and packages. What is on sale never changes; prices and stock do, under the world's lock."""

    @classmethod
    def fresh(cls, seed: int) -> Catalogue:
        """A catalogue nobody else changes; drawn once for each seed, since tests open a world every moment."""
        mine = copy.copy(_drawn(seed))
        mine.packages = {number: replace(package) for number, package in mine.packages.items()}
        return mine

    def __init__(self, seed: int) -> None:
        self.countries = {country.mcc: country for country in all_countries()}
        self._by_letters = {country.iso2: country for country in self.countries.values()}
        self._seed = seed
        self._next_id = SAMPLE_ID
        self.packages: dict[int, Package] = {}
        self._made_by_hand(SAMPLE, code=SAMPLE_CODE)
        for country in self.countries.values():
            for shape in _SHAPES[country.demand]:
                self._of_country(country, *shape)
        everywhere = tuple(letters for letters in self._by_letters if letters not in NOT_IN_GLOBAL)
        for bundle in (*BUNDLES, Bundle("Global", everywhere, GLOBAL_LEVEL, GLOBAL_SHAPES)):
            for gigabytes, days in bundle.shapes:
                self._of_bundle(bundle, gigabytes, days)
        for curiosity in CURIOSITIES:
            self._made_by_hand(curiosity)

    def country_named(self, name: str) -> Country | None:
        """The country of an ISO name, whatever its case."""
        wanted = name.casefold()
        return next((country for country in self.countries.values() if country.name.casefold() == wanted), None)

    def packages_for(self, country: Country, *, only: bool) -> list[Package]:
        """The packages that cover a country; with `only`, those that cover nothing else."""
        return [
            package
            for package in self.packages.values()
            if country.mcc in package.members and (not only or len(package.members) == 1)
        ]

    def _of_country(self, country: Country, gigabytes: float, days: int) -> None:
        chance = random.Random(f"{self._seed}:{country.mcc}:{gigabytes}:{days}")
        currencies: tuple[Currency, ...] = ()
        if country.region == EUROPE:
            currencies = (EUR, GBP) if country.demand > 1 else (EUR,)
        elif country.iso2 == "JP" or chance.random() < 0.12:
            currencies = (JPY,)
        self._add(
            country.name,
            members=(country.iso2,),
            gigabytes=gigabytes,
            days=days,
            level=country.level,
            currencies=currencies,
            chance=chance,
        )

    def _of_bundle(self, bundle: Bundle, gigabytes: int, days: int) -> None:
        chance = random.Random(f"{self._seed}:{bundle.name}:{gigabytes}:{days}")
        currencies = (EUR, GBP, JPY) if len(bundle.members) > 5 else (EUR,)
        self._add(
            bundle.name,
            members=bundle.members,
            gigabytes=gigabytes,
            days=days,
            level=bundle.level,
            currencies=currencies,
            chance=chance,
        )

    def _add(
        self,
        place: str,
        *,
        members: tuple[str, ...],
        gigabytes: float,
        days: int,
        level: float,
        currencies: tuple[Currency, ...],
        chance: random.Random,
    ) -> None:
        volume = f"{gigabytes:g} GB" if gigabytes else "Unlimited"
        validity = "1 Day" if days == 1 else f"{days} Days"
        fair_use = chance.choice(_FAIR_USE)
        sentences = [f"{fair_use}; the count starts anew every midnight, local time."] if gigabytes == 0 else []
        sentences += [_NETWORK, _START]
        needs_confirmation = chance.random() < 0.04
        if needs_confirmation:
            sentences.append(_CONFIRMATION)
        number = self._new_id()
        self._put(
            Package(
                id=number,
                code=_code(number),
                name=f"{place} {volume} {validity}",
                summary=f"{volume} for {validity.lower()}" + (f", {fair_use}" if gigabytes == 0 else ""),
                description=" ".join(sentences),
                members=self._codes(members),
                megabytes=int(gigabytes * _MEGABYTES),
                period=days,
                unit="day",
                prices=quotes(dollars(gigabytes, days, level, chance), currencies),
                stock=_stock(chance, level),
                kind=KIND_UNLIMITED if gigabytes == 0 else KIND_DAILY if days == 1 else KIND_MONTHLY,
                needs_confirmation=needs_confirmation,
            )
        )

    def _made_by_hand(self, odd: Curiosity, *, code: str = "") -> None:
        number = self._new_id()
        self._put(
            Package(
                id=number,
                code=code or _code(number),
                name=odd.name,
                summary="",
                description=odd.description + (f" {_CONFIRMATION}" if odd.needs_confirmation else ""),
                members=self._codes(odd.members),
                megabytes=odd.megabytes,
                period=odd.period,
                unit=odd.unit,
                prices=quotes(Decimal(odd.price), tuple(CURRENCIES[each] for each in odd.currencies)),
                stock=odd.stock,
                kind=KIND_UNLIMITED if odd.megabytes == 0 else KIND_DAILY if odd.unit == "day" else KIND_MONTHLY,
                min_period=odd.min_period,
                max_period=odd.max_period,
                needs_confirmation=odd.needs_confirmation,
            )
        )

    def _new_id(self) -> int:
        number = self._next_id
        self._next_id += 1 + number % 3
        return number

    def _codes(self, members: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._by_letters[letters].mcc for letters in members)

    def _put(self, package: Package) -> None:
        package.sold = random.Random(f"{self._seed}:{package.id}:sold").randrange(3, 4000)
        self.packages[package.id] = package


@functools.cache
def _drawn(seed: int) -> Catalogue:
    return Catalogue(seed)


def _code(number: int) -> str:
    """A package code in the shape of the published one: LP, a date, six digits."""
    return f"LP202{2 + number % 4}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1_000_000:06d}"


def _stock(chance: random.Random, level: float) -> int:
    luck = chance.random()
    if luck < 0.04:
        return 0
    if luck < 0.09:
        return chance.randrange(1, 8)
    return chance.randrange(300, 900) if level > 2 else chance.randrange(2500, 9500)
