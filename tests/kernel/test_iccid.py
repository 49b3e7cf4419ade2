"""ICCIDs as people type them."""

import pytest

from storefront.kernel.iccid import BadNumber, has_check_digit, masked, normalise, read_number

GOOD = "89852420180910340793"


@pytest.mark.parametrize(
    "typed",
    [GOOD, f"{GOOD}F", "8985 2420 1809 1034 0793", "8985-2420-1809-1034-0793", "8985\u20132420\u00a01809 1034 0793",
     f"ICCID: {GOOD}", f"My number is {GOOD}, thanks",
     "٨٩٨٥٢٤٢٠١٨٠٩١٠٣٤٠٧٩٣", f"\u200b{GOOD}\u200b", f"{GOOD}\n{GOOD}"],
)  # fmt: skip
def test_people_may_write_it_as_they_like(typed):
    """Blanks, dashes, a filler, other scripts, invisible marks and words around it do not matter."""
    assert read_number(typed) == GOOD


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("", "empty"), ("  ", "empty"), ("hello", "letters"), ("8985", "too_short"), (GOOD + "1", "too_long"),
     ("1234567890123456789", "not_89"), (f"{GOOD} or 89852022018041800192", "letters"), ("x" * 9000, "letters")],
)  # fmt: skip
def test_what_is_none_has_its_own_reason(typed, reason):
    """The reason picks the sentence; two different numbers are not one."""
    with pytest.raises(BadNumber) as wrong:
        read_number(typed)
    assert wrong.value.reason == reason


@pytest.mark.parametrize("digits", [17, 18, 20, 21])
def test_only_18_to_20_digits_are_a_number(digits):
    """Shorter and longer ones are not."""
    assert (normalise("89" + "1" * (digits - 2)) is not None) == (18 <= digits <= 20)


def test_the_check_digit_is_luhn():
    """A published number of cards fits; one digit off does not."""
    assert has_check_digit("4242424242424242")
    assert not has_check_digit("4242424242424243")


def test_masked_numbers_keep_both_ends():
    """Enough to recognise, too little to use."""
    assert masked(GOOD) == "8985…0793"
