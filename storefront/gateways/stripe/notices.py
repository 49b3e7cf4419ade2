"""Stripe's events: believed only with a good signature, a fresh stamp, our mode and no foreign account."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NoReturn

import stripe

from storefront.gateways.stripe.billing_objects import subscription_named_by
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import Refused, Unintelligible
from storefront.ports import CashierNotice

TOLERANCE_SECONDS = 300


class Notices:
    """Reads events sent to one endpoint with one secret."""

    def __init__(self, secret: str, *, livemode: bool) -> None:
        self._secret = secret
        self._livemode = livemode

    def read(self, payload: bytes, signature: str) -> CashierNotice:
        """The event in `payload`. Raises `Refused`, with a `vendor_code`, or `Unintelligible` for a signed riddle.

        Codes: ``door_closed`` (we have no secret), ``bad_signature`` (forged, stale or from the future),
        ``wrong_mode``, ``foreign_account``.
        """
        if not self._secret:
            _refuse("door_closed", "no webhook secret is configured")
        try:
            # The library's own events are objects all the way down; of ours eight plain fields are read.
            stripe.WebhookSignature.verify_header(payload, signature, self._secret, TOLERANCE_SECONDS)
            event = json.loads(payload)
        except stripe.SignatureVerificationError:
            _refuse("bad_signature", "the signature does not fit, or is too old")
        except (ValueError, AttributeError, TypeError):
            raise Unintelligible("stripe: a signed notice that is no event") from None
        # The library turns away old stamps only; a stamp from the future would stay good for as long as it likes.
        if _stamp(signature) > wall_now().timestamp() + TOLERANCE_SECONDS:
            _refuse("bad_signature", "the signature is from the future")
        return self._judge(event)

    def _judge(self, event: Mapping[str, Any]) -> CashierNotice:
        try:
            if event["object"] != "event":
                raise TypeError("a thin notice, or something else altogether")
            about = event["data"]["object"]
            notice = CashierNotice(
                event_id=str(event["id"]),
                type=str(event["type"]),
                object_id=str(about.get("id") or ""),
                payment_id=_payment_of(about),
                livemode=bool(event["livemode"]),
                created_at=dt.datetime.fromtimestamp(event["created"], dt.UTC),
                subscription_id=subscription_named_by(about),
            )
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
            raise Unintelligible("stripe: a signed notice that is no event") from None
        if notice.livemode is not self._livemode:
            _refuse("wrong_mode", "the notice is of the other mode, test or live")
        if event.get("account"):
            _refuse("foreign_account", "the notice is about another account")
        return notice


def _payment_of(about: Mapping[str, Any]) -> str | None:
    """The payment intent an event's object is, or belongs to."""
    if about.get("object") == "payment_intent":
        return str(about["id"])
    intent = about.get("payment_intent")
    if isinstance(intent, Mapping):
        intent = intent.get("id")
    return intent if isinstance(intent, str) else None


def _stamp(signature: str) -> int:
    """The newest time in a signature header; zero without one."""
    stamps = (part[2:] for part in signature.split(",") if part.startswith("t="))
    return max((int(stamp) for stamp in stamps if stamp.isdecimal()), default=0)


def _refuse(code: str, detail: str) -> NoReturn:
    raise Refused(f"stripe: {detail}", vendor_code=code)
