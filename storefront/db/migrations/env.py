"""Alembic's entrance. Foreign keys are off on SQLite while tables are rebuilt, or a rebuild could empty a child."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Engine, event
from sqlmodel import AutoString

from storefront.db.session import begin_writing
from storefront.db.types import EnumByValue, UtcTime


def _plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    # Migrations must still run when our own types have changed or gone: they name plain SQL types only.
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EnumByValue):
        return "sa.String(32)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length})" if item.length else "sa.String()"
    return False


def run() -> None:
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # A pragma counts only outside a transaction; the raw connection has none open yet.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            event.listen(connection, "begin", begin_writing)
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes["metadata"],
            render_as_batch=is_sqlite,
            compare_type=True,
            render_item=_plain_types,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        if is_sqlite:
            connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


run()
