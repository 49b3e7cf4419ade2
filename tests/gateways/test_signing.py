"""The two signers: published vectors, published placeholders, and what must not matter."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from storefront.gateways.linksfield.signing import (
    CsssSigner,
    MallSigner,
    canonical,
    is_fresh,
    milliseconds_stamp,
    seconds_stamp,
)

NOW = dt.datetime.fromtimestamp(1643251754, dt.UTC)
COMMON = {"deviceCode": "89852420180910340793", "languageCode": "1", "mark": "0", "partnerCode": "P000270"}
V1 = COMMON | {
    "terminal": "1",
    "tradeTime": "1645683857572",
    "tradeType": "singleVerify",
    "url": "https://dist.linksfield.net/login",
    "version": "3.0",
}
V2 = COMMON | {
    "terminal": "0",
    "area": "欧洲",
    "tradeTime": "1645782486394",
    "tradeType": "singleServicePlanPage",
    "version": "3.0",
}
PLACEHOLDERS = ("b2a9e697bdff66049803d62ffeffccaf", "481e1335274f43b0070fcd94e0449fae")
SLOPPY = COMMON | {"terminal": "0", "tradeTime": "20181031256548", "tradeType": "verify", "version": "3.0"}
PUBLISHED_BODIES: dict[str, dict[str, str]] = {
    "singleOrder": SLOPPY
    | {
        "autoRenewal": "0",
        "orderNo": "2020061214140465562",
        "orderPeriod": "1",
        "packageCode": "PACKAGE20180428000007",
        "payAmount": "4.99",
        "payCurrency": "USD",
        "payId": "P0008182020061214140465562",
        "requestOrderId": "000000000001",
    },
    "singleQueryOrder": SLOPPY,
    "queryAutoRenewalRecord": SLOPPY | {"tradeType": "singleVerify"},
    "cancelAutoRenewalRecord": SLOPPY
    | {"orderNo": "2020061214140465562", "payId": "P0008182020061214140465562", "tradeType": "cancelAutoRenewalRecord"},
    "stripeSubDirectly": {
        "partnerCode": "P000270",
        "payAmount": "19.99",
        "payCurrency": "usd",
        "payId": "P0002702020110214193780630",
        "pm_id": "pm_1GnMUDLnVNBddzslXw7xuoe6",
        "tradeTime": "20181031256548",
        "tradeType": "payPalPay",
        "version": "3.0",
    },
    "resultQuery": {
        "partnerCode": "P000270",
        "payId": "20190321192436",
        "tradeTime": "20181031256548",
        "tradeType": "resultQuery",
        "version": "3.0",
    },
}
SIGNERS = [MallSigner(), MallSigner("a key"), CsssSigner("a secret")]
words = st.text("aZ09/\\\"' é欧洲\n\t\x01\x7f😀", max_size=12)
values = st.one_of(words, st.integers(), st.booleans())
parameters = st.dictionaries(st.text("abcXYZ_019", min_size=1, max_size=8).filter(lambda name: name != "sign"), values)


@pytest.mark.parametrize(
    ("vector", "signature"),
    [(V1, "ea7a3bba7e345e0b8ca7f7e3b43d6e72"), (V2, "3fdb15332726c77cd792ea2328f98a80")],
    ids=["V1", "V2"],
)
def test_the_genuine_examples_are_signed_as_published(vector: dict[str, str], signature: str) -> None:
    """Slashes unescaped, Chinese raw, no spaces, names in order, ``sign`` itself left out."""
    assert MallSigner().sign(vector) == signature
    assert MallSigner().sign(vector | {"sign": signature}) == signature
    assert MallSigner("a key").sign(vector) != signature


@pytest.mark.parametrize("operation", PUBLISHED_BODIES)
@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_placeholders_of_the_pages_are_no_signatures(operation: str, placeholder: str) -> None:
    """The two values that stand under many bodies belong to none of them."""
    for partner in ("P000270", "P000818", "P012345"):
        body = PUBLISHED_BODIES[operation] | {"partnerCode": partner}
        assert MallSigner().sign(body) != placeholder
        assert MallSigner().sign(body | {"sign": placeholder}) != placeholder


@given(parameters)
def test_the_canonical_text_is_what_the_reference_makes(given_ones: dict[str, Any]) -> None:
    """An independent rendering of the published rule agrees, numbers unquoted."""
    kept = {name: value for name, value in given_ones.items() if value != ""}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert canonical(given_ones) == text
    assert MallSigner().sign(given_ones) == hashlib.md5(text.encode()).hexdigest()
    assert CsssSigner("s").sign(given_ones) == base64.b64encode(hmac.digest(b"s", text.encode(), "sha1")).decode()


@given(parameters, st.randoms(use_true_random=False))
def test_the_order_of_names_does_not_matter(given_ones: dict[str, Any], chance: Any) -> None:
    """Two dictionaries with the same content have one signature."""
    shuffled = list(given_ones.items())
    chance.shuffle(shuffled)
    assert [signer.sign(dict(shuffled)) for signer in SIGNERS] == [signer.sign(given_ones) for signer in SIGNERS]


@given(parameters, st.sets(st.text("pqr", min_size=1, max_size=4)), st.sampled_from(["", None]))
def test_empty_values_do_not_count(given_ones: dict[str, Any], names: set[str], empty: str | None) -> None:
    """Names with empty text or null change nothing."""
    padded = dict.fromkeys(names, empty) | given_ones
    assert [signer.sign(padded) for signer in SIGNERS] == [signer.sign(given_ones) for signer in SIGNERS]


@given(parameters.filter(bool), st.data())
def test_a_changed_value_changes_the_signature(given_ones: dict[str, Any], data: Any) -> None:
    """No value can be exchanged unseen, not even a number for its digits as text."""
    name = data.draw(st.sampled_from(sorted(given_ones)))
    other = data.draw(st.one_of(values, st.just(str(given_ones[name]))))
    changed = given_ones | {name: other}
    assume(canonical(changed) != canonical(given_ones))
    assert type(other) is not type(given_ones[name]) or other != given_ones[name]
    for signer in SIGNERS:
        assert signer.sign(changed) != signer.sign(given_ones)


def test_numbers_of_pages_are_signed_unquoted() -> None:
    """The integers of queryOrder count as they are sent."""
    assert canonical({"page_size": 2, "page_no": 1, "order_id": ""}) == '{"page_no":1,"page_size":2}'


@given(words, words)
def test_a_signature_is_recognised_and_no_other(text: str, other: str) -> None:
    """The check accepts its own signature and nothing else, be it no Base64 at all."""
    signer = CsssSigner("a secret")
    assert signer.is_sign_of(signer.sign_text(text), text)
    assert not CsssSigner("another secret").is_sign_of(signer.sign_text(text), text)
    assert not signer.is_sign_of(other, text)


def test_half_a_character_fails_to_match_instead_of_failing() -> None:
    """JSON may carry a lone surrogate."""
    assert not CsssSigner("a secret").is_sign_of("AAAA", "\ud800")


def test_stamps_count_seconds_and_milliseconds() -> None:
    """CSSS gets ten digits, Mall thirteen."""
    assert seconds_stamp(NOW) == "1643251754"
    assert milliseconds_stamp(NOW + dt.timedelta(milliseconds=250)) == "1643251754250"


@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize(("off", "fresh"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_either_way_are_fresh(unit: int, off: int, fresh: bool) -> None:
    """In seconds as in milliseconds."""
    assert is_fresh(str((1643251754 + off) * unit), NOW) is fresh


@pytest.mark.parametrize("stamp", ["", "now", "1643251754.0", "-1643251754", "١٦٤٣٢٥١٧٥٤", "1" * 400, "²"])
def test_what_is_no_stamp_is_not_fresh(stamp: str) -> None:
    """Nothing but plain digits."""
    assert not is_fresh(stamp, NOW)
