"""How Stripe signs a notice."""

from __future__ import annotations

import hashlib
import hmac


def signature(payload: bytes, secret: str, at: int) -> str:
    """The ``Stripe-Signature`` header over the exact bytes sent; `at` is wall time in seconds since 1970."""
    digest = hmac.new(secret.encode(), b"%d." % at + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def headers(payload: bytes, secret: str, at: int) -> dict[str, str]:
    """Everything a notice carries beside its body."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(payload, secret, at),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
