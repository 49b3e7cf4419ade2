"""One package of the pretend supplier as it stands in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from storefront.sandbox.linksfield.prices import Price


@dataclass(slots=True)
class Package:
    """What is for sale. `megabytes` 0 means unlimited; `prices` are for one `period` of `unit`s.

    `stock` is how many profiles may still be reserved; `version` counts what the detail answer shows.
    """

    id: int
    code: str
    name: str
    summary: str
    description: str
    members: tuple[str, ...]
    megabytes: int
    period: int
    unit: str
    prices: tuple[Price, ...]
    stock: int
    kind: int
    min_period: int = 1
    max_period: int = 1
    sold: int = 0
    needs_confirmation: bool = False
    version: int = 0

    def set_price(self, currency: str, amount: Decimal) -> None:
        """Change one quote. Raises LookupError when the package has none in that currency."""
        if self.price_in(currency) is None:
            raise LookupError(currency)
        self.prices = tuple(
            Price(price.currency, amount) if price.currency.code == currency else price for price in self.prices
        )
        self.version += 1

    def raise_prices(self, factor: Decimal) -> None:
        """Multiply every quote, rounded as its currency is."""
        self.prices = tuple(
            Price(price.currency, (price.amount * factor).quantize(Decimal(1).scaleb(-price.currency.digits)))
            for price in self.prices
        )
        self.version += 1

    def price_in(self, currency: str) -> Price | None:
        """The quote in a currency, if the package has one."""
        return next((price for price in self.prices if price.currency.code == currency), None)
