"""Engine and transactions. SQLite is opened for many processes; every write transaction begins as a writer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlmodel import Session

from storefront.ports import SessionFactory

_open = threading.local()


def make_engine(address: str) -> Engine:
    """An engine for SQLite or PostgreSQL; statements' parameters never reach logs or errors."""
    if address.startswith("sqlite"):
        engine = create_engine(
            address, hide_parameters=True, connect_args={"timeout": 15, "check_same_thread": False}, pool_size=20
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    return create_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1),
        hide_parameters=True,
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=True,
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Autocommit mode hands BEGIN to us; see _begin_immediate.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A deferred transaction that reads and then writes fails with "database is locked" among several processes;
    # taking the write lock at once makes the others wait instead. Read-only ones say so and stay deferred.
    deferred = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


def session_factory(
    engine: Engine, *, read_only: bool = False, after_commit: Callable[[list[str]], None] | None = None
) -> SessionFactory:
    """A factory of transactions: commit on leaving, roll back on an exception. Nesting in one thread raises.

    `after_commit` is given the ids that were noted under ``session.info["staged"]``, once they are safely stored.
    """
    bound = engine.execution_options(read_only=True) if read_only else engine

    @contextmanager
    def transaction() -> Iterator[Session]:
        if transaction_is_open():
            raise RuntimeError("a transaction is already open in this thread")
        _open.flag = True
        try:
            with Session(bound, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            _open.flag = False
        staged = session.info.get("staged")
        if staged and after_commit is not None:
            after_commit(staged)

    return transaction


def transaction_is_open() -> bool:
    """Whether this thread is inside a transaction; no outside call may start then."""
    return bool(getattr(_open, "flag", False))
