"""The mask that is found at once is the one the library finds module by module."""

import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st
from qrcode import util

from storefront.delivery.qr_mask import Code, penalty, picture_of

LEVELS = st.sampled_from([qrcode.ERROR_CORRECT_L, qrcode.ERROR_CORRECT_M, qrcode.ERROR_CORRECT_Q])


def made(kind, text, level=qrcode.ERROR_CORRECT_M, mask=None):
    """A code of `kind`, drawn."""
    code = kind(error_correction=level, mask_pattern=mask)
    code.add_data(text)
    code.make(fit=True)
    return code


@given(st.text(min_size=1, max_size=120), LEVELS)
def test_the_code_is_the_library_s_own_module_by_module(text, level):
    """Any text, any size, any level: nobody could tell the two apart."""
    assert made(Code, text, level).modules == made(qrcode.QRCode, text, level).modules


@pytest.mark.parametrize("mask", range(8))
@pytest.mark.parametrize("text", ["1", "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815", "A" * 150])
def test_every_mask_costs_what_it_costs_the_library(text, mask):
    """Not only the choice: the penalty points of good and bad masks alike."""
    modules = made(qrcode.QRCode, text, mask=mask).modules
    assert penalty(picture_of(modules), len(modules)) == util.lost_point(modules)


@pytest.mark.parametrize("shade", [True, False])
@pytest.mark.parametrize("side", [21, 45])
def test_a_picture_of_one_colour_breaks_every_rule_it_can(shade, side):
    """The edges of a picture: the longest runs there are, blocks up to the border, no share of the other colour."""
    modules = [[shade] * side for _ in range(side)]
    assert penalty(picture_of(modules), side) == util.lost_point(modules)


def test_finder_patterns_count_at_the_edges_and_not_across_them():
    """A pattern that ends one line and begins the next is none."""
    dark = [c == "1" for c in "00001011101"]
    modules = [[False] * 21 for _ in range(21)]
    modules[3][:11], modules[9][10:], modules[12][15:], modules[13][:5] = dark, dark, dark[:6], dark[6:]
    assert penalty(picture_of(modules), 21) == util.lost_point(modules)
