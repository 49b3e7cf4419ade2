"""Activation codes: published vectors, malformed texts, and the text a QR code carries."""

import pytest

from storefront.kernel.activation_code import ActivationCode, NotAnActivationCode

TOKEN = "04386-AGYFT-A74Y8-3F815"


@pytest.mark.parametrize(
    ("text", "oid", "needs_confirmation"),
    [
        (f"1$SMDP.EXAMPLE.COM${TOKEN}", "", False),
        (f"LPA:1$SMDP.EXAMPLE.COM${TOKEN}", "", False),
        (f"lpa:1$smdp.example.com${TOKEN}", "", False),
        (f"1$SMDP.EXAMPLE.COM${TOKEN}$$1", "", True),
        (f"1$SMDP.EXAMPLE.COM${TOKEN}$1.3.6.1.4.1.31746$1", "1.3.6.1.4.1.31746", True),
        (f"1$SMDP.EXAMPLE.COM${TOKEN}$1.3.6.1.4.1.31746", "1.3.6.1.4.1.31746", False),
    ],
)
def test_published_vectors_are_read(text, oid, needs_confirmation):
    """Each form the specification allows is understood."""
    code = ActivationCode.parse(text)
    assert (code.oid, code.needs_confirmation, code.matching_id) == (oid, needs_confirmation, TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1$",
        "LPA:1$",
        "LPA:1$$$$",
        f"2$SMDP.EXAMPLE.COM${TOKEN}",
        f"1$192.168.1.1${TOKEN}",
        f"1$smdp.example.com:8443${TOKEN}",
        f"1$smdp.example.com${TOKEN}$",
        f"1$smdp.example.com${TOKEN}$$",
        f"1$smdp.example.com${TOKEN}$$1234",
        f"1$smdp.example.com${TOKEN}$1",
        "1$smdp.example.com$",
        "1$smdp.example.com$TO KEN",
        "https://cdn.example.com/qr.png",
        "iVBORw0KGgoAAAANSUhEUg",
        "<html><img src=x></html>",
        "1$" + "a" * 260 + ".example.com$T",
    ],
)
def test_everything_else_is_refused_without_repeating_it(text):
    """A malformed text raises, and the message holds no part of it."""
    with pytest.raises(NotAnActivationCode) as refused:
        ActivationCode.parse(text)
    assert len(text) < 12 or text not in str(refused.value)


@pytest.mark.parametrize("code", [f"LPA:1$smdp.example.com${TOKEN}", "LPA:1$SMDP.Example.COM$AbC"])
def test_the_code_keeps_its_case(code):
    """What goes into the QR code is what the supplier sent, to the letter."""
    assert ActivationCode.parse(code).lpa == code


def test_empty_fields_survive_the_way_back():
    """`$$1` stays `$$1`: a dropped field would turn the flag into an object identifier."""
    assert ActivationCode.parse(f"1$A.EXAMPLE.COM${TOKEN}$$1").lpa == f"LPA:1$A.EXAMPLE.COM${TOKEN}$$1"


def test_codes_do_not_show_in_representations():
    """A code printed by accident prints nothing."""
    assert TOKEN not in repr(ActivationCode.parse(f"1$smdp.example.com${TOKEN}"))
