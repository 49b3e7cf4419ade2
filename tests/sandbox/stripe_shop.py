"""A shop in miniature for the pretend Stripe's tests: the real library on one side, a webhook endpoint on the other."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
import stripe

from storefront.sandbox import server

SECRET = "whsec_of_the_tests"
KEY = "sk_test_of_the_tests"


@dataclass
class Endpoint:
    """A webhook endpoint that verifies with the real library and answers as it is told."""

    received: list[Any] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    seconds: float = 0.0
    url: str = ""

    def types(self) -> list[str]:
        return [event.type for event in self.received]

    def take(self, payload: bytes, signature: str | None) -> int:
        event = stripe.Webhook.construct_event(payload, signature, SECRET)
        time.sleep(self.seconds)
        self.received.append(event)
        return self.statuses.pop(0) if self.statuses else 200


@contextmanager
def listening() -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(endpoint.take(payload, self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Tests stay quiet."""

    house = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    house.daemon_threads = True
    thread = threading.Thread(target=house.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    endpoint.url = f"http://127.0.0.1:{house.server_address[1]}/webhooks/stripe"
    yield endpoint
    house.shutdown()
    thread.join()
    house.server_close()


class Shop:
    """What a shop does with Stripe, through the real library."""

    def __init__(self, running: Any, endpoint: Endpoint) -> None:
        self.url = running.url
        self.world = running.world
        self.endpoint = endpoint
        self.v1: Any = stripe.StripeClient(KEY, base_addresses={"api": f"{self.url}/stripe"}, max_network_retries=0).v1
        self.browser = requests.Session()

    def now(self) -> int:
        return int(self.world.clock.now().timestamp())

    def session_params(self, **changes: Any) -> Any:
        wanted: dict[str, Any] = {
            "mode": "payment",
            "line_items": [
                {
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": 1250,
                        "product_data": {"name": "Japan 5 GB", "description": "30 days from first use"},
                    },
                    "quantity": 1,
                }
            ],
            "allowed_payment_method_types": ["card"],
            "adaptive_pricing": {"enabled": False},
            "allow_promotion_codes": False,
            "client_reference_id": "ORDER-1",
            "customer_email": "ada@traveller.example",
            "locale": "auto",
            "submit_type": "pay",
            "custom_text": {"submit": {"message": "Your eSIM is ready in seconds."}},
            "metadata": {"order": "order-1"},
            "payment_intent_data": {
                "description": "Japan 5 GB",
                "metadata": {"order": "order-1"},
                "receipt_email": "ada@traveller.example",
            },
            "success_url": "http://shop.example/orders/1?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://shop.example/plans/1",
            "expires_at": self.now() + 1860,
        }
        wanted.update(changes)
        return {name: value for name, value in wanted.items() if value is not None}

    def opened(self, **changes: Any) -> Any:
        return self.v1.checkout.sessions.create(self.session_params(**changes))

    def typed(self, session: Any, number: str, **changes: str) -> requests.Response:
        """A buyer fills in the page and presses Pay."""
        form = {"number": number, "expiry": "12/34", "cvc": "123", "name": "Ada Lovelace", **changes}
        return self.browser.post(session.url, data=form, allow_redirects=False, timeout=20)

    def paid(self, number: str = "4242424242424242", **changes: Any) -> Any:
        """A session paid in one go, with everything expanded."""
        session = self.opened(**changes)
        assert self.control("pay", session.id, number=number)["result"] == "paid"
        return self.read(session.id)

    def read(self, session_id: str) -> Any:
        return self.v1.checkout.sessions.retrieve(
            session_id, {"expand": ["payment_intent.latest_charge", "line_items"]}
        )

    def control(self, verb: str, identifier: str = "", **facts: Any) -> Any:
        answer = requests.post(f"{self.url}/stripe/_sandbox/{verb}/{identifier}".rstrip("/"), json=facts, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def deliveries(self, event: str = "") -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/stripe/_sandbox/deliveries/{event}".rstrip("/"), timeout=20)
        found: list[dict[str, Any]] = answer.json()
        return found

    def eventually(self, seen: Callable[[], Any], seconds: float = 5.0) -> Any:
        """The first truthy value of `seen`; fails when none comes in time."""
        until = time.monotonic() + seconds
        while not (found := seen()):
            assert time.monotonic() < until, f"nothing came; received: {self.endpoint.types()}"
            time.sleep(0.02)
        return found


@contextmanager
def open_shop() -> Iterator[Shop]:
    with listening() as endpoint:
        running = server.start(shop_webhook_url=endpoint.url, webhook_secret=SECRET)
        shop = Shop(running, endpoint)
        shop.control("settings", check_answers=True)
        yield shop
        shop.browser.close()
        running.stop()
