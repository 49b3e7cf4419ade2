"""Languages and directions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, g

from storefront.wiring import House
from tests.apps import create_app
from tests.web.visitor import Visitor


@pytest.fixture
def many(open_house: Callable[..., House]) -> Flask:
    """Assemble a shop of three languages and two currencies."""
    return create_app(open_house(languages=("en", "ar", "zh-Hans"), currencies=("USD", "JPY")))


@pytest.mark.parametrize(("locale", "direction"), [("en", "ltr"), ("ar", "rtl"), ("zh-Hans", "ltr")])
def test_a_page_says_its_language_and_direction(many: Flask, locale: str, direction: str) -> None:
    """The path decides the language, and the page runs the way the language does."""
    page = Visitor(many).ask(f"/{locale}/sign-in").text
    assert f'<html lang="{locale}" dir="{direction}">' in page
    assert "العربية" in page


def test_addresses_keep_language_and_currency(many: Flask) -> None:
    """Links made on a page stay in its language and currency, and the error page of a lost path does too."""
    with many.test_request_context("/ar/jpy/nowhere"):
        many.preprocess_request()
        assert (g.locale, g.currency) == ("ar", "JPY")
        assert many.url_for("shop.home") == "/ar/jpy/"
        assert many.url_for("login.email") == "/ar/sign-in"
        assert many.url_for("shop.home", currency="usd") == "/ar/usd/"


@pytest.mark.parametrize("path", ["/fr/sign-in", "/en/xyz/", "/EN/usd/", "/en/xyz", "/ar/sign-ins"])
def test_unknown_languages_and_currencies_do_not_exist(many: Flask, path: str) -> None:
    """What we do not speak or take is a 404, and never a redirect to another 404."""
    assert Visitor(many).ask(path).status_code == 404
