"""`python -m bench.desk_search`: how long the desk's search takes among a million orders, on SQLite.

Prints the 95th percentile for each kind of word beside that of one look-up by primary key in the same database and run.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session

from storefront.db import migrate
from storefront.db.session import make_engine, session_factory
from storefront.kernel.ids import new_reference
from storefront.models.order import Hold, HoldState, Order, OrderKind, OrderState
from storefront.models.payment import Payment, PaymentState
from storefront.models.profile import Profile
from storefront.support import search

ORDERS = 1_000_000
CHUNK = 20_000
ROUNDS = 200
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
COMMON = {
    "state": OrderState.DELIVERED, "reason": "", "kind": OrderKind.ESIM, "locale": "en", "network": "192.0.2.1",
    "time_zone": "", "plan_code": "", "plan_name": "3 GB", "destination": "Japan", "destination_slug": "japan",
    "data_mb": 3000, "is_unlimited": False, "days": 30, "package_code": "P", "period_num": 1, "currency_id": 1,
    "supplier_amount": "4.99", "supplier_currency": "USD", "charged_minor": 499, "charged_currency": "USD",
    "consent_text": "Yes.", "consent_at": NOON, "device_checked": True, "hold_tries": 1,
}  # fmt: skip
SEALED = {"sealed_code": b"-", "sealed_svg": b"-", "sealed_png": b"-", "supplier_status": "1", "delivered_at": NOON}


def fill(session: Session, start: int, count: int) -> list[tuple[str, ...]]:
    """Orders with profile, hold and payment; returns what each can be found by."""
    numbers = range(start, start + count)
    references = {at: new_reference() for at in numbers}
    iccids = {at: str(8_985_000_000_000_000_000 + at * 7919) for at in numbers}
    placed = {at: NOON + dt.timedelta(seconds=at) for at in numbers}
    session.execute(
        insert(Order),
        [
            {
                **COMMON, "id": f"o{at}", "reference": references[at], "form_key": f"f{at}",
                "email": f"traveller{at % (ORDERS // 3)}@mail.example", "placed_at": placed[at],
            }
            for at in numbers
        ],
    )  # fmt: skip
    session.execute(
        insert(Profile),
        [{**SEALED, "order_id": f"o{at}", "iccid": iccids[at], "iccid_reversed": iccids[at][::-1]} for at in numbers],
    )
    session.execute(
        insert(Hold),
        [
            {
                "id": f"h{at}", "order_id": f"o{at}", "attempt": 1, "api": "v1.1", "state": HoldState.USED,
                "supplier_order_id": f"10{at:08}", "supplier_order_no": f"ESIM_L{at:010}", "amount": "4.99",
                "currency": "USD", "held_at": placed[at], "held_until": placed[at],
            }
            for at in numbers
        ],
    )  # fmt: skip
    session.execute(
        insert(Payment),
        [
            {
                "id": f"p{at}", "order_id": f"o{at}", "attempt": 1, "state": PaymentState.PAID, "is_extra": False,
                "session_id": f"cs_{at}", "payment_id": f"pi_{at}", "opened_at": placed[at], "expires_at": placed[at],
            }
            for at in numbers
        ],
    )  # fmt: skip
    picked = random.sample(list(numbers), 4)
    return [
        (
            f"o{at}", references[at], f"traveller{at % (ORDERS // 3)}@mail.example", iccids[at], iccids[at][-6:],
            f"pi_{at}", f"cs_{at}", f"10{at:08}", f"ESIM_L{at:010}",
        )
        for at in picked
    ]  # fmt: skip


def main() -> int:
    """Fill, search, print; exit 1 when a search takes longer than 50 ms at the 95th percentile."""
    names = ("reference", "e-mail", "whole ICCID", "six digits", "pi_…", "cs_…", "supplier order", "supplier number")
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'shop.sqlite'}")
        migrate.upgrade(engine)
        write, read = session_factory(engine), session_factory(engine, read_only=True)
        picked = []
        for start in range(0, ORDERS, CHUNK):
            with write() as session:
                picked += fill(session, start, CHUNK)
        floor = percentile([_by_key(read, one[0]) for one in picked[:ROUNDS]])
        print(f"{ORDERS:,} orders; one look-up by primary key: {floor:.2f} ms at p95")
        worst = 0.0
        for place, name in enumerate(names, start=1):
            taken = percentile([_search(read, one[place]) for one in picked[:ROUNDS]])
            worst = max(worst, taken)
            print(f"  {name:<16} {taken:7.2f} ms at p95   {taken / floor:5.1f} x the look-up")
        mail = " ".join(word for one in picked[:5] for word in one[1:4])
        print(
            f"  {'a whole mail':<16} {percentile([_search(read, mail) for _ in range(50)]):7.2f} ms at p95 (15 words)"
        )
        engine.dispose()
    return 0 if worst < 50 else 1


def percentile(taken: list[float]) -> float:
    """The 95th."""
    return statistics.quantiles(taken, n=20)[-1]


def _search(read, words):
    began = time.perf_counter()
    found = search.find(read, words)
    taken = (time.perf_counter() - began) * 1000
    if not found.hits:
        raise LookupError(words)
    return taken


def _by_key(read, order_id):
    began = time.perf_counter()
    with read() as session:
        session.get_one(Order, order_id)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
