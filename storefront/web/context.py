"""What every view and template may ask about this request: the house, the traveller, the shop and the page.

Views of rooms with a locale (and currency) in their path receive both as arguments, checked before they run;
`url_for` fills them in. `current()` and `grant_order()` are for views that are not `Access.PUBLIC`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.wrappers import Response as AnyResponse

from storefront.identity import sessions
from storefront.identity.sessions import NOBODY, SessionView
from storefront.kernel.money import Money
from storefront.letters import wording
from storefront.models.order import Order
from storefront.settings import Settings
from storefront.sims.names import PlanTold, told_by
from storefront.web import i18n
from storefront.web.errors import SignInNeeded
from storefront.web.limits import Access, current_guard, is_secure, network_of, session_cookie_name
from storefront.wiring import House


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop as templates see it."""

    name: str
    tagline: str
    logo_path: str
    support_email: str
    announcement: str
    accent: str
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The page as templates see it; `is_public` pages are cached whole and say nothing about who reads them."""

    locale: str
    direction: str
    currency: str
    currencies: tuple[str, ...]
    languages: tuple[tuple[str, str], ...]
    path_without_prefix: str
    is_public: bool


class Traveller(UserMixin):  # type: ignore[misc]
    """What Flask-Login sees of a session: authenticated means that an address was proved."""

    def __init__(self, view: SessionView) -> None:
        self.view = view

    @property
    def is_authenticated(self) -> bool:
        """Whether views for proved addresses may run."""
        return self.view.is_signed_in


def house() -> House:
    """The house this application was made for."""
    found: House = current_app.extensions["house"]
    return found


def now() -> dt.datetime:
    """Business time, aware UTC."""
    return house().outside.clock.now()


def network() -> str:
    """The network this request comes from, as limits count it."""
    return network_of(request.remote_addr)


def current() -> SessionView:
    """Whose session this is (`NOBODY` for a stranger); read once, on first need. Raises on a public page."""
    declared = current_guard()
    if declared is not None and declared.access is Access.PUBLIC:
        raise RuntimeError("a public page is the same for everyone and must not look at the session")
    if "traveller" not in g:
        g.traveller = current_user.view
    view: SessionView = g.traveller
    return view


def grant_order(order_id: str) -> None:
    """Let this browser see the order from now on; a stranger gets a guest session, whose cookie goes out with it."""
    granting = Granting()
    with house().write() as session:
        granting.write(session, order_id)
    granting.keep()


class Granting:
    """As `grant_order`, for an order yet to be written: a call of it belongs into the transaction that writes it."""

    def __init__(self) -> None:
        self._view, self._at, self._token = current(), now(), ""

    def __call__(self, session: Session, order: Order) -> None:
        """What `ordering.place` writes beside a new order."""
        self.write(session, order.id)

    def write(self, session: Session, order_id: str) -> None:
        """Let this browser's session see the order, a new one if it has none."""
        if self._view.id is None:
            self._view, self._token = sessions.open_guest(session, now=self._at)
        sessions.grant(session, str(self._view.id), order_id=order_id, now=self._at)

    def keep(self) -> None:
        """Send the cookie of a new session, now that it is stored: one that is not would replace a good one."""
        if self._token:
            remember(self._view, self._token)


def session_token() -> str | None:
    """The token this request brought, if any."""
    return request.cookies.get(session_cookie_name(house().settings))


def remember(view: SessionView, token: str) -> None:
    """Let this answer carry a new token; the rest of this request already sees the new session."""
    g.traveller, g.new_token = view, token


def forget() -> None:
    """Let this answer take the session cookie away."""
    g.traveller, g.new_token = NOBODY, ""


def furnish(app: Flask, home: House) -> None:
    """Hang sessions, sign-in guard, template variables and filters on the app."""
    _furnish_sign_in(app, home)
    _furnish_templates(app, home.settings)

    @app.after_request
    def send_cookie(response: Response) -> Response:
        token = g.get("new_token")
        if token is not None:
            name, secure = session_cookie_name(home.settings), is_secure(home.settings)
            if token:
                life = int(sessions.EMAIL_LIFE.total_seconds())
                response.set_cookie(name, token, max_age=life, secure=secure, httponly=True, samesite="Lax")
            else:
                response.delete_cookie(name, secure=secure, httponly=True, samesite="Lax")
        elif _is_rolling():
            life = int(sessions.EMAIL_LIFE.total_seconds())
            name, secure = session_cookie_name(home.settings), is_secure(home.settings)
            response.set_cookie(name, session_token() or "", max_age=life, secure=secure, httponly=True, samesite="Lax")
        return response


def _is_rolling() -> bool:
    view: SessionView | None = g.get("traveller")
    return view is not None and view.is_stale and view.is_signed_in


def _furnish_sign_in(app: Flask, home: House) -> None:
    manager = LoginManager()
    # Its own after_request hook looks at the form cookie on every answer, which would make public pages vary by
    # cookie; all it does is a remember-me we do not offer. So the manager is attached without that hook.
    manager.session_protection = None
    app.login_manager = manager  # type: ignore[attr-defined]

    @manager.request_loader  # type: ignore[untyped-decorator]
    def load(_request: Any) -> Traveller:
        token = session_token()
        view = sessions.find(home.read, token, now=now()) if token else NOBODY
        if view.is_stale and view.id:
            sessions.touch(home.write, view.id, now=now())
        return Traveller(view)

    @manager.unauthorized_handler  # type: ignore[untyped-decorator]
    def send_to_sign_in() -> AnyResponse:
        if request.method not in ("GET", "HEAD"):
            raise SignInNeeded
        wanted = request.full_path.rstrip("?")
        return redirect(url_for("login.email", next=wanted), code=303)

    @app.before_request
    def guard_view() -> AnyResponse | None:
        declared = current_guard()
        if declared is not None and declared.access is Access.EMAIL and not current_user.is_authenticated:
            answer: AnyResponse = manager.unauthorized()
            return answer
        return None


def _furnish_templates(app: Flask, settings: Settings) -> None:
    shop = Shop(
        name=settings.name,
        tagline=settings.tagline,
        logo_path=settings.logo_path,
        support_email=settings.support_email,
        announcement=settings.announcement,
        accent=settings.accent_colour,
        is_demo=not settings.is_production and not settings.livemode,
    )
    languages = tuple((code, i18n.own_name(code)) for code in settings.languages)

    # A global and no variable: macros that use it need not be made anew for each page ("import … with context").
    app.jinja_env.globals["shop"] = shop

    @app.context_processor
    def variables() -> dict[str, object]:
        return {"page": _page(settings, languages)}

    @app.template_filter("money")
    def money(amount: Money) -> str:
        return wording.money(amount, i18n.current_locale())

    @app.template_filter("volume")
    def volume(data_mb: int) -> str:
        return wording.volume(data_mb, i18n.current_locale())

    @app.template_filter("when")
    def when(moment: dt.datetime) -> Markup:
        stamp = moment.astimezone(dt.UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(stamp, wording.when(moment, i18n.current_locale()))

    @app.template_filter("when_in")
    def when_in(moment: dt.datetime, zone: str, *, seconds: bool = False) -> Markup:
        stamp = moment.astimezone(dt.UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(
            stamp, wording.when_in(moment, i18n.current_locale(), zone, seconds=seconds)
        )

    @app.template_filter("seconds_left")
    def seconds_left(moment: dt.datetime) -> int:
        return max(0, round((moment - now()).total_seconds()))

    @app.template_filter("time_left")
    def time_left(moment: dt.datetime) -> str:
        """In words; nothing once the moment has passed."""
        left = moment - now()
        return wording.span(left, i18n.current_locale()) if left > dt.timedelta(0) else ""

    @app.template_filter("day")
    def day(date: dt.date) -> str:
        return wording.day(date, i18n.current_locale())

    @app.template_filter("told")
    def told(name: str) -> PlanTold:
        return told_by(name)

    @app.template_filter("brand")
    def brand(name: str) -> str:
        return wording.card_brand(name)

    @app.template_filter("mask_email")
    def mask_email(address: str) -> str:
        return wording.mask_email(address)


def _page(settings: Settings, languages: tuple[tuple[str, str], ...]) -> Page:
    locale, currency = i18n.current_locale(), i18n.current_currency()
    declared = current_guard()
    return Page(
        locale=locale,
        direction=wording.direction(locale),
        currency=currency,
        currencies=settings.currencies,
        languages=languages,
        path_without_prefix=_without_prefix(request.path, locale, currency),
        is_public=declared is not None and declared.access is Access.PUBLIC,
    )


def _without_prefix(path: str, locale: str, currency: str) -> str:
    # Pages without a currency in their path have no twin in another one: their switches lead to the start page.
    prefix = f"/{locale}/{currency.lower()}/"
    return path.removeprefix(prefix) if path.startswith(prefix) else ""
