"""Letters handed to a mail server over SMTP, within one total deadline."""

from __future__ import annotations

import contextlib
import io
import re
import smtplib
import socket
import ssl
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from functools import cache
from typing import Any

from storefront.gateways.calls import (
    Deadline,
    DeadlineReader,
    Observe,
    connect_within,
    no_answer,
    outside_call,
)
from storefront.kernel.clock import Clock
from storefront.kernel.errors import Refused, Unreachable
from storefront.ports import Letter

VENDOR = "smtp"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _HeaderClasses(HeaderRegistry):
    """The library builds a class for every header of every letter; there are only so many kinds of them."""

    @cache  # noqa: B019 - there is one registry, and it lives as long as the process
    def __getitem__(self, name: str) -> type:
        return super().__getitem__(name)


_POLICY = SMTP_POLICY.clone(header_factory=_HeaderClasses())


class SmtpMailer:
    """`ports.Mailer` over one mail server. A letter is at least once: its Message-ID tells repeats apart."""

    def __init__(
        self,
        observe: Observe,
        clock: Clock,
        *,
        host: str,
        port: int,
        user: str,
        password: str,
        starttls: bool,
        sender: str,
        sender_name: str = "",
        deadline: float = 15.0,
    ) -> None:
        self._observe = observe
        self._clock = clock
        self._host = host
        self._port = port
        self._user = user
        self._password = password
        self._starttls = starttls
        self._sender = sender
        self._domain = sender.rpartition("@")[2].encode("idna").decode()
        self._sender_name = sender_name
        self._seconds = deadline

    def send(self, letter: Letter) -> None:
        """Hand over one letter.

        Raises `Refused` for an address, header or letter that will never pass, and for a wrong login (code ``auth``);
        `Unreachable` for everything that another try may mend.
        """
        message = self._compose(letter)
        deadline = Deadline(self._seconds)
        with outside_call(self._observe, VENDOR, "send"):
            try:
                self._hand_over(message, letter.to, deadline)
            except smtplib.SMTPException as failed:
                raise _error_for(failed, deadline) from None
            except OSError as broken:
                raise no_answer(VENDOR, "send", deadline) from broken

    def _hand_over(self, message: EmailMessage, to: str, deadline: Deadline) -> None:
        server = _BoundedSmtp(deadline, hello=self._domain)
        try:
            server.connect(self._host, self._port)
            server.ehlo_or_helo_if_needed()
            if self._starttls:
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message, from_addr=self._sender, to_addrs=[to])
            with contextlib.suppress(smtplib.SMTPException, OSError):
                # The letter is taken; a failing farewell must not have it sent again.
                server.quit()
        finally:
            server.close()

    def _compose(self, letter: Letter) -> EmailMessage:
        for name, value in (("to", letter.to), ("subject", letter.subject), ("message_id", letter.message_id)):
            if _CONTROL.search(value):
                raise Refused(f"smtp: line breaks in {name}", vendor_code="header", field=name)
        try:
            message = EmailMessage(policy=_POLICY)
            message["From"] = Address(self._sender_name, addr_spec=self._sender)
            message["To"] = _complete_address(letter.to)
            message["Subject"] = letter.subject
            message["Date"] = format_datetime(self._clock.now())
            if letter.message_id:
                message["Message-ID"] = self._message_id(letter.message_id)
            # Stops out-of-office robots from answering.
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(letter.text)
            message.add_alternative(letter.html, subtype="html")
            for name, media_type, content in letter.attachments:
                main, _, sub = media_type.partition("/")
                message.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=name)
        except (HeaderParseError, MessageError, ValueError, IndexError):
            raise Refused("smtp: the letter cannot be written", vendor_code="letter") from None
        return message

    def _message_id(self, wanted: str) -> str:
        bare = wanted.strip("<>")
        return f"<{bare}>" if "@" in bare else f"<{bare}@{self._domain}>"


def _complete_address(text: str) -> Address:
    address = Address(addr_spec=text)
    if not address.username or not address.domain:
        raise ValueError("an address needs a name and a host")
    return address


class _BoundedSmtp(smtplib.SMTP):
    """Connects, writes and reads within what is left of one deadline."""

    def __init__(self, deadline: Deadline, *, hello: str) -> None:
        self._deadline = deadline
        # Without a name to greet with the library asks the resolver for this machine's, for each letter and without a
        # deadline: a resolver that does not answer held every thread of the worker for twenty seconds.
        super().__init__(local_hostname=hello, timeout=deadline.remaining())

    def _get_socket(self, host: str, port: int, _timeout: float | None) -> socket.socket:
        return connect_within(host, port, self._deadline)

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._deadline.remaining())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(DeadlineReader(self.sock, self._deadline))
        return super().getreply()


def _error_for(failed: smtplib.SMTPException, deadline: Deadline) -> Refused | Unreachable:
    if isinstance(failed, smtplib.SMTPAuthenticationError):
        return Refused("smtp: the login was refused", vendor_code="auth")
    if isinstance(failed, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in failed.recipients.values()]
        return _by_status(codes[0] if codes else 0, "the address was refused")
    if isinstance(failed, smtplib.SMTPNotSupportedError):
        return Refused("smtp: the server cannot take this letter or offers no STARTTLS", vendor_code="unsupported")
    if isinstance(failed, smtplib.SMTPResponseException) and not isinstance(failed, smtplib.SMTPConnectError):
        return _by_status(failed.smtp_code, "the letter was refused")
    return no_answer(VENDOR, "send", deadline)


def _by_status(code: int, what: str) -> Refused | Unreachable:
    """5xx is for good, anything else for now; the server's words may repeat the address and are left out."""
    if 500 <= code < 600:
        return Refused(f"smtp: {what}", vendor_code=str(code))
    return Unreachable(f"smtp: {what} for now", vendor_code=str(code))
