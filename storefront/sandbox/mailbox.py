"""Catches every mail the shop sends and shows it: SMTP in, web pages and JSON out. Nothing is ever passed on."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import html
import socket
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from functools import cached_property
from typing import Any
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from storefront.sandbox.http import Handler, Request, Response
from storefront.sandbox.look import as_json, is_foreign, linked, moment, page, see_other
from storefront.sandbox.world import World

PREFIX = "/mailbox"
KEPT = 2000
SHOWN = 200
LARGEST = 20 * 1024 * 1024
TARGET = "mail.accept"
KINDS = {
    "refuse": "the mail server answers `code` (451: come again; 550: never) and keeps nothing",
    "slow": "the mail server takes `seconds` (2) to accept",
}
# Links leave the frame and open as ordinary pages; scripts, forms and anything from elsewhere stay shut out.
_FRAME = "allow-popups allow-popups-to-escape-sandbox"
# Asked once more before it is done, which needs no script.
_CLEAR = (
    '<details class="sure"><summary>Throw all away</summary><p>Every mail goes, whoever it was sent to.</p>'
    f'<form method="post" action="{PREFIX}/clear"><button>Yes, throw all away</button></form></details>'
)
_FRAME_POLICY = f"sandbox {_FRAME}; default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass
class Mail:
    """One mail as it came in; taken apart only when somebody looks."""

    id: int
    at: str
    sender: str
    recipients: list[str]
    raw: bytes = field(repr=False)

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        parsed = message_from_bytes(self.raw, policy=modern)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        """The subject line."""
        return str(self.message["subject"] or "(no subject)")

    def body(self, kind: str) -> str:
        """The ``plain`` or ``html`` body, or an empty string."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if isinstance(part, EmailMessage) else ""

    @cached_property
    def files(self) -> list[tuple[str, str, str, bytes]]:
        """Everything that is no body: (name, media type, content id, bytes)."""
        bodies = {id(self.message.get_body((kind,))) for kind in ("plain", "html")}
        found = []
        for at, part in enumerate(self.message.walk()):
            if part.is_multipart() or id(part) in bodies:
                continue
            content = part.get_payload(decode=True)
            name = part.get_filename() or f"part-{at}"
            cid = str(part["content-id"] or "").strip("<> ")
            found.append((name, part.get_content_type(), cid, content if isinstance(content, bytes) else b""))
        return found

    def facts(self, *, whole: bool) -> dict[str, Any]:
        """The mail as JSON; the list leaves out nothing that a test looks for."""
        facts: dict[str, Any] = {
            "id": self.id,
            "at": self.at,
            "from": self.sender,
            "to": self.recipients,
            "subject": self.subject,
            "text": self.body("plain"),
            "html": self.body("html"),
            "attachments": [{"name": name, "type": kind, "size": len(data)} for name, kind, _, data in self.files],
        }
        if whole:
            facts["headers"] = {name: str(value) for name, value in self.message.items()}
        return facts


class Mailbox:
    """The mails of one world, and the pages that show them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._mails: deque[Mail] = deque(maxlen=KEPT)

    def handlers(self) -> dict[str, Handler]:
        """What to put under which path prefix."""
        return {PREFIX: self.handle}

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> Mail:
        """Take a mail in."""
        mail = Mail(self._world.serial(), self._world.clock.now().isoformat(), sender, recipients, raw)
        with self._world.lock:
            self._mails.append(mail)
        self._world.note("mail", f"to {', '.join(recipients)}", target=TARGET)
        return mail

    def mails(self, to: str = "") -> list[Mail]:
        """Newest first; only those to an address when one is given."""
        with self._world.lock:
            newest = list(reversed(self._mails))
        wanted = to.strip().lower()
        return [mail for mail in newest if not wanted or wanted in (each.lower() for each in mail.recipients)]

    def clear(self) -> int:
        """Throw all mails away; returns how many."""
        with self._world.lock:
            count = len(self._mails)
            self._mails.clear()
        return count

    def handle(self, request: Request) -> Response:
        """One page view, file or JSON call below ``/mailbox``."""
        rest = [piece for piece in request.path.removeprefix(PREFIX).split("/") if piece]
        if request.method not in ("GET", "HEAD") and is_foreign(request):
            return as_json({"error": "This comes from another web site."}, 403)
        match request.method, rest:
            case (("GET" | "HEAD"), []):
                return self._list(request.query.get("to", ""))
            case "POST", ["clear"]:
                self.clear()
                return see_other(PREFIX)
            case "GET", ["api", "messages"]:
                found = self.mails(request.query.get("to", ""))
                return as_json({"messages": [mail.facts(whole=False) for mail in found[:500]]})
            case "DELETE", ["api", "messages"]:
                return as_json({"deleted": self.clear()})
            case "GET", ["api", "messages", number]:
                mail = self._find(number)
                return as_json(mail.facts(whole=True)) if mail else as_json({"error": "No such mail."}, 404)
            case (("GET" | "HEAD"), [number, *what]):
                mail = self._find(number)
                return self._show(mail, what) if mail else page("No such mail", "", status=404)
        return as_json({"error": "No such call."}, 404)

    def _find(self, number: str) -> Mail | None:
        return next((mail for mail in self.mails() if str(mail.id) == number), None)

    def _list(self, to: str) -> Response:
        mails = self.mails(to)
        rows = "".join(
            f'<li><a href="{PREFIX}/{mail.id}">{html.escape(mail.subject)}</a> '
            f'<span class="soft">to {html.escape(", ".join(mail.recipients))}</span> '
            f"<small>{_minute(mail)}</small></li>"
            for mail in mails[:SHOWN]
        )
        only = f' to {html.escape(to)} (<a href="{PREFIX}">show all</a>)' if to else ""
        if not mails:
            return page(
                "Mailbox", f"<p>No mail yet{only}. Whatever the shop sends arrives here and goes no further.</p>"
            )
        count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
        head = f'<div class="row row--apart"><p>{count}{only}, newest first</p>{_CLEAR}</div>'
        return page("Mailbox", f'{head}<ul class="mails">{rows}</ul>')

    def _show(self, mail: Mail, what: list[str]) -> Response:
        if what == ["html"]:
            policy = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", _FRAME_POLICY)]
            return Response(200, policy, f'<base target="_blank">{_inlined(mail)}'.encode())
        if what == ["raw"]:
            plain = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
            return Response(200, plain, mail.raw)
        if len(what) == 2 and what[0] == "file" and what[1].isdecimal() and int(what[1]) < len(mail.files):
            name, kind, _, data = mail.files[int(what[1])]
            headers = [
                ("Content-Type", kind),
                ("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}"),
                ("Content-Security-Policy", "sandbox"),
            ]
            return Response(200, headers, data)
        return page("No such part", "", status=404) if what else page(mail.subject, _whole(mail))


def _whole(mail: Mail) -> str:
    to = ", ".join(f'<a href="{PREFIX}?to={quote(each)}">{html.escape(each)}</a>' for each in mail.recipients)
    about = f"<dl><dt>From</dt><dd>{html.escape(str(mail.message['from'] or mail.sender))}</dd><dt>To</dt><dd>{to}</dd>"
    about += f"<dt>At</dt><dd>{_minute(mail)}</dd></dl>"
    files = "".join(
        f'<li><a href="{PREFIX}/{mail.id}/file/{at}">{html.escape(name)}</a> <small>{html.escape(kind)}, '
        f"{len(data)} bytes</small></li>"
        for at, (name, kind, _, data) in enumerate(mail.files)
    )
    shown = [f"<section>{about}</section>"]
    if mail.body("plain"):
        shown.append(f"<section><h2>Text</h2><pre>{linked(mail.body('plain'))}</pre></section>")
    if mail.body("html"):
        frame = f'<iframe title="The mail as HTML" sandbox="{_FRAME}" src="{PREFIX}/{mail.id}/html"></iframe>'
        shown.append(f"<section><h2>HTML</h2>{frame}</section>")
    if files:
        shown.append(f"<section><h2>Files</h2><ul>{files}</ul></section>")
    return "".join(shown) + f'<p><a href="{PREFIX}">All mails</a> · <a href="{PREFIX}/{mail.id}/raw">Source</a></p>'


def _minute(mail: Mail) -> str:
    return moment(dt.datetime.fromisoformat(mail.at))


def _inlined(mail: Mail) -> str:
    """The HTML body with the pictures the mail brought along."""
    body = mail.body("html")
    for _, kind, cid, data in mail.files:
        if cid:
            body = body.replace(f"cid:{cid}", f"data:{kind};base64,{base64.b64encode(data).decode()}")
    return body


class _Door:
    """What the SMTP server calls for each mail."""

    def __init__(self, world: World, mailbox: Mailbox) -> None:
        self._world = world
        self._mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        fault = self._world.faults.take(TARGET)
        if fault is not None and fault.kind == "refuse":
            return f"{int(fault.params.get('code', 451))} refused, as ordered"
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(float(fault.params.get("seconds", 2)))
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        self._mailbox.keep(str(envelope.mail_from), [str(each) for each in envelope.rcpt_tos], raw)
        return "250 kept"


class SmtpServer(Controller):
    """The SMTP side in a thread of its own; port 0 takes a free one, `port` then tells which."""

    def __init__(self, world: World, mailbox: Mailbox, bind: str, port: int) -> None:
        # Bound here, since the library connects to the port it was given, which cannot be 0.
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        self._bound = socket.create_server((bind, port), family=family)
        # Accepted connections inherit it: without it each greeting waits some 40 ms for a delayed receipt.
        self._bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(
            _Door(world, mailbox), hostname=bind, port=self._bound.getsockname()[1], data_size_limit=LARGEST
        )

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._bound)
