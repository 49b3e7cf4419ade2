"""From what the supplier asks to what the traveller pays. Pure; no amount ever changes its currency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from storefront.kernel.money import Money, exponent

FALLBACK_CURRENCY = "USD"
_SMALLEST_STEP_OF_THREE_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """One price rule; both targets empty means every plan. `markup` is a factor on top (0.15 = 15 %)."""

    id: int
    plan_id: int | None
    destination_slug: str | None
    markup: Decimal
    round_to_minor: int


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """A price of the supplier as the catalogue keeps it: `amount` is its number as written."""

    currency: str
    currency_id: int
    amount: str

    @property
    def money(self) -> Money:
        """The quote in minor units."""
        return Money.from_decimal(self.amount, self.currency)


def rule_for(rules: Iterable[Rule], *, plan_id: int, destination_slug: str) -> Rule | None:
    """The most specific rule: for the plan, else for its main place, else for all; among equals the newest."""
    best: tuple[int, int] | None = None
    chosen = None
    for rule in rules:
        if rule.plan_id is not None:
            rank = 2 if rule.plan_id == plan_id else -1
        elif rule.destination_slug is not None:
            rank = 1 if rule.destination_slug == destination_slug else -1
        else:
            rank = 0
        if rank >= 0 and (best is None or (rank, rule.id) > best):
            best, chosen = (rank, rule.id), rule
    return chosen


def charged(asked: Money, rule: Rule | None) -> Money:
    """What the traveller pays for a quote: marked up, rounded up, at least one minor unit; unchanged without a rule.

    The cashier takes three-decimal currencies in steps of ten minor units only, so those are always rounded up to it.
    """
    step = _SMALLEST_STEP_OF_THREE_DECIMALS if exponent(asked.currency) == 3 else 1
    minor = Decimal(asked.minor)
    if rule is not None:
        minor *= 1 + rule.markup
        if rule.round_to_minor > 0:
            step = rule.round_to_minor if rule.round_to_minor % step == 0 else rule.round_to_minor * step
    steps = max(1, int((minor / step).to_integral_value(ROUND_CEILING)))
    return Money(steps * step, asked.currency)


def quote_for(quotes: Sequence[StoredQuote], currency: str) -> StoredQuote:
    """The quote a page in `currency` shows: in that currency, else in US dollars, else the supplier's first.

    Raises `ValueError` when there is none at all.
    """
    for wanted in (currency, FALLBACK_CURRENCY):
        for quote in quotes:
            if quote.currency == wanted:
                return quote
    if not quotes:
        raise ValueError("a plan without a quote cannot be priced")
    return quotes[0]
