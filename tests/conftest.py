"""Shared fixtures: a pretend outside world on a real socket, a migrated database, a furnished house."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from contextlib import closing

import pytest
from cryptography.fernet import Fernet
from pydantic_settings import BaseSettings

from storefront import cli
from storefront.catalogue.refresh import refresh
from storefront.db import migrate
from storefront.sandbox import server
from storefront.settings import Settings
from storefront.telemetry.logging import configure_logging
from storefront.wiring import wire
from tests.apps import create_app
from tests.driver import Traveller
from tests.postgres import Server, find_programs

WEBHOOK_SECRET = "whsec_for_tests_only"
VAULT_KEY = Fernet.generate_key().decode()


def pytest_collection_modifyitems(items):
    """Say why a test is skipped here, or refuse to skip where everything must run."""
    for item in items:
        if item.get_closest_marker("kill") or item.get_closest_marker("browser"):
            # One process runs all that take ports and whole machines, while another runs the rest.
            item.add_marker(pytest.mark.xdist_group("machine"))
        for name, finder in REQUIRED.items():
            if item.get_closest_marker(name) and not finder():
                if os.environ.get("REQUIRE_ALL"):
                    raise pytest.UsageError(f"{item.nodeid} needs {name}, which this machine lacks: {REMEDY[name]}")
                item.add_marker(pytest.mark.skip(reason=f"needs {name}: {REMEDY[name]}"))


def find_chromium():
    """Chromium's program, if there is one."""
    return next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


REQUIRED = {
    "postgres": find_programs,
    "redis": lambda: shutil.which("redis-server"),
    "browser": find_chromium,
    "kill": lambda: os.name == "posix",
}
REMEDY = {
    "postgres": "install postgresql",
    "redis": "install redis-server",
    "browser": "install chromium",
    "kill": "run on a POSIX system",
}


def settings_for(sandbox, data_dir, **changes):
    """Settings of a shop whose outside is the sandbox; calls may take one second."""
    values = {
        "data_dir": data_dir,
        "secret_key": "a-secret-for-tests-that-is-long-enough",
        "vault_keys": VAULT_KEY,
        "public_url": "http://127.0.0.1:8000",
        "supplier_url": f"{sandbox.url}/linksfield",
        "supplier_partner_code": "1000000005",
        "supplier_email": "shop@landfall.example",
        "supplier_password": "pretend-password",
        "supplier_money_unit": "major",
        "mall_shop_url": f"{sandbox.url}/linksfield-mall/vshop",
        "mall_payment_url": f"{sandbox.url}/linksfield-mall/payment",
        "mall_order_url": f"{sandbox.url}/linksfield-mall/topup",
        "csss_url": f"{sandbox.url}/linksfield-csss",
        "csss_access_code": "1000000005",
        "csss_secret": "pretend-csss-secret",
        "push_keys": {"K1": "pretend-push-key"},
        "supplier_deadline_seconds": 1.0,
        "stripe_deadline_seconds": 2.0,
        "unknown_patience_seconds": 0.0,
        "stripe_api_key": "sk_test_sandbox",
        "stripe_url": f"{sandbox.url}/stripe",
        "stripe_page_origin": sandbox.url,
        "stripe_portal_origin": sandbox.url,
        "stripe_webhook_secret": WEBHOOK_SECRET,
        "offset_file": data_dir / "clock-offset",
        "smtp_port": sandbox.mail_port or 1,
        "case_email": "desk@landfall.example",
    }
    return Settings(**{**values, **changes})


@pytest.fixture(scope="session", autouse=True)
def _logging():
    """Logs as in production, so that the redaction is what tests read."""
    configure_logging(production=True)


@pytest.fixture
def sandbox(tmp_path):
    """A pretend outside world of this test's own."""
    running = server.start(
        mail_port=0, seed=7, offset_file=tmp_path / "clock-offset", webhook_secret=WEBHOOK_SECRET, shop_webhook_url=""
    )
    yield running
    running.stop()


@pytest.fixture(scope="session")
def stocked_database(tmp_path_factory):
    """A migrated SQLite file whose catalogue was read from the sandbox; each test copies it."""
    folder = tmp_path_factory.mktemp("stocked")
    _stock(folder)
    copy = folder / "copy"
    with closing(sqlite3.connect(folder / "shop.sqlite")) as written, closing(sqlite3.connect(copy)) as whole:
        written.backup(whole)
    return copy


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """A PostgreSQL server of this run's own, with a stocked database called `stocked`."""
    server_of_ours = Server()
    try:
        _stock(tmp_path_factory.mktemp("stocked-pg"), database_url=server_of_ours.create("stocked"))
        yield server_of_ours
    finally:
        server_of_ours.stop()


def _stock(folder, **changes):
    running = server.start(mail_port=None, seed=7, webhook_secret=WEBHOOK_SECRET)
    try:
        house = wire(settings_for(running, folder, **changes))
        migrate.upgrade(house.engine)
        report = refresh(house.outside, house.write, settings=house.settings, now=house.outside.clock.now())
        assert report.plans > 200
        house.engine.dispose()
    finally:
        running.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """The address of a stocked database of this test's own, on each kind of database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("stocked_database"), tmp_path / "shop.sqlite")
        yield ""
        return
    ours, name = request.getfixturevalue("postgres"), f"t{secrets.token_hex(6)}"
    yield ours.create(name, "stocked")
    ours.drop(name)


@pytest.fixture
def house(sandbox, database_url, tmp_path):
    """A furnished house on a database of its own, with the sandbox outside."""
    made = wire(settings_for(sandbox, tmp_path, database_url=database_url))
    yield made
    made.engine.dispose()


@pytest.fixture
def app(house):
    """The web application of the house."""
    return create_app(house)


@pytest.fixture
def traveller(app, house, sandbox):
    """A person with a browser, in front of the shop."""
    return Traveller(app, house, sandbox)


@pytest.fixture
def run(house, monkeypatch):
    """`flask <words>` against the house of this test; returns exit code and output."""
    assert issubclass(type(house.settings), BaseSettings)
    monkeypatch.setattr(cli, "_house", lambda: house)
    monkeypatch.setattr(cli, "_settings", lambda: house.settings)
    runner = cli.make_app().test_cli_runner()

    def command(*words):
        done = runner.invoke(args=list(words))
        return done.exit_code, done.output + (str(done.exception) if isinstance(done.exception, SystemExit) else "")

    return command
