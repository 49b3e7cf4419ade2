"""What letters are told: shapes that the views of other rooms fit without knowing of them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol


class OrderFacts(Protocol):
    """What a letter about an order asks of it; the templates may show more."""

    @property
    def reference(self) -> str:
        """Its public reference."""
        ...

    @property
    def locale(self) -> str:
        """The language the traveller bought in."""
        ...

    @property
    def time_zone(self) -> str:
        """On whose clocks the letter tells moments; empty for UTC."""
        ...

    @property
    def promise_until(self) -> dt.datetime | None:
        """When the eSIM was promised."""
        ...

    @property
    def refund(self) -> Any:
        """The money on its way back, if any."""
        ...


class CodeFacts(Protocol):
    """A sign-in code on its way to its mailbox."""

    @property
    def id(self) -> str:
        """Which code it is."""
        ...

    @property
    def email(self) -> str:
        """Where it goes."""
        ...

    @property
    def code(self) -> str:
        """The six digits, secret."""
        ...

    @property
    def locale(self) -> str:
        """The language it was asked for in."""
        ...

    @property
    def minutes(self) -> int:
        """How long it works."""
        ...


class CaseFacts(Protocol):
    """A case as its owner must know it."""

    @property
    def id(self) -> str:
        """Its number."""
        ...

    @property
    def kind(self) -> str:
        """What sort of trouble it is."""
        ...

    @property
    def order_id(self) -> str | None:
        """The order it is about."""
        ...

    @property
    def detail(self) -> str:
        """What happened, without secrets."""
        ...

    @property
    def owner(self) -> str:
        """Who must decide."""
        ...

    @property
    def opened_at(self) -> dt.datetime:
        """When it was opened."""
        ...

    @property
    def due_at(self) -> dt.datetime:
        """When it must be decided."""
        ...


class RenewalFacts(Protocol):
    """What a letter about an agreement to renew asks of it; the templates may show more."""

    @property
    def reference(self) -> str:
        """Its public reference."""
        ...

    @property
    def email(self) -> str:
        """Who agreed to it."""
        ...

    @property
    def locale(self) -> str:
        """The language it was agreed in."""
        ...

    @property
    def time_zone(self) -> str:
        """On whose clocks the letter tells moments; empty for UTC."""
        ...


class ClosingFacts(Protocol):
    """A closing of which at least one side was read; the templates may show more."""

    @property
    def reference(self) -> str:
        """Its public reference."""
        ...

    @property
    def email(self) -> str:
        """Where the proof goes."""
        ...

    @property
    def locale(self) -> str:
        """The language it was asked for in."""
        ...
