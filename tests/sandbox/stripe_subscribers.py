"""What the tests of subscriptions share: a shop whose buyers subscribe, and a clock that leaps."""

from __future__ import annotations

from typing import Any

import requests

from tests.sandbox.stripe_shop import Shop

DAY = 86_400
HOUR = 3600
GOOD, DECLINES_LATER, ASKS_ALWAYS = "4242424242424242", "4000000000000341", "4000002760003184"


def recurring(**changes: Any) -> list[dict[str, Any]]:
    """One line item that repeats every 30 days; changes go to its price."""
    price = {
        "currency": "usd",
        "unit_amount": 1250,
        "product_data": {"name": "Japan 5 GB"},
        "recurring": {"interval": "day", "interval_count": 30},
        **changes,
    }
    return [{"price_data": price, "quantity": 1}]


class Subscribers:
    """A shop in miniature that sells subscriptions."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.v1 = shop.v1

    def opened(self, **changes: Any) -> Any:
        wanted: dict[str, Any] = {
            "mode": "subscription",
            "line_items": recurring(),
            "payment_intent_data": None,
            "submit_type": None,
            "subscription_data": {"metadata": {"renewal": "renewal-1"}, "description": "Japan 5 GB, again"},
        }
        return self.shop.opened(**{**wanted, **changes})

    def subscribed(self, number: str = GOOD, **changes: Any) -> Any:
        """A subscription paid for on the page."""
        session = self.opened(**changes)
        assert self.shop.control("pay", session.id, number=number)["result"] == "paid"
        return self.read(self.v1.checkout.sessions.retrieve(session.id).subscription)

    def read(self, subscription: str) -> Any:
        return self.v1.subscriptions.retrieve(subscription, {"expand": ["latest_invoice.payments"]})

    def invoices(self, subscription: str) -> list[Any]:
        """Oldest first."""
        return list(reversed(self.v1.invoices.list({"subscription": subscription, "limit": 100}).data))

    def later(self, seconds: float) -> None:
        """Move the clock and let what became due happen."""
        self.shop.world.clock.move(seconds)
        self.v1.balance.retrieve()

    def until(self, stamp: int) -> None:
        """Move the clock to just after a stamp."""
        self.later(stamp - self.shop.world.clock.now().timestamp() + 1)

    def told(self, since: int = 0) -> list[Any]:
        """The event log, oldest first."""
        found: list[Any] = []
        after: dict[str, Any] = {}
        while True:
            page = self.v1.events.list({"limit": 100, **after})
            found += page.data
            if not page.has_more:
                return [event for event in reversed(found) if event.created >= since]
            after = {"starting_after": found[-1].id}

    def get(self, verb: str) -> Any:
        answer = requests.get(f"{self.shop.url}/stripe/_sandbox/{verb}", timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()
