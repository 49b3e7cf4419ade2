"""What became of a buyer's try to pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from storefront.sandbox.stripe.cards import Decline

AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "We could not confirm that the card is yours. Choose another card and try again.",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try. `event` is the notice the redirect may wait for."""

    result: Literal["paid", "declined", "challenge", "closed"]
    message: str = ""
    code: str | None = None
    decline_code: str | None = None
    redirect: str | None = None
    event: str | None = None


def declined(decline: Decline) -> Outcome:
    """The bank said no."""
    return Outcome("declined", decline.message, decline.code, decline.decline_code)
