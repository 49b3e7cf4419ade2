"""Money as whole minor units of one currency; currency exponents from ISO 4217 as Stripe charges them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_NO_DECIMALS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split())  # noqa: SIM905
_THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def exponent(currency: str) -> int:
    """Decimal places of `currency` (JPY 0, USD 2, KWD 3)."""
    code = currency.upper()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units of `currency` (three upper-case letters). Sums of different currencies raise `ValueError`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise ValueError("money is a whole number of minor units")  # noqa: TRY004 - bad input like any other
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise ValueError("a currency is three upper-case letters")

    @classmethod
    def from_decimal(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Exact conversion from major units; raises `ValueError` when the amount has more places than the currency."""
        code = currency.upper()
        try:
            scaled = Decimal(amount).scaleb(exponent(code))
        except InvalidOperation as broken:
            raise ValueError("not an amount of money") from broken
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"amount has more decimals than {code} allows")
        return cls(int(scaled), code)

    @property
    def decimal(self) -> Decimal:
        """Major units, exact, with the currency's number of places."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def times(self, factor: Decimal | int) -> Money:
        """Multiplied and rounded half up to a whole minor unit."""
        return Money(int((Decimal(self.minor) * factor).to_integral_value(ROUND_HALF_UP)), self.currency)

    def _same(self, other: Money) -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"
