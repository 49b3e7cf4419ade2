"""Plain makers for tests of the catalogue: a supplier that answers from memory, quotes, plans, a stocked shelf."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine

from storefront.catalogue.refresh import RefreshReport, refresh
from storefront.catalogue.shelf import Shelf, read_shelf
from storefront.db.session import make_engine, session_factory
from storefront.kernel.clock import Clock
from storefront.ports import Outside, Quote, SessionFactory, Supplier, SupplierCountry, SupplierPlan
from storefront.settings import Settings

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
JAPAN = SupplierCountry("440", "Japan")
FRANCE = SupplierCountry("208", "France")
AUSTRIA = SupplierCountry("232", "Austria")
AUSTRALIA = SupplierCountry("505", "Australia")
ITALY = SupplierCountry("222", "Italy")


def quote(amount: str, currency: str = "USD") -> Quote:
    """A price as the supplier wrote it."""
    return Quote(currency, {"USD": 2, "EUR": 3, "JPY": 5}.get(currency, 9), Decimal(amount))


def plan(package_id: int, *covers: SupplierCountry, **changes: Any) -> SupplierPlan:
    """A plan of 5 GB for 30 days at 4.99 dollars, with some things changed."""
    usual = SupplierPlan(
        package_id=package_id,
        package_code=f"LP{package_id}",
        name="5 GB 30 Days",
        summary="",
        description="",
        covers_mcc=tuple(country.mcc for country in covers),
        data_mb=5120,
        is_unlimited=False,
        days=30,
        period_num=30,
        min_periods=1,
        max_periods=1,
        quotes=(quote("4.99"),),
    )
    return replace(usual, **changes)


@dataclass
class PaperSupplier:
    """A supplier on paper: what it sells, what it fails at, and what it was asked."""

    sold: dict[int, SupplierPlan] = field(default_factory=dict)
    sells_in: list[SupplierCountry] = field(default_factory=lambda: [JAPAN, FRANCE, AUSTRIA, AUSTRALIA, ITALY])
    fails_at: dict[object, Exception] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stock(self, *plans: SupplierPlan) -> PaperSupplier:
        """Sell these from now on."""
        self.sold.update({one.package_id: one for one in plans})
        return self

    def countries(self) -> Sequence[SupplierCountry]:
        """Where it sells."""
        self._answer("countries")
        return self.sells_in

    def plans(self, country: SupplierCountry) -> Sequence[int]:
        """What works in a country."""
        self._answer(country.mcc)
        return [one.package_id for one in self.sold.values() if country.mcc in one.covers_mcc]

    def plan(self, package_id: int) -> SupplierPlan:
        """One of them."""
        self._answer(package_id)
        return self.sold[package_id]

    def _answer(self, question: object) -> None:
        with self._lock:
            self.asked.append(question)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if question in self.fails_at:
                raise self.fails_at[question]
        finally:
            with self._lock:
                self.at_once -= 1


@dataclass
class Stall:
    """A database with a catalogue in it, and the supplier it comes from."""

    engine: Engine
    write: SessionFactory
    read: SessionFactory
    settings: Settings
    supplier: PaperSupplier

    def refresh(self, *, now: dt.datetime = NOON, **options: Any) -> RefreshReport:
        """Read everything from the supplier."""
        nobody = cast("Any", None)
        outside = Outside(cast("Supplier", self.supplier), nobody, nobody, nobody, nobody, Clock())
        return refresh(outside, self.write, settings=self.settings, now=now, **options)

    def shelf(self) -> Shelf:
        """What is on sale."""
        with self.read() as session:
            return read_shelf(session)


def open_stall(database: Path) -> Stall:
    """A stall on a migrated database."""
    engine = make_engine(f"sqlite:///{database}")
    return Stall(
        engine,
        session_factory(engine),
        session_factory(engine, read_only=True),
        Settings(currencies=("USD", "EUR", "GBP", "JPY")),
        PaperSupplier(),
    )
