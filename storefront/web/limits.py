"""Who may call a view and how often: each view declares both, and one hook enforces them before the view runs."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from flask import Flask, current_app, g, request
from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.ids import token_hash
from storefront.settings import Settings
from storefront.web.windows import Windows

REDIS_PATIENCE = 0.2
REDIS_PAUSE = 5.0
View = TypeVar("View", bound=Callable[..., Any])
_log = structlog.get_logger(__name__)


class Access(StrEnum):
    """PUBLIC: the same for everyone, no session is read. GUEST: anyone, the session is read. EMAIL: proved address.

    VENDOR: a machine that signs what it sends, so no session and no form token. LOOPBACK: this machine only.
    STAFF and LEAD: people at the desk, by their own cookie.
    """

    PUBLIC = "public"
    GUEST = "guest"
    EMAIL = "email"
    VENDOR = "vendor"
    LOOPBACK = "loopback"
    STAFF = "staff"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Guard:
    """What one view declares: who may come in, the name of its rate, and the most bytes it takes (0: as set)."""

    access: Access
    limit: str
    body: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one network may call, and how often one session of it (empty: not counted)."""

    network: str
    session: str = ""


# Networks are shared by whole hotels and carriers, so their rates are wide; what must stay narrow (guesses of codes,
# open holds) is counted in the database by the room that knows what is at stake.
POLICIES: dict[str, Rate] = {
    "browse": Rate("1200/minute"),
    "search": Rate("240/minute"),
    "asset": Rate("3000/minute"),
    "api": Rate("600/minute"),
    "status": Rate("600/minute", "120/minute"),
    "order": Rate("300/minute", "120/minute"),
    "checkout": Rate("60/minute", "20/minute"),
    "pay": Rate("60/minute", "20/minute"),
    "sign_in": Rate("60/minute", "20/minute"),
    "sim_sign_in": Rate("60/minute", "20/minute"),
    "sim_ask": Rate("20/hour", "10/hour"),
    "code": Rate("60/minute", "20/minute"),
    "link": Rate("60/minute"),
    "desk": Rate("600/minute"),
    "desk_sign_in": Rate("60/minute"),
    "webhook": Rate("6000/minute"),
    "health": Rate("600/minute"),
}


_UNKNOWN = Guard(Access.LOOPBACK, "health")
"""Stands for a view nobody has looked at yet; compared by identity only."""


class TooManyRequests(StorefrontError):
    """A network or session called too often; `retry_after` is in seconds."""

    kind = Kind.THROTTLED
    code = "too_many_requests"

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after


def guard(*, access: Access, limit: str, body: int = 0) -> Callable[[View], View]:
    """Declare a view's access and rate. Stands below the route decorator; raises `KeyError` for an unknown rate."""
    declared = Guard(access, limit, body)
    POLICIES[limit]

    def mark(view: View) -> View:
        view.guard = declared  # type: ignore[attr-defined]
        return view

    return mark


def declared_by(app: Flask, endpoint: str | None) -> Guard | None:
    """What the view of this endpoint declares; None when it forgot to, or when there is no such view."""
    view = app.view_functions.get(endpoint) if endpoint else None
    found = getattr(view, "guard", None)
    return found if isinstance(found, Guard) else None


def current_guard() -> Guard | None:
    """What the view of this request declares; None when no view answers it. Looked up once, asked for by every hook."""
    declared: Guard | None = g.get("guard", _UNKNOWN)
    if declared is _UNKNOWN:
        declared = g.guard = declared_by(current_app, request.endpoint)
    return declared


@lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """The network an address stands for: one IPv4 address, or the /64 that one IPv6 subscriber holds."""
    try:
        found = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def comes_from_here() -> bool:
    """Whether this request was made on this machine, and not passed on by a proxy on it."""
    passed_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"))
    return is_loopback(request.remote_addr) and not passed_on


@lru_cache(maxsize=4096)
def is_loopback(address: str | None) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


class Limiter:
    """Counts calls in Redis when the shop has one, else in this process; a lost Redis must not close the shop."""

    def __init__(self, redis_url: str) -> None:
        self._local = FixedWindowRateLimiter(Windows())
        self._shared: FixedWindowRateLimiter | None = None
        self._lost_until = 0.0
        if redis_url:
            patience = {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE}
            storage: Storage = storage_from_string(redis_url, **patience)  # type: ignore[assignment]
            self._shared = FixedWindowRateLimiter(storage)
        self._rates: dict[str, list[tuple[str, RateLimitItem]]] = {
            name: [(by, parse(text)) for by, text in (("network", rate.network), ("session", rate.session)) if text]
            for name, rate in POLICIES.items()
        }

    def wait(self, name: str, keys: dict[str, str]) -> float:
        """Count one call of rate `name`; seconds to wait when it was one too many, else 0."""
        if self._shared is not None and time.monotonic() >= self._lost_until:
            try:
                return self._wait(self._shared, name, keys)
            except Exception as lost:  # noqa: BLE001 - whatever fails in the store's client: count here for a while
                self._lost_until = time.monotonic() + REDIS_PAUSE
                _log.warning("rate_store_lost", error=type(lost).__name__)
        return self._wait(self._local, name, keys)

    def _wait(self, counter: FixedWindowRateLimiter, name: str, keys: dict[str, str]) -> float:
        for by, rate in self._rates[name]:
            if by in keys and not counter.hit(rate, name, by, keys[by]):
                reset_at = counter.get_window_stats(rate, name, by, keys[by]).reset_time
                return max(1.0, reset_at - time.time())
        return 0.0


def furnish(app: Flask, settings: Settings) -> None:
    """Count every call before its view runs; raises `TooManyRequests`."""
    limiter = Limiter(settings.redis_url)
    cookie = session_cookie_name(settings)

    @app.before_request
    def count() -> None:
        declared = current_guard()
        if declared is None:
            return
        keys = {"network": network_of(request.remote_addr)}
        token = request.cookies.get(cookie)
        if token and declared.access is not Access.PUBLIC:
            keys["session"] = token_hash(token)
        wait = limiter.wait(declared.limit, keys)
        # The load of a measurement or a demo comes from this very machine; the count is made, the refusal is not.
        if wait and (settings.is_production or not is_loopback(request.remote_addr)):
            raise TooManyRequests(math.ceil(wait))


def session_cookie_name(settings: Settings) -> str:
    """The name of the session cookie; with https the browser itself refuses it from sibling hosts."""
    return "__Host-shop_session" if is_secure(settings) else "shop_session"


def is_secure(settings: Settings) -> bool:
    """Whether travellers reach the shop by https only."""
    return settings.is_production or settings.public_url.startswith("https://")
