"""Throw-away servers that misbehave to order, and the doors under test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlmodel import SQLModel

from storefront.db.session import make_engine, session_factory
from storefront.db.vault import Vault, new_key
from storefront.gateways.http import Http
from storefront.gateways.linksfield.esim import Linksfield
from storefront.gateways.linksfield.tokens import Tokens
from storefront.gateways.stripe.client import StripeCashier
from storefront.gateways.stripe.connection import connect
from storefront.kernel.clock import Clock
from storefront.ports import SessionFactory
from storefront.sandbox.http import Request, Response
from storefront.sandbox.linksfield import app as linksfield
from storefront.sandbox.listener import Listener
from storefront.sandbox.stripe import app as stripe
from storefront.sandbox.world import World

Behaviour = Callable[[socket.socket, bytes], None]
"""What a server does with one request: it gets the connection and the request's bytes."""


@dataclass
class Wire:
    """A server on loopback that plays one behaviour per request, the last one again and again."""

    behaviours: list[Behaviour]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        # Closing alone does not wake a thread that is waiting in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := read_request(connection):
                    self.requests.append(request)
                    behave = self.behaviours[min(len(self.requests), len(self.behaviours)) - 1]
                    behave(connection, request)
            except OSError:
                return


def read_request(connection: socket.socket) -> bytes:
    """One HTTP request, head and body; empty when the other side is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Starts a server that behaves as told."""
    started: list[Wire] = []

    def start(*behaviours: Behaviour) -> Wire:
        server = Wire(list(behaviours))
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def observed() -> list[tuple[str, str, str]]:
    """Vendor, operation and outcome of every finished call."""
    return []


@pytest.fixture
def http(observed: list[tuple[str, str, str]]) -> Http:
    """The door under test, with a small cap on bodies."""

    def observe(vendor: str, operation: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        observed.append((vendor, operation, outcome))

    return Http(observe, max_body_bytes=1024 * 1024)


@pytest.fixture
def write(tmp_path: Path) -> Iterator[SessionFactory]:
    """Transactions on a fresh database that has only the token's table."""
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    SQLModel.metadata.create_all(engine, tables=[SQLModel.metadata.tables["supplier_tokens"]])
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def offset_file(tmp_path: Path) -> Path:
    """Seconds written here move the shop's clock."""
    return tmp_path / "offset"


@pytest.fixture
def new_tokens(write: SessionFactory, offset_file: Path) -> Callable[[], Tokens]:
    """Makes the token keeper of one more process: same row, same vault, a memory of its own."""
    vault = Vault(new_key())
    return lambda: Tokens(write, vault, Clock(offset_file), account="shop@example.com")


@pytest.fixture
def new_supplier(http: Http, new_tokens: Callable[[], Tokens]) -> Callable[..., Linksfield]:
    """Makes a supplier client for an address."""

    def make(base_url: str, **changes: Any) -> Linksfield:
        wanted: dict[str, Any] = {
            "partner_code": "1000000005",
            "email": "shop@example.com",
            "password": "correct horse",
            "language": "en-US",
            "catalogue_api": "v1.1",
            "deadline": 3.0,
            "tokens": new_tokens(),
        }
        return Linksfield(http, base_url=base_url, **(wanted | changes))

    return make


@pytest.fixture
def new_cashier(http: Http) -> Callable[..., StripeCashier]:
    """Makes a cashier for an address."""

    def make(url: str, **changes: Any) -> StripeCashier:
        wanted: dict[str, Any] = {
            "api_key": "sk_test_of_the_house",
            "webhook_secret": "whsec_test",
            "livemode": False,
            "deadline": 3.0,
        }
        wanted |= changes
        door = {name: wanted.pop(name) for name in ("api_key", "deadline")}
        return StripeCashier(connect(http, url=url, **door), **wanted)

    return make


class Sandbox:
    """The pretend world from a test's side."""

    def __init__(self) -> None:
        self.world = World()
        self.supplier, handlers = linksfield.mount(self.world, linksfield.Options())
        handlers |= stripe.mount(self.world, shop_webhook_url="", webhook_secret="whsec_test", account="acct_1")

        def handle(request: Request) -> Response:
            return next(handle for prefix, handle in handlers.items() if request.path.startswith(prefix))(request)

        self._listener = Listener("127.0.0.1", 0, handle)
        self.url = self.world.base_url = f"http://127.0.0.1:{self._listener.port}"

    def stripe(self, path: str, **facts: Any) -> Any:
        """Ask the pretend Stripe's control for something."""
        answer = requests.post(f"{self.url}/stripe/_sandbox/{path}", json=facts, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def arm(self, target: str, kind: str, **params: Any) -> None:
        """Order one misfortune."""
        self.world.faults.arm(target, kind, **params)

    def stop(self) -> None:
        """End it."""
        self._listener.stop()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh pretend world."""
    handle = Sandbox()
    yield handle
    handle.stop()
