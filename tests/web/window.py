"""A stocked shop that tests only look at: one for a whole file, with nobody outside."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from flask import Flask

from storefront.wiring import wire
from tests.apps import create_app
from tests.conftest import settings_for


@contextmanager
def window(stocked_database: Path, folder: Path) -> Iterator[Flask]:
    """The web application on a copy of the stocked database."""
    shutil.copy(stocked_database, folder / "shop.sqlite")
    house = wire(settings_for(SimpleNamespace(url="http://127.0.0.1:1", mail_port=1), folder))
    yield create_app(house)
    house.engine.dispose()
