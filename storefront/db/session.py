"""Engine and transactions. SQLite is opened for many processes; every write transaction begins as a writer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import Session

from storefront.ports import SessionFactory

SQLITE_PATIENCE = 15
"""Seconds a writer waits for the others before it gives up with "database is locked"."""
LOOK_AGAIN = 0.004
"""Seconds between two looks at a lock that another process holds."""

_open = threading.local()


def make_engine(address: str) -> Engine:
    """An engine for SQLite or PostgreSQL; statements' parameters never reach logs or errors."""
    if address.startswith("sqlite"):
        engine = create_engine(
            address,
            hide_parameters=True,
            connect_args={"timeout": SQLITE_PATIENCE, "check_same_thread": False},
            pool_size=20,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return create_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1),
        hide_parameters=True,
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=True,
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Autocommit mode hands BEGIN to us; see session_factory.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={1000 * SQLITE_PATIENCE}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_writing(connection: Connection) -> None:
    """Take SQLite's write lock at once.

    A deferred transaction that reads and then writes fails with "database is locked" among several processes; this one
    makes the others wait instead.
    """
    # SQLite's own patience sleeps up to a tenth of a second between two looks, while the lock is free a hundred times.
    plain = _plain(connection)
    until = time.monotonic() + SQLITE_PATIENCE
    plain.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                plain.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as refused:
                if refused.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(LOOK_AGAIN)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for an error like every other
    finally:
        plain.execute(f"PRAGMA busy_timeout={1000 * SQLITE_PATIENCE}")


def _begin_reading(connection: Connection) -> None:
    """Have every read of the transaction see the same moment; it keeps no writer waiting."""
    _plain(connection).execute("BEGIN")


def _plain(connection: Connection) -> sqlite3.Connection:
    plain: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
    return plain


class _Turn:
    """SQLite has one writer at a time and lets the others look again and again; those of one process queue instead."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mine = threading.local()

    def __enter__(self) -> None:
        # Whoever has waited that long goes on without its turn, and the database says what is wrong.
        self._mine.turn = self._lock.acquire(timeout=SQLITE_PATIENCE)

    def __exit__(self, *_: object) -> None:
        if self._mine.turn:
            self._lock.release()


class _Joining(Session):
    """A session that joins the transaction of a connection once somebody uses it; most transactions need none.

    To make and to close one costs as much as a statement. All that a session keeps, it keeps in attributes of its
    own, so that whatever is asked for first brings the whole of it about.
    """

    def __init__(self, connection: Connection) -> None:
        self.__dict__["info"] = {"connection": connection}

    def __getattr__(self, name: str) -> Any:
        if self._is_used:
            raise AttributeError(name)
        info = self.info
        super().__init__(info["connection"], expire_on_commit=False, join_transaction_mode="rollback_only", info=info)
        return getattr(self, name)

    @property
    def _is_used(self) -> bool:
        return "identity_map" in self.__dict__

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """As ever; without use there is nothing to write."""
        if self._is_used:
            super().flush(objects)

    def expire_all(self) -> None:
        """As ever; without use there is nothing to forget."""
        if self._is_used:
            super().expire_all()

    def close(self) -> None:
        """As ever; without use there is nothing to close."""
        if self._is_used:
            super().close()


def session_factory(
    engine: Engine, *, read_only: bool = False, after_commit: Callable[[list[Any]], None] | None = None
) -> SessionFactory:
    """A factory of transactions: commit on leaving, roll back on an exception. Nesting in one thread raises.

    `after_commit` is given the hints that were noted under ``session.info["staged"]``, once they are safely stored.
    """
    # The option tells listeners which transactions cannot have written.
    bound = engine.execution_options(read_only=True) if read_only else engine
    is_sqlite = engine.dialect.name == "sqlite"
    turn = _Turn() if is_sqlite and not read_only else nullcontext()
    # PostgreSQL's driver begins by itself. An engine-wide "begin" event would do the same for SQLite, and cost every
    # statement of it a look for other events.
    begin = (_begin_reading if read_only else begin_writing) if is_sqlite else None

    @contextmanager
    def transaction() -> Iterator[Session]:
        if transaction_is_open():
            raise RuntimeError("a transaction is already open in this thread")
        _open.flag = True
        try:
            with turn, bound.connect() as connection, connection.begin():
                if begin is not None:
                    begin(connection)
                session = _Joining(connection)
                try:
                    yield session
                    session.flush()
                finally:
                    session.close()
        finally:
            _open.flag = False
        staged = session.info.get("staged")
        if staged and after_commit is not None:
            after_commit(staged)

    return transaction


@contextmanager
def together(read: SessionFactory) -> Iterator[SessionFactory]:
    """Several looks in one transaction of `read`, which costs less than one each. Nothing slow belongs between them."""
    with read() as session:
        yield lambda: nullcontext(session)


def transaction_is_open() -> bool:
    """Whether this thread is inside a transaction; no outside call may start then."""
    return bool(getattr(_open, "flag", False))
