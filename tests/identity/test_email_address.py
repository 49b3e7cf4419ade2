"""Addresses become keys, and mistakes name their remedy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.identity import email_address
from storefront.identity.email_address import BadAddress, normalise_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.Lovelace@Example.COM ", "ada.lovelace@example.com"),
        ("ada+trip@mail.example.co.uk", "ada+trip@mail.example.co.uk"),
        ("zoë".replace("ë", "e") + "@bücher.example", "zoe@xn--bcher-kva.example"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("ada＠example.com", "ada@example.com"),
    ],
)
def test_one_spelling(typed: str, kept: str) -> None:
    """The same mailbox is the same key, however it was typed."""
    assert normalise_address(typed) == kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", email_address.MISSING),
        (None, email_address.MISSING),
        ("   ", email_address.MISSING),
        ("ada.example.com", email_address.NO_AT),
        ("ada@b@example.com", email_address.SEVERAL_ATS),
        ("ada lovelace@example.com", email_address.SPACES),
        ("ada@example.com\r\nBcc: eve@example.com", email_address.SPACES),
        ("ada\x00@example.com", email_address.SPACES),
        ("@example.com", email_address.NAME),
        (".ada@example.com", email_address.NAME),
        ("ada..l@example.com", email_address.NAME),
        ("zoë@example.com", email_address.NAME),
        (f"{'a' * 65}@example.com", email_address.NAME),
        ("ada@", email_address.DOMAIN),
        ("ada@localhost", email_address.DOMAIN),
        ("ada@example", email_address.DOMAIN),
        ("ada@-x.example", email_address.DOMAIN),
        ("ada@example..com", email_address.DOMAIN),
        ("ada@127.0.0.1", email_address.DOMAIN),
        ("ada@[127.0.0.1]", email_address.DOMAIN),
        (f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.com", email_address.TOO_LONG),
    ],
)
def test_mistakes_name_their_remedy(typed: str | None, sentence: str) -> None:
    """Each kind of mistake gets the sentence that helps with it, and the field it belongs to."""
    with pytest.raises(BadAddress) as refused:
        normalise_address(typed)
    assert refused.value.sentence == sentence
    assert refused.value.field == "email"


@given(st.text(max_size=300))
def test_never_anything_else(typed: str) -> None:
    """Whatever is typed, the answer is a plain ASCII address that is its own spelling, or a refusal."""
    try:
        kept = normalise_address(typed)
    except BadAddress:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert len(kept) <= 254
    assert normalise_address(kept) == kept
