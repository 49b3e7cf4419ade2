"""Plain makers for the tests of the doors: answers on the wire, requests for pages."""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections.abc import Callable
from typing import Any

from storefront.gateways.linksfield.esim import Linksfield
from storefront.kernel.money import Money
from storefront.ports import PageRequest

NewSupplier = Callable[..., Linksfield]
Observed = list[tuple[str, str, str]]


def says(body: Any, status: str = "200 OK", headers: str = "") -> Callable[[socket.socket, bytes], None]:
    """A server that answers with this JSON (or text)."""
    text = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(text)}\r\n\r\n"
    return lambda connection, _request: connection.sendall(head.encode() + text)


def parts(request: bytes) -> tuple[str, dict[str, str], str]:
    """Request line, headers with lower-case names, body."""
    head, _, body = request.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body


def page_request(order: str = "0190-a", attempt: int = 1, **changes: Any) -> PageRequest:
    """What a page is opened with."""
    wanted: dict[str, Any] = {
        "order_id": order,
        "reference": "7K3MXW0T9B",
        "attempt": attempt,
        "amount": Money(499, "USD"),
        "title": "Japan 5 GB",
        "description": "30 days from first use",
        "email": "traveller@example.com",
        "locale": "en",
        "success_url": "http://127.0.0.1:8000/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:8000/cancelled",
        "expires_at": dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=31),
    }
    return PageRequest(**(wanted | changes))
