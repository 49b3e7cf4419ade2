"""Events of the cashier, signed as it signs them, at the shop's own door."""

import hmac
import json
import time

from tests.conftest import WEBHOOK_SECRET


def event(kind, about):
    """An event as the cashier sends it."""
    return {
        "id": f"evt_{kind}_{about.get('id', '')}",
        "object": "event",
        "type": kind,
        "created": 1_800_000_000,
        "livemode": False,
        "data": {"object": about},
    }


def deliver(traveller, body):
    """Knock at the shop's door for events; returns the status."""
    payload = json.dumps(body)
    at = int(time.time())
    mark = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.{payload}".encode(), "sha256").hexdigest()
    headers = {"Stripe-Signature": f"t={at},v1={mark}", "Content-Type": "application/json"}
    return traveller.browser.post("/webhooks/stripe", data=payload, headers=headers).status_code
