"""The well-known test cards. Only brand and last four digits of a number are ever kept."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_BRANDS = (
    (r"4", "visa"),
    (r"5[1-5]|2[2-7]", "mastercard"),
    (r"3[47]", "amex"),
    (r"6(?:011|5)", "discover"),
    (r"35", "jcb"),
)


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a bank says no, in the words a buyer reads."""

    code: str
    message: str
    decline_code: str | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a payment card after its number was forgotten, and how the pretend bank will behave."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    name: str
    funding: str = "credit"
    decline: Decline | None = None
    decline_later: Decline | None = None
    challenge: bool = False
    challenge_always: bool = False
    refund: str = "succeeded"
    disputed: bool = False

    @property
    def fingerprint(self) -> str:
        """Stable per brand and last four digits; says nothing about the rest of the number."""
        return hashlib.sha256(f"{self.brand}{self.last4}".encode()).hexdigest()[:16]


GENERIC = Decline("card_declined", "Your card was declined.", "generic_decline")
DECLINES = {
    "4000000000000002": GENERIC,
    "4000000000009995": Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds"),
    "4000000000009987": Decline("card_declined", "Your card was declined.", "lost_card"),
    "4000000000009979": Decline("card_declined", "Your card was declined.", "stolen_card"),
    "4000000000000069": Decline("expired_card", "Your card has expired.", "expired_card", "exp_month"),
    "4000000000000127": Decline("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc", "cvc"),
    "4000000000000119": Decline(
        "processing_error", "An error occurred while processing your card. Try again.", "processing_error"
    ),
    "4100000000000019": Decline("card_declined", "Your card was declined.", "fraudulent"),
    "4000008400001629": GENERIC,
}
# Agrees while the buyer is there and declines every renewal. (The real service would decline the first payment too.)
DECLINES_LATER = {"4000000000000341": GENERIC}
CHALLENGES = {"4000002500003155", "4000002760003184", "4000008400001629"}
CHALLENGES_ALWAYS = {"4000002760003184"}
REFUNDS = {"4000000000007726": "settles_later", "4000000000005126": "fails_later"}
DISPUTED = {"4000000000000259"}
DEBIT = {"4000056655665556"}
SUCCESSES = {
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "2223003122003222",
    "6011111111111117",
    "3566002020360505",
}
KNOWN = SUCCESSES | DEBIT | DECLINES.keys() | DECLINES_LATER.keys() | CHALLENGES | REFUNDS.keys() | DISPUTED

# Shown on the page: what to type and what then happens.
HINTS = (
    ("4242 4242 4242 4242", "the payment succeeds"),
    ("4000 0000 0000 0002", "the bank declines"),
    ("4000 0025 0000 3155", "the bank asks you to confirm (3-D Secure)"),
    ("4000 0027 6000 3184", "the bank always asks you to confirm"),
    ("4000 0000 0000 9995", "not enough money on the account"),
    ("4000 0000 0000 0069", "the card has expired"),
    ("4000 0000 0000 0341", "pays now, declines every renewal"),
)


class InvalidCard(ValueError):
    """The form itself is wrong; no bank was asked. `field` names the input to correct."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _passes_luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def read_card(number: str, expiry: str, cvc: str, name: str, *, year: int, month: int) -> Card:
    """Check what a buyer typed and forget the number. Raises InvalidCard naming the field to correct."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"\d{12,19}", digits) or not _passes_luhn(digits):
        raise InvalidCard("number", "Your card number is invalid.")
    matched = re.fullmatch(r"\s*(\d{1,2})\s*[/ -]?\s*(\d{2}|\d{4})\s*", expiry)
    if matched is None or not 1 <= int(matched[1]) <= 12:
        raise InvalidCard("expiry", "Your card's expiration date is incomplete.")
    exp_month, exp_year = int(matched[1]), int(matched[2]) % 100 + 2000
    if (exp_year, exp_month) < (year, month):
        raise InvalidCard("expiry", "Your card's expiration date is in the past.")
    if not re.fullmatch(r"\d{3,4}", cvc.strip()):
        raise InvalidCard("cvc", "Your card's security code is incomplete.")
    brand = next((brand for pattern, brand in _BRANDS if re.match(pattern, digits)), "unknown")
    decline = DECLINES.get(digits)
    if digits not in KNOWN:
        decline = Decline(
            "card_declined",
            "Your card was declined. This is a test page: only test cards work here.",
            "test_mode_live_card",
        )
    return Card(
        brand=brand,
        last4=digits[-4:],
        exp_month=exp_month,
        exp_year=exp_year,
        name=name.strip(),
        funding="debit" if digits in DEBIT else "credit",
        decline=decline,
        decline_later=DECLINES_LATER.get(digits),
        challenge=digits in CHALLENGES,
        challenge_always=digits in CHALLENGES_ALWAYS,
        refund=REFUNDS.get(digits, "succeeded"),
        disputed=digits in DISPUTED,
    )
