"""The one door over HTTP, against servers that drip, reset, flood and redirect."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from storefront.db.session import make_engine, session_factory
from storefront.gateways.calls import Deadline
from storefront.gateways.http import Http, HttpAnswer, HttpCall, demand_success, retry_after
from storefront.kernel.errors import Throttled, Unintelligible, Unreachable
from tests.gateways.making import Observed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(data: bytes) -> Callable[[socket.socket, bytes], None]:
    """Send `data` at once and keep the connection."""
    return lambda connection, _request: connection.sendall(data)


def drip(data: bytes, pause: float = 0.05) -> Callable[[socket.socket, bytes], None]:
    """Send `data` one byte at a time."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return behave


def hang(connection: socket.socket, _request: bytes) -> None:
    """Say nothing until the other side goes away."""
    connection.recv(1)


def reset(connection: socket.socket, _request: bytes) -> None:
    """Break the connection off with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def ask(http: Http, url: str, *, seconds: float = 5.0, is_read: bool = False, body: bytes | None = b"{}") -> HttpAnswer:
    """One call whose answer is returned as it is."""
    call = HttpCall("vendor", "operation", "POST" if body else "GET", url, {"X-Test": "1"}, body, is_read)
    return http.ask(call, deadline=Deadline(seconds), understand=lambda whole: whole)


def test_an_answer_comes_back_whole_and_is_counted(wire: Any, http: Http, observed: Observed) -> None:
    """Status, headers and body of any answer reach the caller, and the call is counted once."""
    server = wire(answer(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nRetry-After: 9\r\n\r\nwait"))
    got = ask(http, server.url)
    assert (got.status, got.headers["retry-after"], got.body) == (503, "9", b"wait")
    assert observed == [("vendor", "operation", "status_503")]


def test_a_connection_is_reused_in_a_thread(wire: Any, http: Http) -> None:
    """Two calls of one thread share one connection."""
    server = wire(answer(OK))
    ask(http, server.url)
    ask(http, server.url)
    assert server.connections == 1


def test_a_short_deadline_does_not_shorten_the_next_call(wire: Any, http: Http) -> None:
    """What little was left for the last read of one call is not the limit of the next one."""
    server = wire(drip(OK, 0.004), lambda connection, _: (time.sleep(0.4), connection.sendall(OK)))
    ask(http, server.url, seconds=0.5)
    assert ask(http, server.url, seconds=5).body == b"ok"


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500, id="head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500, id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 90, id="chunks"),
    ],
)
def test_a_dripping_server_is_left_at_the_deadline(wire: Any, http: Http, observed: Observed, whole: bytes) -> None:
    """Bytes that keep coming do not extend the deadline, in the head as little as in the body."""
    server = wire(drip(whole))
    started = time.monotonic()
    with pytest.raises(Unreachable) as failed:
        ask(http, server.url, seconds=0.4)
    assert time.monotonic() - started < 1.5
    assert failed.value.vendor_code == "timeout"
    assert observed == [("vendor", "operation", "outside_unreachable")]


def test_a_silent_server_is_left_at_the_deadline_and_not_asked_again(wire: Any, http: Http) -> None:
    """A read is repeated after a broken connection, never after a time-out."""
    server = wire(hang)
    with pytest.raises(Unreachable):
        ask(http, server.url, seconds=0.3, is_read=True)
    assert len(server.requests) == 1


def test_a_call_with_an_effect_is_never_repeated(wire: Any, http: Http) -> None:
    """A reset connection leaves the effect unknown; the door does not try again by itself."""
    server = wire(reset)
    with pytest.raises(Unreachable) as failed:
        ask(http, server.url)
    assert failed.value.vendor_code == "connection"
    assert len(server.requests) == 1


def test_a_plain_read_is_repeated_once(wire: Any, http: Http) -> None:
    """A read whose connection breaks is asked again, and succeeds when the server recovers."""
    server = wire(reset, answer(OK))
    assert ask(http, server.url, is_read=True, body=None).body == b"ok"
    assert len(server.requests) == 2


def test_a_plain_read_is_repeated_only_once(wire: Any, http: Http) -> None:
    """Two broken connections are enough."""
    server = wire(reset)
    with pytest.raises(Unreachable):
        ask(http, server.url, is_read=True, body=None)
    assert len(server.requests) == 2


def test_half_an_answer_is_none(wire: Any, http: Http) -> None:
    """A body shorter than announced is no answer, whatever its status said."""
    server = wire(lambda c, _: (c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nha"), c.close()))
    with pytest.raises(Unreachable):
        ask(http, server.url)


def test_a_flood_is_cut_off(wire: Any, http: Http) -> None:
    """A body over the cap is refused as unreadable before it fills the memory."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    server = wire(lambda c, _: (c.sendall(head), [c.sendall(b"x" * 65536) for _ in range(40)]))
    with pytest.raises(Unintelligible):
        ask(http, server.url)


def test_nobody_listening_is_unreachable(http: Http) -> None:
    """A refused connection is reported like any other missing answer."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable):
        ask(http, f"http://127.0.0.1:{port}")


def test_redirects_are_not_followed_and_cookies_not_kept(wire: Any, http: Http) -> None:
    """A vendor cannot send our credentials elsewhere, nor recognise one call in the next."""
    server = wire(answer(b"HTTP/1.1 302 F\r\nLocation: /away\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"))
    assert ask(http, server.url).status == 302
    ask(http, server.url)
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


def test_the_environment_changes_nothing(
    wire: Any, http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor a .netrc of the machine may change who gets our credentials, or which."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HTTP_PROXY", "http://{}:{}".format(*proxy.getsockname()))
        monkeypatch.setenv("http_proxy", "http://{}:{}".format(*proxy.getsockname()))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        server = wire(answer(OK))
        assert ask(http, server.url).body == b"ok"
    assert b"authorization" not in server.requests[0].lower()


def test_no_call_inside_a_transaction(wire: Any, http: Http, tmp_path: Path) -> None:
    """An outside call while a transaction is open is a programming error and is not made."""
    server = wire(answer(OK))
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    with session_factory(engine)(), pytest.raises(RuntimeError, match="inside a database transaction"):
        ask(http, server.url)
    engine.dispose()
    assert server.requests == []


def test_errors_and_reprs_hold_nothing_that_was_sent(wire: Any, http: Http) -> None:
    """Neither headers nor bodies can be read from an error or a printed call."""
    server = wire(reset)
    call = HttpCall("vendor", "operation", "POST", server.url, {"x-access-token": "hush-1"}, b"hush-2")
    with pytest.raises(Unreachable) as failed:
        http.ask(call, deadline=Deadline(2), understand=lambda whole: whole)
    assert "hush" not in repr(call) + repr(failed.value) + str(failed.value)


def test_the_error_of_a_status_says_what_can_be_done() -> None:
    """429 is asking too often, with the wait; everything else but 200 leaves the effect unknown."""
    with pytest.raises(Throttled) as throttled:
        demand_success("call", HttpAnswer(429, {"Retry-After": "7"}, b""))
    assert throttled.value.retry_after == 7
    for status in (302, 404, 500, 503):
        with pytest.raises(Unintelligible):
            demand_success("call", HttpAnswer(status, {}, b""))


@pytest.mark.parametrize(("header", "seconds"), [("3", 3), ("-1", 1), ("soon", 1), ("nan", 1), ("inf", 3600), ("", 1)])
def test_a_strange_wait_is_bounded(header: str, seconds: float) -> None:
    """Whatever the vendor writes, the wait is a finite number of seconds."""
    assert retry_after({"Retry-After": header}) == seconds


def test_tls_is_verified_and_bounded(http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown certificate is refused, and a known one is spoken to."""
    certificate = _self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            for _ in range(2):
                raw, _address = listener.accept()
                try:
                    with context.wrap_socket(raw, server_side=True) as connection:
                        connection.recv(65536)
                        connection.sendall(OK)
                except OSError:
                    raw.close()

        server = threading.Thread(target=serve)
        server.start()
        with pytest.raises(Unreachable):
            ask(http, f"https://127.0.0.1:{port}", body=None)
        adapter = http._adapter()
        monkeypatch.setattr(adapter, "send", partial(adapter.send, verify=str(certificate)))
        assert ask(http, f"https://127.0.0.1:{port}", body=None).body == b"ok"
        server.join()


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path
