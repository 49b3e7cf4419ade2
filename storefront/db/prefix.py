"""Texts that begin with something, found by an ordinary index on every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

_LAST = "zzzz"


def begins_with(column: Any, prefix: str) -> ColumnElement[bool]:
    """Whether `column` begins with `prefix`.

    LIKE alone reads the whole table: on SQLite because it ignores case, on PostgreSQL because of the collation. The
    range narrows it by the index, LIKE then makes it exact. What follows the prefix must sort before ``zzzz``.
    """
    found = col(column)
    return and_(found >= prefix, found < prefix + _LAST, found.startswith(prefix, autoescape=True))
