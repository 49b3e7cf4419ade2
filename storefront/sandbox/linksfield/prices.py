"""What plans cost: a supplier's odd numbers, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_PER_DAY_UNLIMITED = 1.9
_FIRST_GIGABYTE = 2.1
_EXPONENT = 0.74
_ENDINGS = (Decimal("0.99"), Decimal("0.5"), Decimal(0), Decimal("0.49"), Decimal("0.95"))
_WEIGHTS = (8, 4, 3, 2, 2)


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency the supplier quotes: its own number for it, and what one dollar is in it."""

    code: str
    number: int
    name: str
    symbol: str
    digits: int
    rate: Decimal


USD = Currency("USD", 2, "US Dollar", "$", 2, Decimal(1))
EUR = Currency("EUR", 3, "Euro", "€", 2, Decimal("0.92"))
GBP = Currency("GBP", 4, "Pound Sterling", "£", 2, Decimal("0.79"))
JPY = Currency("JPY", 5, "Japanese Yen", "¥", 0, Decimal(152))
CURRENCIES = {currency.code: currency for currency in (USD, EUR, GBP, JPY)}


@dataclass(frozen=True, slots=True)
class Price:
    """One quote: `amount` for one `period` of the package."""

    currency: Currency
    amount: Decimal

    @property
    def number(self) -> int | float:
        """The JSON number: 5 stays 5, 4.99 stays 4.99."""
        return number(self.amount)


def number(amount: Decimal) -> int | float:
    """A JSON number with the fewest digits that say the same."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def dollars(gigabytes: float, days: int, level: float, chance: random.Random) -> Decimal:
    """A dollar price with an odd ending; 0 gigabytes means unlimited. Never below 0.95."""
    raw = _PER_DAY_UNLIMITED * days**0.86 if gigabytes == 0 else _FIRST_GIGABYTE * gigabytes**_EXPONENT
    raw *= level * (1 + days / 240) * chance.uniform(0.92, 1.1)
    ending = chance.choices(_ENDINGS, _WEIGHTS)[0]
    return max(Decimal(int(raw)) + ending, Decimal("0.95"))


def quotes(usd: Decimal, currencies: tuple[Currency, ...]) -> tuple[Price, ...]:
    """The dollar price and what the supplier makes of it elsewhere, rounded as that currency is priced."""
    return (Price(USD, usd), *(Price(currency, _abroad(usd, currency)) for currency in currencies))


def _abroad(usd: Decimal, currency: Currency) -> Decimal:
    if currency.digits == 0:
        tens = (usd * currency.rate / 10).quantize(Decimal(1), ROUND_HALF_UP)
        return max(tens, Decimal(1)) * 10
    return (usd * currency.rate).quantize(Decimal("0.1"), ROUND_HALF_UP) - Decimal("0.01")
