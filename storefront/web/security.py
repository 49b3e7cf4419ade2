"""What every answer and every request must satisfy: headers, hosts, sizes, form tokens, cookie flags."""

from __future__ import annotations

import datetime as dt
import secrets
from functools import lru_cache, partial

import structlog
from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import NotFound, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from storefront.kernel.errors import Kind, StorefrontError
from storefront.settings import Settings
from storefront.web.limits import Access, comes_from_here, current_guard, is_secure

FORM_LIFE = dt.timedelta(hours=12)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)


class ForeignHost(StorefrontError):
    """The Host header names a shop that is not this one."""

    kind = Kind.REJECTED
    code = "host_unknown"


class ForeignForm(StorefrontError):
    """A form was sent here from another site."""

    kind = Kind.FORBIDDEN
    code = "form_foreign"


class Undeclared(StorefrontError):
    """A view declares no guard, so nobody may call it."""

    kind = Kind.BUG
    code = "view_undeclared"


def content_policy(settings: Settings) -> str:
    """The Content-Security-Policy: nothing inline, nothing foreign, and forms may lead on to the payment page only."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action 'self' {settings.stripe_page_origin} {settings.stripe_portal_origin}",
        )
    )


class _Sessions(SecureCookieSessionInterface):
    """As the framework's, which makes a signer for every request; the key of an application does not change."""

    _signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The signer of the one application this stands in."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """As the framework's; whoever brings no cookie at all has nothing to be verified."""
        return super().open_session(app, request) if "HTTP_COOKIE" in request.environ else self.session_class()


def furnish(app: Flask, settings: Settings) -> None:
    """Set the limits and flags of this app and hang the checks before and after every request."""
    secure = is_secure(settings)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=50,
        SESSION_COOKIE_NAME="__Host-shop_form" if secure else "shop_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PREFERRED_URL_SCHEME="https" if secure else "http",
        WTF_CSRF_TIME_LIMIT=int(FORM_LIFE.total_seconds()),
        # The token is asked for by `_check`, which knows the guard of the view. The Referer is not: order pages send
        # none, and Sec-Fetch-Site says the same without it.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = _Sessions()
    csrf = CSRFProtect(app)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies, x_host=0, x_port=0
        )
    fixed = _fixed_headers(settings)

    trusted = lru_cache(maxsize=64)(partial(host_is_trusted, trusted_list=settings.allowed_hosts))

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        # Probes of a load balancer speak to the bare address; what they get reflects nothing.
        if request.blueprint != "health" and not trusted(request.host):
            raise ForeignHost
        _check(settings, csrf)

    @app.after_request
    def dress(response: Response) -> Response:
        return _dress(response, fixed)


def _check(settings: Settings, csrf: CSRFProtect) -> None:
    declared = current_guard()
    most = declared.body if declared is not None and declared.body else settings.max_body_bytes
    request.max_content_length = most
    if request.content_length is not None and request.content_length > most:
        raise RequestEntityTooLarge
    if request.endpoint and declared is None:
        raise Undeclared(request.endpoint)
    if declared is not None and declared.access is Access.LOOPBACK and not comes_from_here():
        raise NotFound
    if request.method in _READING or declared is None or declared.access is Access.VENDOR:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForeignForm
    csrf.protect()


def _fixed_headers(settings: Settings) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": content_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if is_secure(settings):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def _dress(response: Response, fixed: dict[str, str]) -> Response:
    headers, declared = response.headers, current_guard()
    # A view may have set a stricter policy for what it hands out; the rest is the same everywhere.
    if "Content-Security-Policy" in headers:
        fixed = {name: value for name, value in fixed.items() if name != "Content-Security-Policy"}
    headers.extend(fixed)
    # The address of an order page must not travel to the pages it leads to.
    headers["Referrer-Policy"] = "no-referrer" if request.blueprint == "orders" else "same-origin"
    if response.status_code >= 400 or declared is None or declared.access is not Access.PUBLIC:
        headers["Cache-Control"] = "no-store"
    if "request_id" in g:
        headers["X-Request-Id"] = g.request_id
    return response
