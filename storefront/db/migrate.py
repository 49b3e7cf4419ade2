"""Migrations: one command brings any database to the newest schema; drift between models and schema is checked."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData

_HERE = Path(__file__).resolve().parent


def _config(engine: Engine, metadata: MetaData | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE / "migrations").replace("%", "%%"))
    config.attributes["engine"] = engine
    config.attributes["metadata"] = metadata
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`."""
    command.upgrade(_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision`."""
    command.downgrade(_config(engine), revision)


def new_revision(engine: Engine, message: str, metadata: MetaData) -> None:
    """Write a migration from the difference between `metadata` (the models) and the schema."""
    command.revision(_config(engine, metadata), message=message, autogenerate=True)


def drift(engine: Engine, metadata: MetaData) -> list[str]:
    """Every difference between `metadata` (the models) and the schema; empty when they agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, metadata)]


def is_current(engine: Engine) -> bool:
    """Whether the schema stands at the newest migration."""
    heads = set(ScriptDirectory.from_config(_config(engine)).get_heads())
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads
