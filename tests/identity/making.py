"""Plain makers for tests of people: a migrated database, a clock whose hands the test turns, orders of somebody."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from storefront.db.migrate import upgrade
from storefront.db.session import make_engine
from storefront.db.vault import Vault
from storefront.identity import email_sign_in
from storefront.identity.email_sign_in import CodeSent, SignedIn
from storefront.kernel.clock import Clock
from storefront.kernel.ids import new_id, new_reference
from storefront.models.catalogue import Plan
from storefront.models.order import Order
from storefront.ports import SessionFactory

KEY = email_sign_in.code_key("a secret of tests")


class Hands(Clock):
    """A clock that stands still until `forward` is called."""

    def __init__(self) -> None:
        super().__init__()
        self._now = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        """Where the hands are."""
        return self._now

    def forward(self, **span: float) -> dt.datetime:
        """Turn the hands; returns the new time."""
        self._now += dt.timedelta(**span)
        return self._now


@dataclass
class Room:
    """What the use cases of this room are handed, and a person's verbs on top."""

    engine: Engine
    write: SessionFactory
    read: SessionFactory
    vault: Vault
    clock: Hands

    def ask(self, email: str = "ada@example.com", network: str = "203.0.113.5") -> CodeSent:
        """Ask for a code."""
        return email_sign_in.request_code(
            self.write, self.vault, self.clock, key=KEY, email=email, locale="en", network=network
        )

    def code_of(self, sent: CodeSent) -> str:
        """Read the code in its mail."""
        pending = email_sign_in.pending_code(self.read, self.vault, sent.code_id, now=self.clock.now())
        assert pending is not None
        return pending.code

    def wrong_for(self, sent: CodeSent) -> str:
        """Name a code that is not it."""
        return f"{(int(self.code_of(sent)) + 1) % 1_000_000:06d}"

    def answer(self, sent: CodeSent, code: str, token: str | None = None, network: str = "203.0.113.5") -> SignedIn:
        """Type a code."""
        return email_sign_in.sign_in(
            self.write, self.clock, key=KEY, code_id=sent.code_id, code=code, token=token, network=network
        )


def migrated_file(folder: Path) -> Path:
    """An empty shop's database, to be copied."""
    path = folder / "shop.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


def copy_database(source: Path, target: Path) -> Path:
    """A copy of its own for one test."""
    for suffix in ("", "-wal"):
        part = Path(f"{source}{suffix}")
        if part.exists():
            shutil.copy(part, f"{target}{suffix}")
    return target


def make_order(write: SessionFactory, email: str, *, now: dt.datetime) -> Order:
    """Store an order of an address."""
    order = an_order(new_id(), email, now)
    with write() as session:
        if session.get(Plan, 1) is None:
            session.add(a_plan(now))
            session.flush()
        session.add(order)
    return order


def an_order(order_id: str, email: str, now: dt.datetime) -> Order:
    """The least an order row needs."""
    return Order(
        id=order_id,
        reference=new_reference(),
        form_key=order_id,
        email=email,
        locale="en",
        network="203.0.113.5",
        plan_id=1,
        plan_name="5 GB",
        destination="Japan",
        destination_slug="japan",
        data_mb=5000,
        is_unlimited=False,
        days=30,
        package_code="JP5",
        period_num=1,
        currency_id=1,
        supplier_amount="4.99",
        supplier_currency="USD",
        charged_minor=499,
        charged_currency="USD",
        consent_text="yes",
        consent_at=now,
        placed_at=now,
    )


def a_plan(now: dt.datetime) -> Plan:
    """The least a plan row needs."""
    return Plan(id=1, slug="japan-5gb-30d", package_code="JP5", name="Japan 5GB", days=30, refreshed_at=now)
