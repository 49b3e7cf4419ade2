"""The room with a fresh database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storefront.db.session import make_engine, session_factory
from storefront.db.vault import Vault, new_key
from tests.identity.making import Hands, Room, copy_database, migrated_file


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the schema once."""
    return migrated_file(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def room(migrated: Path, tmp_path: Path) -> Iterator[Room]:
    """Open a room of this test's own."""
    engine = make_engine(f"sqlite:///{copy_database(migrated, tmp_path / 'shop.sqlite')}")
    yield Room(engine, session_factory(engine), session_factory(engine, read_only=True), Vault(new_key()), Hands())
    engine.dispose()
