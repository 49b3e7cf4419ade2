"""Statements that are built once, with bind parameters, for what every purchase asks again and again.

Building a statement and tracking its rows cost several times what the database needs for the answer. Whoever wants
to change a row loads it through the session as usual, or runs an update built once; both ways see the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Executable, Insert, insert, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel
from sqlmodel.sql.expression import SelectOfScalar

Model = TypeVar("Model", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Either:
    """One statement as each database spells it."""

    sqlite: Executable
    postgresql: Executable


def either(build: Callable[[Any], Executable]) -> Either:
    """`build` with the insert construct of each database: "on conflict" belongs to neither's common part."""
    return Either(build(sqlite.insert), build(postgresql.insert))


def run(session: Session, statement: Executable | Either, **values: Any) -> CursorResult[*tuple[Any, ...]]:
    """Execute a statement built beforehand on the connection of this transaction; rows are plain tuples of columns.

    What the session still has to write goes first. Rows it has loaded do not follow what the statement changes.
    """
    session.flush()
    connection: Connection = session.info["connection"]
    if isinstance(statement, Either):
        statement = statement.postgresql if connection.dialect.name == "postgresql" else statement.sqlite
    return connection.execute(statement, values)


def rows(session: Session, statement: SelectOfScalar[Model], **values: Any) -> list[Model]:
    """As `run`, for whole rows that are only looked at.

    They have the model's columns by name, were never part of a session, and refuse to be changed.
    """
    return cast("list[Model]", run(session, statement, **values).all())


def first(session: Session, statement: SelectOfScalar[Model], **values: Any) -> Model | None:
    """The first of `rows`, if there is one."""
    return cast("Model | None", run(session, statement, **values).first())


def put(session: Session, row: SQLModel) -> None:
    """Insert a new row at once. The session does not track it, and a number the database gives it is not read back."""
    statement, names = _insert_of(type(row))
    values = {name: getattr(row, name) for name in names}
    if values.get("id", "") is None:
        del values["id"]
    run(session, statement, **values)


@cache
def _insert_of(model: type[SQLModel]) -> tuple[Insert, tuple[str, ...]]:
    return insert(model), tuple(attribute.key for attribute in inspect(model).column_attrs)
