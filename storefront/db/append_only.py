"""Tables whose rows are added and never changed: the database itself refuses, whoever asks.

For migrations. On SQLite a later migration that rebuilds such a table must protect it again.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'rows of % are added, never changed', TG_TABLE_NAME; END;
$$ LANGUAGE plpgsql
"""


def protect(connection: Connection, table: str) -> None:
    """Let the database refuse to change or delete rows of `table`."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(_REFUSE))
        connection.execute(
            text(
                f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        )
        return
    for verb in ("update", "delete"):
        connection.execute(
            text(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are added, never changed'); END"
            )
        )


def release(connection: Connection, table: str) -> None:
    """Take the protection away, for a migration that goes back."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_stays ON {table}"))
        return
    for verb in ("update", "delete"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
