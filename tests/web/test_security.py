"""Headers, hosts, sizes, form tokens, cookies, rates."""

from __future__ import annotations

import datetime as dt
import gzip
import inspect
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, request
from gunicorn.config import Config

from storefront.web import context
from storefront.web.limits import POLICIES, Access, Limiter, guard, network_of
from storefront.wiring import House
from tests.apps import create_app
from tests.identity.making import make_order
from tests.web.visitor import Visitor

SECURE = "https://shop.example"


@pytest.fixture
def secure_app(open_house: Callable[..., House]) -> Flask:
    """A shop that travellers reach by https, behind one proxy."""
    return create_app(open_house(public_url=SECURE, trusted_proxies=1, stripe_page_origin="https://pay.example"))


def test_pages_carry_the_strict_headers(visitor: Visitor) -> None:
    """Nothing inline, nothing foreign, no sniffing, no framing, no storing."""
    headers = visitor.ask("/en/sign-in").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self' https://checkout.stripe.com https://billing.stripe.com"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_errors_carry_them_too(visitor: Visitor) -> None:
    """A refused request is dressed like any other answer."""
    for answer in (visitor.ask("/nowhere"), visitor.ask("/", headers={"Host": "evil.example"})):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-Id"]


def test_https_adds_hsts_and_locks_the_cookies(secure_app: Flask) -> None:
    """Over https both cookies are Secure and bound to this very host, and the browser must come back by https."""
    visitor = Visitor(secure_app, base_url=SECURE)
    done = visitor.sign_in()
    cookies = done.headers.getlist("Set-Cookie")
    session_cookie = next(value for value in cookies if value.startswith("__Host-shop_session="))
    assert "Secure" in session_cookie
    assert "Path=/" in session_cookie
    form = visitor.ask("/en/sign-in")
    form_cookie = next(value for value in form.headers.getlist("Set-Cookie") if value.startswith("__Host-shop_form="))
    assert "Secure" in form_cookie
    assert "HttpOnly" in form_cookie
    assert "SameSite=Lax" in form_cookie
    assert form.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "https://pay.example" in form.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "a b"])
def test_foreign_hosts_are_refused(visitor: Visitor, host: str) -> None:
    """A Host header that is not ours is a 400, and its name is not repeated."""
    answer = visitor.ask("/en/sign-in", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_a_proxy_is_believed_about_the_visitor_but_not_about_the_host(secure_app: Flask) -> None:
    """With one trusted proxy the last address counts; X-Forwarded-Host changes nothing."""
    seen: list[tuple[str | None, str]] = []

    @guard(access=Access.GUEST, limit="browse")
    def look() -> str:
        seen.append((request.remote_addr, request.host))
        return ""

    secure_app.add_url_rule("/look", "look", look)
    visitor = Visitor(secure_app, network="127.0.0.1", base_url=SECURE)
    visitor.ask("/look", headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9", "X-Forwarded-Host": "evil.example"})
    assert seen == [("203.0.113.9", "shop.example")]


def test_without_proxies_forwarding_headers_are_noise(visitor: Visitor, quiet_app: Flask) -> None:
    """A visitor cannot choose the address limits count."""
    with quiet_app.test_request_context(
        "/", headers={"X-Forwarded-For": "1.1.1.1"}, environ_base={"REMOTE_ADDR": "203.0.113.5"}
    ):
        assert context.network() == "203.0.113.5"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_networks(address: str | None, network: str) -> None:
    """A subscriber is one IPv4 address or one /64."""
    assert network_of(address) == network


def test_oversize_bodies_are_refused(visitor: Visitor) -> None:
    """A body over the limit, or one that only says so, is a 413 page."""
    limit = visitor.house.settings.max_body_bytes
    answer = visitor.ask("/en/sign-in", method="POST", data=b"x" * (limit + 1))
    assert answer.status_code == 413
    assert "Shorten it" in answer.text
    assert visitor.ask("/en/sign-in", method="POST", environ={"CONTENT_LENGTH": str(10**12)}).status_code == 413


def test_forms_need_their_token(visitor: Visitor) -> None:
    """Without a token, with a made-up one or with one of another browser nothing happens, and a page says why."""
    stranger = Visitor(visitor.client.application, network="198.51.100.9")
    page = stranger.ask("/en/sign-in").text
    foreign = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert len(foreign) > 20
    for token in ("", "nonsense", foreign):
        answer = visitor.ask("/en/sign-in", method="POST", data={"csrf_token": token, "email": "ada@example.com"})
        assert answer.status_code == 400
        assert "This form has expired" in answer.text


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 400), ("none", 400)]
)
def test_forms_from_elsewhere_are_refused_before_their_token(visitor: Visitor, site: str, status: int) -> None:
    """What the browser itself calls foreign is refused, whatever token it carries."""
    answer = visitor.ask("/en/sign-in", method="POST", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status


def test_too_many_requests_wait(quiet_app: Flask) -> None:
    """Over the rate of its policy a network gets a 429 with the time to wait; others go on."""
    visitor, other = Visitor(quiet_app), Visitor(quiet_app, network="198.51.100.9")
    answers = [visitor.ask("/en/sign-in").status_code for _ in range(60)]
    assert set(answers) == {200}
    late = visitor.ask("/en/sign-in")
    assert late.status_code == 429
    assert 1 <= int(late.headers["Retry-After"]) <= 60
    assert other.ask("/en/sign-in").status_code == 200


def test_one_session_has_a_narrower_rate(quiet_app: Flask) -> None:
    """A session is counted wherever it comes from."""
    visitor = Visitor(quiet_app)
    visitor.sign_in()
    statuses = []
    for index in range(25):
        visitor.network = f"198.51.100.{index}"
        statuses.append(visitor.ask("/en/sign-in").status_code)
    assert statuses[-1] == 429
    assert 200 in statuses


def test_a_lost_redis_does_not_close_the_shop() -> None:
    """When the shared count is out of reach, each process counts for itself."""
    limiter = Limiter("redis://127.0.0.1:1/0")
    waits = [limiter.wait("sign_in", {"network": "203.0.113.5"}) for _ in range(61)]
    assert waits[:60] == [0.0] * 60
    assert waits[60] >= 1.0


def test_a_view_without_a_guard_answers_nobody(quiet_app: Flask) -> None:
    """Whoever forgets to declare a guard gets a 500, not an open door."""
    quiet_app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = Visitor(quiet_app).ask("/forgotten")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_no_view_and_no_hook_is_a_coroutine(quiet_app: Flask) -> None:
    """The application does not look for them, so that one would never be awaited."""
    hooks = (quiet_app.before_request_funcs, quiet_app.after_request_funcs, quiet_app.teardown_request_funcs)
    found = [*quiet_app.view_functions.values(), *(one for kind in hooks for some in kind.values() for one in some)]
    assert len(found) > 60
    assert [one for one in found if inspect.iscoroutinefunction(one)] == []


def test_an_unknown_rate_is_refused_at_once() -> None:
    """A misspelt policy fails when the view is defined."""
    assert "browse" in POLICIES
    with pytest.raises(KeyError):
        guard(access=Access.GUEST, limit="brouse")


def test_pages_for_proved_addresses_lead_to_the_sign_in(quiet_app: Flask) -> None:
    """A stranger is sent to sign in and comes back; a form of theirs is refused."""

    @guard(access=Access.EMAIL, limit="browse")
    def private() -> str:
        return context.current().email or ""

    quiet_app.add_url_rule("/en/private", "private", private)
    visitor = Visitor(quiet_app)
    sent = visitor.ask("/en/private?page=2")
    assert (sent.status_code, sent.location) == (303, "/en/sign-in?next=/en/private?page%3D2")
    visitor.sign_in()
    assert visitor.ask("/en/private").text == "ada@example.com"


def test_public_pages_cannot_see_who_reads_them(quiet_app: Flask) -> None:
    """A public view that asks for the session breaks in the tests, instead of leaking a greeting into a cache."""

    @guard(access=Access.PUBLIC, limit="browse")
    def public() -> str:
        return str(context.current())

    quiet_app.add_url_rule("/public", "public", public)
    assert Visitor(quiet_app).ask("/public").status_code == 500


def test_a_guest_session_is_made_when_it_is_needed(quiet_app: Flask) -> None:
    """Looking around sets no session cookie; what needs one makes it once."""
    house = quiet_app.extensions["house"]
    order_id = make_order(house.write, "ada@example.com", now=house.outside.clock.now()).id

    @guard(access=Access.GUEST, limit="browse")
    def need() -> str:
        context.grant_order(order_id)
        return str(context.current().id)

    quiet_app.add_url_rule("/need", "need", need)
    visitor = Visitor(quiet_app)
    visitor.ask("/en/sign-in")
    assert visitor.cookie() is None
    first = visitor.ask("/need").text
    assert visitor.cookie() is not None
    assert visitor.ask("/need").text == first


def test_static_files_are_cached_by_their_content(quiet_app: Flask) -> None:
    """The hashed address is good for ever, any other for an hour; the theme carries the operator's colours."""
    visitor = Visitor(quiet_app)
    with quiet_app.test_request_context("/"):
        address = quiet_app.jinja_env.globals["asset"]("css/shop.css")
    assert "immutable" in visitor.ask(address).headers["Cache-Control"]
    assert visitor.ask("/static/css/shop.css").headers["Cache-Control"] == "public, max-age=3600"
    assert visitor.ask("/static/css/shop.css?v=000000000000").headers["Cache-Control"] == "public, max-age=3600"
    small = visitor.ask(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.data) == visitor.ask(address).data
    assert small.headers["Vary"] == "Accept-Encoding"
    assert visitor.ask(address, headers={"If-None-Match": visitor.ask(address).headers["ETag"]}).status_code == 304
    theme = visitor.ask("/theme.css")
    assert "#0b6e5f" in theme.text
    assert "Set-Cookie" not in theme.headers
    assert visitor.ask("/theme.css", headers={"If-None-Match": theme.headers["ETag"]}).status_code == 304


def test_the_access_log_shows_no_secret_link(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither queries, nor referrers, nor the token of an order link reach the web server's logs."""
    path = Path(__file__).resolve().parents[2] / "gunicorn.conf.py"
    conf = runpy.run_path(str(path))
    assert "%(r)s" not in conf["access_log_format"]
    assert "%(q)s" not in conf["access_log_format"]
    assert "%(f)s" not in conf["access_log_format"]
    config = Config()
    config.set("accesslog", "-")
    config.set("logger_class", conf["logger_class"])
    logger = config.logger_class(config)
    logger.access_log.info("GET /o/very-secret-token?x=1 200")
    logger.error_log.warning("Error handling request %s", "/o/very-secret-token")
    written = "".join(capsys.readouterr())
    assert "/o/<hidden>" in written
    assert "very-secret-token" not in written
    assert conf["control_socket_disable"] is True


def test_the_access_log_names_who_asked_for_what_and_how_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a request: address, method, path without its query, status, bytes, milliseconds."""
    conf = runpy.run_path(str(Path(__file__).resolve().parents[2] / "gunicorn.conf.py"))
    config = Config()
    config.set("accesslog", "-")
    config.set("access_log_format", conf["access_log_format"])
    config.set("logger_class", conf["logger_class"])
    environ = {"REMOTE_ADDR": "192.0.2.7", "REQUEST_METHOD": "GET", "PATH_INFO": "/en/orders", "QUERY_STRING": "q=1"}
    answer = SimpleNamespace(status="404 NOT FOUND", sent=1234, headers=[("Set-Cookie", "s=secret")])
    config.logger_class(config).access(answer, None, environ, dt.timedelta(milliseconds=1001))
    assert '192.0.2.7 "GET /en/orders" 404 1234 1001ms' in "".join(capsys.readouterr())
