"""The web entrance alone: a real database, nobody outside, a clock whose hands the test turns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from storefront.db.vault import new_key
from storefront.settings import Settings
from storefront.wiring import House, wire
from tests.apps import create_app
from tests.identity.making import Hands, copy_database, migrated_file
from tests.web.visitor import Visitor


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the schema once."""
    return migrated_file(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def hands() -> Hands:
    """Turn the house's clock with these."""
    return Hands()


@pytest.fixture
def open_house(migrated: Path, tmp_path: Path, hands: Hands) -> Iterator[Callable[..., House]]:
    """Opens a house with some settings changed."""
    opened: list[House] = []
    copy_database(migrated, tmp_path / "shop.sqlite")

    def furnish(**changes: object) -> House:
        values = {"data_dir": tmp_path, "vault_keys": new_key(), "secret_key": "a-secret-for-tests-that-is-long-enough"}
        made = wire(Settings(**{**values, **changes}))
        opened.append(made)
        return dataclasses.replace(made, outside=dataclasses.replace(made.outside, clock=hands))

    yield furnish
    for made in opened:
        made.engine.dispose()


@pytest.fixture
def quiet_house(open_house: Callable[..., House]) -> House:
    """Open a house with nobody outside."""
    return open_house()


@pytest.fixture
def quiet_app(quiet_house: House) -> Flask:
    """Assemble its web application."""
    return create_app(quiet_house)


@pytest.fixture
def visitor(quiet_app: Flask) -> Visitor:
    """Somebody in front of the shop, from a network that is not this machine."""
    return Visitor(quiet_app)
