"""Letters over SMTP against a real server, a refusing one and a dripping one."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from storefront.gateways.mail import SmtpMailer
from storefront.kernel.clock import Clock
from storefront.kernel.errors import OutsideError, Refused, Unreachable
from storefront.ports import Letter

LETTER = Letter(
    to="traveller@example.com",
    subject="Your eSIM for 日本",
    text="Scan the code.\n",
    html="<p>Scan the code.</p>",
    attachments=(("esim.png", "image/png", b"\x89PNG"),),
    message_id="order-7K3MXW0T9B-delivered@shop.example",
)


class Inbox:
    """Keeps what arrives; refuses some recipients."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.greetings: list[str] = []

    async def handle_RCPT(  # noqa: N802 - the server asks for this name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Refuses some."""
        if address.startswith("nobody"):
            return "550 no such user nobody@example.com"
        if address.startswith("later"):
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Keeps the letter."""
        self.greetings.append(session.host_name)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 taken"


NewMailer = Callable[..., SmtpMailer]


@pytest.fixture
def new_mailer(observed: list[tuple[str, str, str]]) -> NewMailer:
    """Makes a mailer for a port."""

    def make(port: int, **changes: Any) -> SmtpMailer:
        wanted: dict[str, Any] = {"user": "", "password": "", "starttls": False, "sender": "shop@shop.example"}
        return SmtpMailer(
            lambda vendor, operation, outcome, _: observed.append((vendor, operation, outcome)),
            Clock(),
            host="127.0.0.1",
            port=port,
            **(wanted | changes),
        )

    return make


@pytest.fixture
def inbox() -> Inbox:
    """Where letters arrive."""
    return Inbox()


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    """A mail server that knows one login."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == b"right"
        return AuthResult(success=right, handled=False)

    with socket.create_server(("127.0.0.1", 0)) as free:
        chosen: int = free.getsockname()[1]
    server = Controller(
        inbox, hostname="127.0.0.1", port=chosen, authenticator=check, auth_require_tls=False, enable_SMTPUTF8=True
    )
    server.start()
    yield chosen
    server.stop()


def test_a_letter_arrives_whole(new_mailer: NewMailer, port: int, inbox: Inbox, observed: list[Any]) -> None:
    """Text, HTML and attachment arrive as parts of one message with our id, sender name and date."""
    new_mailer(port, sender_name="Landfall").send(LETTER)
    (mail,) = inbox.mails
    assert (mail["To"], mail["From"]) == ("traveller@example.com", "Landfall <shop@shop.example>")
    assert mail["Subject"] == "Your eSIM for 日本"
    assert mail["Message-ID"] == "<order-7K3MXW0T9B-delivered@shop.example>"
    assert mail["Date"].datetime.tzinfo is not None
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "Scan the code."
    assert html.get_content().strip() == "<p>Scan the code.</p>"
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("esim.png", "image/png")
    assert attached.get_content() == b"\x89PNG"
    assert observed == [("smtp", "send", "ok")]


def test_the_server_is_greeted_with_the_senders_domain(new_mailer: NewMailer, port: int, inbox: Inbox) -> None:
    """Not with whatever a resolver makes of this machine's name: it is asked without a deadline, and may be silent."""
    new_mailer(port).send(LETTER)
    assert inbox.greetings == ["shop.example"]


def test_a_senders_domain_in_other_letters_is_greeted_with_in_plain_ones(
    new_mailer: NewMailer, port: int, inbox: Inbox
) -> None:
    """The greeting is ASCII by its protocol; the address keeps its letters where the server takes them."""
    new_mailer(port, sender="shop@l\u00e4den.example").send(LETTER)
    assert inbox.greetings == ["xn--lden-loa.example"]


def test_a_repeat_is_recognisable(new_mailer: NewMailer, port: int, inbox: Inbox) -> None:
    """The same letter sent twice carries the same Message-ID; an id without a host gets the sender's."""
    letter = Letter(to="a@example.com", subject="s", text="t", html="h", message_id="order-1")
    for _ in range(2):
        new_mailer(port).send(letter)
    assert [mail["Message-ID"] for mail in inbox.mails] == ["<order-1@shop.example>"] * 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "a@example.com\r\nBcc: b@example.com"),
        ("subject", "hello\nBcc: b@example.com"),
        ("message_id", "a\r\nX: y"),
        ("to", "a@example.com, b@example.com"),
        ("to", ""),
        ("to", "someone"),
        ("to", "Someone <a@example.com>"),
    ],
)
def test_header_injection_is_refused(new_mailer: NewMailer, port: int, inbox: Inbox, field: str, value: str) -> None:
    """No field can add a header or a second recipient; nothing is sent."""
    wanted = {"to": "a@example.com", "subject": "s", "text": "t", "html": "h", "message_id": "m"} | {field: value}
    with pytest.raises(Refused):
        new_mailer(port).send(Letter(**wanted))
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("to", "kind", "code"), [("nobody@example.com", Refused, "550"), ("later@example.com", Unreachable, "451")]
)
def test_a_refused_address_is_final_and_a_busy_one_is_not(
    new_mailer: NewMailer, port: int, to: str, kind: type[OutsideError], code: str
) -> None:
    """5xx is a clear no, 4xx is worth another try; the error does not repeat the address."""
    with pytest.raises(kind) as failed:
        new_mailer(port).send(Letter(to=to, subject="s", text="t", html="h"))
    assert failed.value.vendor_code == code
    assert "@" not in str(failed.value)


def test_a_login_is_used_and_a_wrong_one_says_so(new_mailer: NewMailer, port: int, inbox: Inbox) -> None:
    """With the right password the letter arrives; with the wrong one the error is `auth`."""
    letter = Letter(to="a@example.com", subject="s", text="t", html="h")
    new_mailer(port, user="shop", password="right").send(letter)
    assert len(inbox.mails) == 1
    with pytest.raises(Refused) as failed:
        new_mailer(port, user="shop", password="wrong").send(letter)
    assert failed.value.vendor_code == "auth"


def test_no_letter_leaves_in_the_open_when_tls_is_asked_for(new_mailer: NewMailer, port: int, inbox: Inbox) -> None:
    """A server without STARTTLS gets nothing."""
    with pytest.raises(Refused):
        new_mailer(port, starttls=True).send(LETTER)
    assert inbox.mails == []


def test_nobody_listening_is_unreachable(new_mailer: NewMailer) -> None:
    """A mail server that is down is worth another try."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed: int = taken.getsockname()[1]
    with pytest.raises(Unreachable):
        new_mailer(closed).send(LETTER)


def test_a_dripping_server_is_left_at_the_deadline(new_mailer: NewMailer) -> None:
    """A greeting that comes byte by byte does not hold a worker for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    for _ in range(60):
                        connection.sendall(b"2")
                        time.sleep(0.05)
                except OSError:
                    return

        server = threading.Thread(target=serve)
        server.start()
        started = time.monotonic()
        with pytest.raises(Unreachable) as failed:
            new_mailer(listener.getsockname()[1], deadline=0.4).send(LETTER)
        assert time.monotonic() - started < 1.5
        assert failed.value.vendor_code == "timeout"
        server.join()
