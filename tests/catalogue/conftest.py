"""A stall: a migrated database and a supplier on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.catalogue.making import Stall, open_stall
from tests.identity.making import copy_database, migrated_file


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file nothing was ever written to."""
    return migrated_file(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def stall(empty_database: Path, tmp_path: Path) -> Iterator[Stall]:
    """A stall of this test's own."""
    copy_database(empty_database, tmp_path / "stall.sqlite")
    opened = open_stall(tmp_path / "stall.sqlite")
    yield opened
    opened.engine.dispose()
