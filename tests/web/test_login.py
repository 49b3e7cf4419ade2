"""Signing in and out through the pages."""

from __future__ import annotations

import pytest
from sqlmodel import select

from storefront.models.identity import SignInCode, WebSession
from storefront.web.login.routes import local_path
from tests.identity.making import Hands
from tests.web.visitor import Visitor


def test_a_traveller_signs_in_and_out(visitor: Visitor) -> None:
    """Address, code, own orders; after signing out the old cookie opens nothing."""
    sent = visitor.fill_in("/en/sign-in", email="Ada@Example.com")
    assert (sent.status_code, sent.location) == (303, "/en/sign-in/code")
    assert "ada@example.com" in visitor.ask("/en/sign-in/code").text
    done = visitor.fill_in("/en/sign-in/code", code=visitor.newest_code())
    assert (done.status_code, done.location) == (303, "/en/orders")
    token = visitor.cookie()
    out = visitor.fill_in("/en/sign-in", post_to="/en/sign-out")
    assert out.status_code == 303
    assert visitor.cookie() is None
    with visitor.house.read() as session:
        assert session.exec(select(WebSession.revoked_at)).one() is not None
    assert token


def test_the_session_token_changes_on_every_rise(visitor: Visitor) -> None:
    """Signing in again gives a new token, and the form cookie from before is worth nothing."""
    visitor.sign_in()
    first, form = visitor.cookie(), visitor.cookie("shop_form")
    visitor.sign_in()
    assert visitor.cookie() not in (None, first)
    assert form is None


def test_the_cookie_is_out_of_reach(visitor: Visitor) -> None:
    """The session cookie is HttpOnly and Lax, and lives thirty days."""
    done = visitor.sign_in()
    cookie = next(value for value in done.headers.getlist("Set-Cookie") if value.startswith("shop_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=2592000" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_new_network_signs_nobody_out(visitor: Visitor) -> None:
    """From Wi-Fi to mobile the session stays."""
    visitor.sign_in()
    before = visitor.cookie()
    visitor.network = "2001:db8::1"
    assert visitor.ask("/en/sign-in").status_code == 200
    assert visitor.cookie() == before


def test_the_answer_is_the_same_for_everybody(visitor: Visitor) -> None:
    """Nothing tells whether an address has bought here."""
    first = visitor.fill_in("/en/sign-in", email="known@example.com")
    second = visitor.fill_in("/en/sign-in", email="never-seen@example.com")
    assert (first.status_code, first.location) == (second.status_code, second.location)


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada @example.com", "a" * 300 + "@example.com", "a@b@c.example"])
def test_a_bad_address_names_field_and_remedy(visitor: Visitor, email: str) -> None:
    """The form comes back with a fault at its field; no code is made."""
    answer = visitor.fill_in("/en/sign-in", email=email)
    assert answer.status_code == 422
    assert 'id="email-fault"' in answer.text
    with visitor.house.read() as session:
        assert session.exec(select(SignInCode)).first() is None


def test_a_wrong_code_says_how_many_tries_are_left(visitor: Visitor) -> None:
    """Four sentences count down, the fifth try ends it, and a new code must be asked for."""
    visitor.fill_in("/en/sign-in", email="ada@example.com")
    right = visitor.newest_code()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        answer = visitor.fill_in("/en/sign-in/code", code=wrong)
        assert answer.status_code == 422
        assert f"{left} left" in answer.text
    assert "Too many wrong tries" in visitor.fill_in("/en/sign-in/code", code=wrong).text
    assert visitor.ask("/en/sign-in/code").location == "/en/sign-in"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12 34 5", "１２３"])
def test_a_slip_of_the_finger_costs_no_try(visitor: Visitor, typed: str) -> None:
    """What cannot be a code is not compared, and the field says what a code looks like."""
    visitor.fill_in("/en/sign-in", email="ada@example.com")
    assert visitor.fill_in("/en/sign-in/code", code=typed).status_code == 422
    with visitor.house.read() as session:
        assert session.exec(select(SignInCode.tries)).one() == 0


def test_codes_may_be_pasted_with_blanks_or_own_digits(visitor: Visitor) -> None:
    """Spaces, dashes and the digits of another script are forgiven."""
    visitor.fill_in("/en/sign-in", email="ada@example.com")
    code = visitor.newest_code()
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
    assert visitor.fill_in("/en/sign-in/code", code=f" {arabic[:3]}-{arabic[3:]} ").status_code == 303


def test_an_old_code_is_expired(visitor: Visitor, hands: Hands) -> None:
    """After ten minutes the page says so and leads to a new code."""
    visitor.fill_in("/en/sign-in", email="ada@example.com")
    code = visitor.newest_code()
    hands.forward(minutes=10)
    answer = visitor.fill_in("/en/sign-in/code", code=code)
    assert answer.status_code == 422
    assert "expired" in answer.text
    assert 'href="/en/sign-in"' in answer.text


def test_a_code_needs_the_browser_that_asked(visitor: Visitor, quiet_app) -> None:
    """Somebody who learns the code but did not ask for it has no page to type it into."""
    visitor.fill_in("/en/sign-in", email="ada@example.com")
    other = Visitor(quiet_app, network="198.51.100.1")
    assert other.ask("/en/sign-in/code").location == "/en/sign-in"


def test_the_fourth_code_waits(visitor: Visitor) -> None:
    """Asking too often is told in words and in Retry-After."""
    for _ in range(3):
        visitor.fill_in("/en/sign-in", email="ada@example.com")
    answer = visitor.fill_in("/en/sign-in", email="ada@example.com")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "15 minutes" in answer.text


def test_next_leads_within_the_shop_only(visitor: Visitor) -> None:
    """A signed-in traveller goes on to a path of ours, never to another site."""
    assert visitor.sign_in(next_path="/en/orders/7K3MXW0T9B").location == "/en/orders/7K3MXW0T9B"
    assert visitor.sign_in(next_path="https://evil.example/").location == "/en/orders"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\t//evil.example",
        "http:evil",
        "javascript:alert(1)",
        "en/orders",
        "/a\nb",
        "/" + "a" * 600,
    ],
)
def test_what_is_no_path_of_ours(text: str) -> None:
    """Whatever could leave the shop is dropped."""
    assert local_path(text) == ""
