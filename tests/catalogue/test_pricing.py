"""What a traveller pays, from what the supplier asks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.catalogue.pricing import Rule, StoredQuote, charged, quote_for, rule_for
from storefront.kernel.money import Money, exponent

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "GBP"])
AMOUNTS = st.builds(Money, st.integers(1, 10**9), CURRENCIES)
RULES = st.builds(
    Rule,
    id=st.integers(1, 50),
    plan_id=st.one_of(st.none(), st.integers(1, 3)),
    destination_slug=st.one_of(st.none(), st.sampled_from(["japan", "france"])),
    markup=st.decimals("-0.5", "3", places=4),
    round_to_minor=st.sampled_from([0, 1, 5, 9, 10, 50, 100]),
)


@given(AMOUNTS)
def test_without_a_rule_the_price_is_what_the_supplier_asks(asked: Money) -> None:
    """Nothing is added; only three-decimal currencies go up to the step the cashier takes."""
    paid = charged(asked, None)
    assert paid.currency == asked.currency
    if exponent(asked.currency) == 3:
        assert 0 <= paid.minor - asked.minor < 10
        assert paid.minor % 10 == 0
    else:
        assert paid == asked


@given(AMOUNTS, RULES)
def test_a_rule_never_changes_the_currency_and_never_rounds_down(asked: Money, rule: Rule) -> None:
    """The charged amount is positive, at least the marked-up amount, and less than one step above it."""
    paid = charged(asked, rule)
    exact = asked.minor * (1 + rule.markup)
    step = max(1, rule.round_to_minor) * (10 if exponent(asked.currency) == 3 else 1)
    assert paid.currency == asked.currency
    assert paid.minor >= 1
    assert paid.minor >= exact
    assert paid.minor - exact < step or paid.minor <= step


@given(AMOUNTS, RULES)
def test_rounding_lands_on_a_multiple(asked: Money, rule: Rule) -> None:
    """A price that is rounded to fifty is a multiple of fifty."""
    paid = charged(asked, rule)
    assert rule.round_to_minor == 0 or paid.minor % rule.round_to_minor == 0
    assert exponent(asked.currency) != 3 or paid.minor % 10 == 0


@given(st.lists(RULES, max_size=8))
def test_the_most_specific_rule_wins(rules: list[Rule]) -> None:
    """A rule for the plan beats one for the place, which beats one for everything; the newest of equals counts."""
    chosen = rule_for(rules, plan_id=1, destination_slug="japan")
    mine = [rule for rule in rules if rule.plan_id == 1]
    place = [rule for rule in rules if rule.plan_id is None and rule.destination_slug == "japan"]
    everything = [rule for rule in rules if rule.plan_id is None and rule.destination_slug is None]
    expected = mine or place or everything
    assert (chosen is None) == (not expected)
    assert chosen is None or (chosen in expected and chosen.id == max(rule.id for rule in expected))


def test_a_markup_with_rounding_reads_like_a_price() -> None:
    """4.99 plus 15 % rounded up to ten cents is 5.80."""
    rule = Rule(1, None, None, Decimal("0.15"), 10)
    assert charged(Money(499, "USD"), rule) == Money(580, "USD")


@pytest.mark.parametrize(
    ("quoted", "wanted", "shown"),
    [("USD EUR", "EUR", "EUR"), ("EUR USD", "JPY", "USD"), ("EUR GBP", "JPY", "EUR"), ("JPY", "USD", "JPY")],
)
def test_a_page_shows_its_own_currency_else_dollars_else_the_first(quoted: str, wanted: str, shown: str) -> None:
    """No amount is converted: another quote of the supplier is shown instead."""
    quotes = [StoredQuote(code, 1, "5") for code in quoted.split()]
    assert quote_for(quotes, wanted).currency == shown


def test_a_plan_without_a_quote_has_no_price() -> None:
    """Such a plan must never reach a page."""
    with pytest.raises(ValueError, match="without a quote"):
        quote_for([], "USD")
