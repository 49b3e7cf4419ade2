"""Compose the request for a payment page; it is stored as composed, so that a repeat is the same request."""

from __future__ import annotations

import datetime as dt
from typing import Any

from storefront.kernel.money import Money
from storefront.ports import PageRequest

# The cashier lets no page live shorter than 30 minutes; a minute is added because its clock is not ours.
SHORTEST_PAGE = dt.timedelta(minutes=31)


def to_json(request: PageRequest) -> dict[str, Any]:
    """As plain JSON for the call row."""
    return {
        "order_id": request.order_id,
        "reference": request.reference,
        "attempt": request.attempt,
        "minor": request.amount.minor,
        "currency": request.amount.currency,
        "title": request.title,
        "description": request.description,
        "email": request.email,
        "locale": request.locale,
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": request.expires_at.isoformat(),
        "note": request.note,
        "renews_every_days": request.renews_every_days,
        "renewal_id": request.renewal_id,
    }


def from_json(stored: dict[str, Any]) -> PageRequest:
    """The exact request again."""
    plain = {name: value for name, value in stored.items() if name not in {"minor", "currency", "expires_at"}}
    return PageRequest(
        **plain,
        amount=Money(stored["minor"], stored["currency"]),
        expires_at=dt.datetime.fromisoformat(stored["expires_at"]),
    )


def page_key(order_id: str, attempt: int) -> str:
    """The idempotency key of one attempt to open a page."""
    return f"order-{order_id}-pay-{attempt}"
