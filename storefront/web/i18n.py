"""Languages: the path decides; a header only steers the first step through the door."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.support import Translations
from flask import Flask, abort, current_app, g, request
from flask_babel import Babel, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.routing import RequestRedirect

from storefront.settings import Settings


def furnish(app: Flask, settings: Settings, translations: Path) -> None:
    """Read locale and currency from the path (404 for ones we do not speak or take) and hand them to `url_for`."""
    app.config["BABEL_DEFAULT_LOCALE"] = settings.languages[0]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations)
    # The forms' sentences are all our own; the library would read its own ones from the disk for each form.
    app.config["WTF_I18N_ENABLED"] = False
    Babel(app, locale_selector=lambda: current_locale().replace("-", "_"), timezone_selector=lambda: "UTC")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda one: _sentences().ugettext(one),
        ngettext=lambda one, many, number: _sentences().ungettext(one, many, number),
        pgettext=lambda context, one: _sentences().upgettext(context, one),
        npgettext=lambda context, one, many, number: _sentences().unpgettext(context, one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = _sentence
    currencies = frozenset(code.lower() for code in settings.currencies)

    @app.url_value_preprocessor
    def read_prefix(_endpoint: str | None, values: dict[str, object] | None) -> None:
        given = _from_path(request.path) if values is None else values
        locale, currency = given.get("locale"), given.get("currency")
        g.locale = locale if locale in settings.languages else settings.languages[0]
        g.currency = str(currency).upper() if currency in currencies else settings.currencies[0]

    @app.before_request
    def check_prefix() -> None:
        given = request.view_args or {}
        if isinstance(request.routing_exception, RequestRedirect):
            # The start page's pattern would redirect any two words to itself; only real ones deserve that.
            given = _from_path(request.path)
        if given.get("locale", g.locale) != g.locale or given.get("currency", g.currency.lower()) not in currencies:
            abort(404)

    @app.url_defaults
    def write_prefix(endpoint: str, values: dict[str, object]) -> None:
        expected = _arguments(app, endpoint)
        if "locale" in expected:
            values.setdefault("locale", current_locale())
        if "currency" in expected:
            values.setdefault("currency", current_currency().lower())


@pass_eval_context
def _sentence(context: EvalContext, text: str, /, **values: object) -> str:
    """As the library's `_`, which makes three calls and a format for each of a page's hundred sentences."""
    found: str = _sentences().ugettext(text)
    if context.autoescape:
        found = Markup(found)  # noqa: S704 - our own sentences; what is put into them is escaped
    return found % values if values or "%" in found else found


def _sentences() -> Translations:
    """Those of this request's language; the library looks for the language again at each of a page's hundred."""
    found: Translations | None = g.get("sentences")
    if found is None:
        found = g.sentences = get_translations()
    return found


def _from_path(path: str) -> dict[str, object]:
    """Locale and currency of a path that no view answers, so that even its error page keeps them."""
    parts = [*path.split("/"), "", ""]
    return {"locale": parts[1], "currency": parts[2]}


def _arguments(app: Flask, endpoint: str) -> frozenset[str]:
    known: dict[str, frozenset[str]] = app.extensions.setdefault("endpoint_arguments", {})
    if endpoint not in known:
        rules = app.view_functions.get(endpoint) and app.url_map.iter_rules(endpoint)
        known[endpoint] = frozenset().union(*(rule.arguments for rule in rules or ()))
    return known[endpoint]


def current_locale() -> str:
    """The language of this request, for example ``en``."""
    return str(g.get("locale") or _house_settings().languages[0])


def current_currency() -> str:
    """The currency of this request in upper case; on pages without one in their path, the shop's first."""
    return str(g.get("currency") or _house_settings().currencies[0])


def _house_settings() -> Settings:
    settings: Settings = current_app.extensions["house"].settings
    return settings


def best_locale(settings: Settings) -> str:
    """The language we speak that this browser likes best."""
    return request.accept_languages.best_match(settings.languages) or settings.languages[0]


@lru_cache(maxsize=64)
def own_name(code: str) -> str:
    """What speakers of a language call it."""
    try:
        locale = Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return code
    return locale.get_display_name(locale) or code
