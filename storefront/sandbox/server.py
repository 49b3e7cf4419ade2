"""Puts the pretend services on one port, and can be started inside a test's own process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storefront.sandbox.control import Control
from storefront.sandbox.http import Handler, Request, Response
from storefront.sandbox.linksfield import app as linksfield
from storefront.sandbox.listener import Listener
from storefront.sandbox.look import page, see_other
from storefront.sandbox.mailbox import Mailbox, SmtpServer
from storefront.sandbox.stripe import app as stripe
from storefront.sandbox.world import World

DEFAULT_ACCOUNT = "acct_1PretendShop0000"
_HOSTS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}


class Switchboard:
    """Hands each request to the handler with the longest fitting prefix."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._routes: list[tuple[str, str, Handler]] = []
        self.connect(handlers)

    def connect(self, handlers: Mapping[str, Handler]) -> None:
        """Add or replace handlers."""
        known = {prefix: handler for prefix, _, handler in self._routes} | dict(handlers)
        ordered = sorted(known.items(), key=lambda item: -len(item[0]))
        self._routes = [(prefix, f"{prefix}/", handler) for prefix, handler in ordered]

    def handle(self, request: Request) -> Response:
        """One request."""
        path = request.path
        for prefix, below, handler in self._routes:
            if path.startswith(below) or path == prefix:
                return handler(request)
        if path == "/healthz":
            return Response(200, [("Content-Type", "text/plain")], b"ok")
        if path == "/":
            return see_other("/control")
        return page("Nothing here", "<p>Below this address there is no pretend service.</p>", status=404)


@dataclass
class Running:
    """A pretend world that answers until it is stopped."""

    world: World
    mailbox: Mailbox
    mail_port: int | None
    _listener: Listener
    _smtp: SmtpServer | None

    @property
    def url(self) -> str:
        """Where the shop reaches it; the services are below ``/linksfield``, ``/stripe`` and so on."""
        return self.world.base_url

    @property
    def port(self) -> int:
        """The HTTP port in use."""
        return self._listener.port

    def stop(self) -> None:
        """Close both ports; calls that wait because of a fault end now."""
        self.world.closing.set()
        self._listener.stop()
        if self._smtp is not None:
            self._smtp.stop()


def start(
    *,
    port: int = 0,
    mail_port: int | None = None,
    bind: str = "127.0.0.1",
    seed: int = 7,
    offset_file: Path | None = None,
    public_url: str = "",
    shop_webhook_url: str = "",
    webhook_secret: str = "whsec_test",
    account: str = DEFAULT_ACCOUNT,
    hold_minutes: float = 10,
    money_unit: str = "major",
    status_in_envelope: bool = False,
    is_mall_flat: bool = False,
    shop_push_url: str = "",
) -> Running:
    """Start in threads of this process. Port 0 takes a free one; `mail_port` None leaves the mail server out."""
    world = World(seed=seed, public_url=public_url, offset_file=offset_file)
    options = linksfield.Options(
        hold_minutes=hold_minutes,
        money_unit=money_unit,
        status_in_envelope=status_in_envelope,
        is_mall_flat=is_mall_flat,
        push_url=shop_push_url,
    )
    mailbox = Mailbox(world)
    switchboard = Switchboard({})

    def furnish() -> None:
        """Make the services anew, as on the first day."""
        box = stripe.build(world, shop_webhook_url, webhook_secret, account, "Landfall")
        world.stripe = box
        _, handlers = linksfield.mount(world, options)
        switchboard.connect({**handlers, **stripe.Door(box).handlers()})
        mailbox.clear()

    furnish()
    stripe_targets = sorted(
        {f"stripe.{route.operation}" for room in stripe.ROOMS for route in room.ROUTES} - {"stripe."}
    )
    switchboard.connect({**mailbox.handlers(), **Control(world, furnish, stripe_targets).handlers()})
    listener = Listener(bind, port, switchboard.handle)
    world.base_url = f"http://{_HOSTS.get(bind, bind)}:{listener.port}"
    smtp = None
    if mail_port is not None:
        try:
            smtp = SmtpServer(world, mailbox, bind, mail_port)
            smtp.start()
        except BaseException:
            listener.stop()
            raise
    return Running(world, mailbox, smtp.port if smtp else None, listener, smtp)
