"""eSIM profiles that look real and install nowhere: the n-th of a package is the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

_HOSTS = ("smdp.example.com", "rsp-eu.smdp.example.com", "consumer.smdp.example.net", "SMDP.EXAMPLE.ORG")
_ISSUERS = ("8985224", "8944474", "8931081", "8966052", "8910300")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_MIXED = _LETTERS + "abcdefghijkmnopqrstuvwxyz"
_MISPRINTED_OF = 50


@dataclass(frozen=True, slots=True)
class Profile:
    """One eSIM: number, activation code as a QR carries it, and the confirmation code if its phone asks for one."""

    iccid: str
    activation_code: str
    confirmation_code: str


def profile(seed: int, package_id: int, nth: int, *, needs_confirmation: bool) -> Profile:
    """The n-th profile of a package. One ICCID in fifty fails Luhn, as real ones sometimes do."""
    chance = random.Random(f"{seed}:{package_id}:{nth}")
    host = chance.choice(_HOSTS)
    if chance.random() < 0.5:
        token = "-".join("".join(chance.choices(_LETTERS, k=5)) for _ in range(4))
    else:
        token = "".join(chance.choices(_MIXED, k=chance.choice((16, 24, 32))))
    code = f"LPA:1${host}${token}" + ("$$1" if needs_confirmation else "")
    confirmation = "".join(chance.choices("0123456789", k=6)) if needs_confirmation else ""
    return Profile(_iccid(chance, package_id, nth), code, confirmation)


def _iccid(chance: random.Random, package_id: int, nth: int) -> str:
    # The factor has no divisor in common with the modulus: numbers jump about and are never given twice.
    account = f"{package_id % 100_000:05d}{(nth * 7_919 + package_id * 1_237) % 10_000_000:07d}"
    if chance.random() < 0.5:
        account = account[1:]
    body = chance.choice(_ISSUERS) + account
    check = luhn_digit(body)
    if chance.randrange(_MISPRINTED_OF) == 0:
        check = (check + 3) % 10
    return f"{body}{check}"


def luhn_digit(digits: str) -> int:
    """The digit that makes `digits` followed by it pass Luhn."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10
