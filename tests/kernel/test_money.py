"""Money: whole minor units, right exponents, exact conversions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.kernel.money import Money, exponent


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("krw", 0)])
def test_exponents_follow_the_currency(currency, places):
    """Yen have no decimals, Kuwaiti dinars have three."""
    assert exponent(currency) == places


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("4.99", "USD", 499), ("5", "USD", 500), ("780", "JPY", 780), ("1.005", "KWD", 1005)],
)
def test_major_units_become_minor_units_exactly(amount, currency, minor):
    """What a supplier writes in major units is kept to the last minor unit."""
    assert Money.from_decimal(Decimal(amount), currency) == Money(minor, currency)


@pytest.mark.parametrize(("amount", "currency"), [("4.999", "USD"), ("0.5", "JPY"), ("abc", "USD"), ("NaN", "USD")])
def test_amounts_that_do_not_fit_are_refused(amount, currency):
    """An amount with more places than its currency, or none at all, is refused rather than rounded."""
    with pytest.raises(ValueError):
        Money.from_decimal(amount, currency)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_major_and_minor_are_two_spellings_of_one_amount(minor, currency):
    """Going to major units and back changes nothing."""
    money = Money(minor, currency)
    assert Money.from_decimal(money.decimal, currency) == money


def test_currencies_do_not_mix():
    """Adding dollars to yen is a mistake, not a sum."""
    with pytest.raises(ValueError):
        Money(1, "USD") + Money(1, "JPY")


@pytest.mark.parametrize("bad", [1.0, True, "1"])
def test_floats_are_no_money(bad):
    """Nothing but a whole number of minor units is accepted."""
    with pytest.raises(ValueError):
        Money(bad, "USD")
