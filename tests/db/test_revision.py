"""What the readiness probe believes about the schema is what Alembic says."""

from __future__ import annotations

from pathlib import Path

from alembic.migration import MigrationContext

from storefront.db import migrate, revision
from storefront.db.session import make_engine, session_factory


def test_it_agrees_with_alembic(tmp_path: Path) -> None:
    """An empty, a migrated and a stepped-back database get the same verdict as from Alembic itself."""
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    read = session_factory(engine, read_only=True)
    assert not revision.is_newest(read)
    migrate.upgrade(engine)
    assert revision.is_newest(read)
    assert migrate.is_current(engine)
    with engine.connect() as connection:
        assert set(MigrationContext.configure(connection).get_current_heads()) == revision.newest()
    migrate.downgrade(engine, "-1")
    assert not revision.is_newest(read)
    engine.dispose()
