"""Names of vendors are looked up within the deadline of the call, whatever the resolver does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from storefront.gateways.calls import Deadline, connect_within

NAME = "vendor.example"


class Resolver:
    """The machine's resolver for one name: silent until told, then with an answer; addresses in figures go through."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self._real = real
        self.speaks = threading.Event()
        self.answer: Any = OSError("no such name")
        self.asked = 0

    def __call__(self, host: str, port: int, **how: Any) -> Any:
        if host != NAME or how.get("flags"):
            return self._real(host, port, **how)
        self.asked += 1
        self.speaks.wait(60)
        if isinstance(self.answer, OSError):
            raise self.answer
        return self._real(self.answer, port, **how)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """Stands where the operating system is asked."""
    resolver = Resolver(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver
    resolver.speaks.set()


def test_a_silent_resolver_is_waited_for_within_the_deadline(resolver: Resolver) -> None:
    """The call gives up although the resolver never said a word."""
    with pytest.raises(TimeoutError, match="not looked up"):
        connect_within(NAME, 443, Deadline(0.2))
    assert resolver.asked == 1
    assert not resolver.speaks.is_set()


def test_a_name_that_does_not_exist_is_said_at_once(resolver: Resolver) -> None:
    """The resolver's own error comes out, long before the deadline."""
    resolver.speaks.set()
    with pytest.raises(OSError, match="no such name"):
        connect_within(NAME, 443, Deadline(600))


def test_a_known_name_is_connected_to(resolver: Resolver) -> None:
    """A name leads where the resolver says."""
    resolver.answer = "127.0.0.1"
    resolver.speaks.set()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        connect_within(NAME, listener.getsockname()[1], Deadline(5)) as sock,
    ):
        assert sock.getpeername() == listener.getsockname()


def test_an_address_in_figures_asks_nobody(resolver: Resolver) -> None:
    """No resolver and no thread for the address of a machine."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        connect_within("127.0.0.1", listener.getsockname()[1], Deadline(5)),
    ):
        assert resolver.asked == 0
