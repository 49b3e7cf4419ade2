"""The composition root: settings in, a furnished house out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from storefront.db.vault import Vault
from storefront.ports import Outside, SessionFactory
from storefront.settings import Settings


@dataclass(frozen=True)
class House:
    """Everything an entrance needs; `hint` tells the workers about outbox rows that were just stored."""

    settings: Settings
    engine: Engine
    write: SessionFactory
    read: SessionFactory
    outside: Outside
    vault: Vault
    hint: Callable[[list[str]], None]
