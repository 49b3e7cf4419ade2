"""Languages and directions."""

from __future__ import annotations

from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask, g, render_template_string

from storefront.wiring import House
from tests.apps import create_app
from tests.web.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.parametrize(
    ("template", "reads"),
    [
        (
            """{{ _("To <b>%(place)s</b>", place="<i>Nice</i> & more") }}""",
            "To <b>&lt;i&gt;Nice&lt;/i&gt; &amp; more</b>",
        ),
        ("""{{ _("about %(percent)s %%", percent=70) }}""", "about 70 %"),
        ("""{{ _("100 %% of it") }}""", "100 % of it"),
        ("""{% autoescape false %}{{ _("To %(place)s", place="A & B") }}{% endautoescape %}""", "To A & B"),
    ],
)
def test_what_is_put_into_a_sentence_cannot_become_markup(many: Flask, template: str, reads: str) -> None:
    """The sentence is ours and may carry markup; its facts are a traveller's or a supplier's."""
    with many.test_request_context("/en/usd/"):
        assert render_template_string(template) == reads


def test_every_sentence_can_be_translated() -> None:
    """What code and templates say is in the file translators start from; `make messages` brings it up to date."""
    methods, options = [], {}
    cfg = ConfigParser()
    cfg.read(ROOT / "babel.cfg")
    for section in cfg.sections():
        method, pattern = section.split(": ")
        methods.append((pattern, method))
        options[pattern] = dict(cfg[section])
    keywords = {**DEFAULT_KEYWORDS, "_l": None, "N_": None}
    said = {message for _, _, message, _, _ in extract_from_dir(ROOT, methods, options, keywords=keywords)}
    with (ROOT / "translations" / "messages.pot").open("rb") as file:
        known = {message.id for message in read_po(file) if message.id}
    assert said == known, sorted(map(str, said ^ known))[:5]
