"""Everything the pretend Stripe remembers, in memory; the world's lock guards it."""

from __future__ import annotations

import heapq
import itertools
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from storefront.sandbox.stripe.cards import Card
from storefront.sandbox.stripe.errors import missing

Json = dict[str, Any]
_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """An identifier never given before, in this run or another: a shop's database outlives its sandbox."""
    return prefix + "".join([_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length)])


@dataclass
class Page:
    """What stands behind a payment page and is not part of the public session object."""

    line_items: list[Json]
    intent_data: Json
    subscription_data: Json = field(default_factory=dict)
    intent: str | None = None
    pending: Card | None = None
    charges: list[str] = field(default_factory=list)


class Store:
    """One table per kind of object, each in order of creation."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Json]] = {}
        self.pages: dict[str, Page] = {}
        self.session_of_intent: dict[str, str] = {}
        self.invoice_of_intent: dict[str, str] = {}
        # How the pretend bank behaves towards each saved payment method.
        self.cards: dict[str, Card] = {}
        # The payment method with which a buyer was sent from an invoice's page to their bank.
        self.challenged: dict[str, str] = {}
        self.refund_manner: dict[str, str] = {}
        self.balance: dict[str, int] = {}
        self._due: list[tuple[float, int, str, str]] = []
        self._order = itertools.count()

    def table(self, object_name: str) -> dict[str, Json]:
        """All objects of a kind by identifier."""
        return self.tables.setdefault(object_name, {})

    def put(self, made: Json) -> Json:
        """Keep a new object."""
        self.table(made["object"])[made["id"]] = made
        return made

    def get(self, object_name: str, identifier: str, *, param: str = "id", status: int = 404) -> Json:
        """One object; raises the service's own ``resource_missing`` when there is none."""
        found = self.table(object_name).get(identifier)
        if found is None:
            what = object_name.rpartition(".")[2].replace("_", " ")
            raise missing(what, identifier, param=param, status=status)
        return found

    def find(self, identifier: str) -> Json | None:
        """One object of any kind, for `expand`."""
        return next((table[identifier] for table in self.tables.values() if identifier in table), None)

    def newest_first(self, object_name: str) -> Iterator[Json]:
        """All objects of a kind, the latest first, as every list answers."""
        return iter(reversed(self.table(object_name).values()))

    def schedule(self, at: float, what: str, identifier: str) -> None:
        """Have `what` happen to an object once the world's clock reaches `at` (seconds since 1970)."""
        heapq.heappush(self._due, (at, next(self._order), what, identifier))

    def due(self, now: float) -> Iterator[tuple[float, str, str]]:
        """What has fallen due and when, earliest first; each is handed out once."""
        while self._due and self._due[0][0] <= now:
            at, _, what, identifier = heapq.heappop(self._due)
            yield at, what, identifier

    def next_due(self) -> tuple[float, str, str] | None:
        """When the next thing happens, what and to which object."""
        return (self._due[0][0], *self._due[0][2:]) if self._due else None

    @property
    def waiting(self) -> bool:
        """Whether anything is scheduled."""
        return bool(self._due)
