"""The token of the shop's one account at the supplier: one sealed row, one login at a time.

Each process remembers the token it read. Among threads a lock lets one of them log in while the others wait; among
processes the row's `generation` tells a late refresher that somebody else was first, and it takes theirs.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from storefront.db.vault import Vault, VaultLocked
from storefront.gateways.calls import Deadline
from storefront.kernel.clock import Clock
from storefront.kernel.errors import Unreachable
from storefront.models.supplier_token import SupplierToken
from storefront.ports import SessionFactory

LIFETIME = dt.timedelta(days=3)
MARGIN = dt.timedelta(hours=1)

LogIn = Callable[[Deadline], str]
"""Logs in over the network and returns the new token."""


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token and the generation of the row it came from."""

    text: str = field(repr=False)
    generation: int
    expires_at: dt.datetime


class Tokens:
    """Hands out the account's token; safe to share among threads."""

    def __init__(self, transaction: SessionFactory, vault: Vault, clock: Clock, *, account: str) -> None:
        self._transaction = transaction
        self._vault = vault
        self._clock = clock
        self._account = account
        self._lock = threading.Lock()
        self._known: KnownToken | None = None

    def current(self, log_in: LogIn, deadline: Deadline) -> KnownToken:
        """A token that should still be good; logs in when there is none. Raises `Unreachable` past the deadline."""
        known = self._known
        if known is not None and self._is_fresh(known):
            return known
        return self._renew(None, log_in, deadline)

    def after_rejection(self, rejected: KnownToken, log_in: LogIn, deadline: Deadline) -> KnownToken:
        """Another token than the one just refused: a newer stored one if there is, else that of a new login."""
        return self._renew(rejected, log_in, deadline)

    def _renew(self, rejected: KnownToken | None, log_in: LogIn, deadline: Deadline) -> KnownToken:
        if not self._lock.acquire(timeout=deadline.remaining()):
            raise Unreachable("the login at the supplier takes too long", vendor_code="timeout")
        try:
            stored, generation = self._stored()
            if stored is None or not self._is_better(stored, rejected):
                stored = self._keep(log_in(deadline), generation)
            self._known = stored
            return stored
        finally:
            self._lock.release()

    def _is_better(self, stored: KnownToken, rejected: KnownToken | None) -> bool:
        return self._is_fresh(stored) and (rejected is None or stored.generation > rejected.generation)

    def _is_fresh(self, token: KnownToken) -> bool:
        return self._clock.now() < token.expires_at - MARGIN

    def _stored(self) -> tuple[KnownToken | None, int]:
        """The stored token, and the row's generation (0 without a row)."""
        with self._transaction() as session:
            row = session.get(SupplierToken, self._account)
            return (None, 0) if row is None else (self._opened(row), row.generation)

    def _keep(self, token: str, seen: int) -> KnownToken:
        try:
            return self._write(token, seen)
        except IntegrityError:
            # Another process made the first row between our look and our write.
            return self._write(token, seen)

    def _write(self, token: str, seen: int) -> KnownToken:
        now = self._clock.now()
        with self._transaction() as session:
            row = session.get(SupplierToken, self._account, with_for_update=True)
            if row is not None and row.generation > seen:
                newer = self._opened(row)
                if newer is not None:
                    return newer
            if row is None:
                row = SupplierToken(
                    account=self._account, sealed_token=b"", generation=0, obtained_at=now, expires_at=now
                )
            row.sealed_token = self._vault.seal(token)
            row.generation += 1
            row.obtained_at = now
            row.expires_at = now + LIFETIME
            session.add(row)
            return KnownToken(token, row.generation, row.expires_at)

    def _opened(self, row: SupplierToken) -> KnownToken | None:
        try:
            return KnownToken(self._vault.open_text(row.sealed_token), row.generation, row.expires_at)
        except VaultLocked:
            # Sealed under a key that is gone: a new login mends it.
            return None
