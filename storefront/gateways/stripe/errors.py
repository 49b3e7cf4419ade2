"""What the Stripe library raises, as the four shapes in which the outside fails us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from storefront.gateways.http import retry_after
from storefront.kernel.errors import (
    OutsideError,
    Refused,
    Throttled,
    Unintelligible,
    Unreachable,
)
from storefront.telemetry.redaction import redacted

_LONGEST_MESSAGE = 160


@contextmanager
def translated(call: str) -> Iterator[None]:
    """Run a call to the library; its errors leave as ours, with the vendor's code and its message without secrets."""
    try:
        yield
    except stripe.StripeError as failed:
        raise error_for(failed, call=call) from None


def error_for(failed: stripe.StripeError, *, call: str) -> OutsideError:
    """One library error as ours.

    A wrong key is `Refused` with the code ``auth``: the request was certainly not carried out. A server error may
    have had its effect, and Stripe replays it under the same key, so that it counts as `Unreachable`.
    """
    detail = f"{call}: {redacted(failed.user_message or '')[:_LONGEST_MESSAGE]}"
    if isinstance(failed, stripe.RateLimitError):
        return Throttled(detail, retry_after=retry_after(failed.headers or {}), vendor_code="rate_limit")
    if isinstance(failed, stripe.IdempotencyError):
        return Refused(detail, vendor_code="idempotency_error")
    if isinstance(failed, (stripe.AuthenticationError, stripe.PermissionError)):
        return Refused(f"{call}: the key is not accepted", vendor_code="auth")
    if isinstance(failed, (stripe.CardError, stripe.InvalidRequestError)):
        return Refused(detail, vendor_code=failed.code or "invalid_request", field=_field(failed))
    if isinstance(failed, (stripe.APIConnectionError, stripe.APIError)):
        return Unreachable(detail, vendor_code=_code(failed))
    return Unintelligible(detail, vendor_code=_code(failed))


def _field(failed: Any) -> str | None:
    """The parameter Stripe objects to, if it names one."""
    return getattr(failed, "param", None)


def _code(failed: stripe.StripeError) -> str:
    named = failed.code or getattr(failed.error, "code", None)
    return named or (f"http {failed.http_status}" if failed.http_status else "connection")
