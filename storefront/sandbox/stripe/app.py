"""The pretend Stripe at its door: keys, parameters, idempotency, misfortunes; then the room that answers."""

from __future__ import annotations

import base64
import binascii
import json
import weakref

from stripe._api_version import _ApiVersion

from storefront.sandbox.dispatch import Dispatcher
from storefront.sandbox.http import Handler, Request, Response
from storefront.sandbox.stripe import account as account_room
from storefront.sandbox.stripe import (
    customers,
    cycles,
    disputes,
    faults,
    intents,
    invoice_calls,
    payment_methods,
    portal,
    refunds,
    sessions,
    subscriptions,
)
from storefront.sandbox.stripe.check import findings
from storefront.sandbox.stripe.control import Control
from storefront.sandbox.stripe.core import DEFAULT_EVENTS, Cause, Sandbox
from storefront.sandbox.stripe.errors import ApiError
from storefront.sandbox.stripe.expand import expanded
from storefront.sandbox.stripe.idempotency import Answer
from storefront.sandbox.stripe.invoice_page import InvoicePages
from storefront.sandbox.stripe.pages import Pages
from storefront.sandbox.stripe.params import nest, parse_form, spec_for, typed
from storefront.sandbox.stripe.portal_pages import PortalPages
from storefront.sandbox.stripe.render import Paper
from storefront.sandbox.stripe.routes import Call, Route, Router
from storefront.sandbox.stripe.signature import headers
from storefront.sandbox.stripe.store import Json, new_id
from storefront.sandbox.stripe.ticker import Ticker
from storefront.sandbox.world import Fault, World

PREFIX = "/stripe"
ROOMS = (
    account_room,
    customers,
    disputes,
    intents,
    invoice_calls,
    payment_methods,
    portal,
    refunds,
    sessions,
    subscriptions,
)


def mount(
    world: World, *, shop_webhook_url: str, webhook_secret: str, account: str, shop_name: str = "Landfall"
) -> dict[str, Handler]:
    """The pretend Stripe of one world, as handlers by path prefix. Nothing runs until the first request comes."""
    return Door(build(world, shop_webhook_url, webhook_secret, account, shop_name)).handlers()


def build(world: World, webhook_url: str, webhook_secret: str, account: str, shop_name: str) -> Sandbox:
    """The state behind the door, put at ``world.stripe``; its `dispatcher` takes another address at any time."""
    happenings = {**cycles.HAPPENINGS, **refunds.HAPPENINGS, **sessions.HAPPENINGS}
    dispatcher = Dispatcher(
        webhook_url,
        webhook_secret,
        world.faults,
        DEFAULT_EVENTS,
        world.closing,
        headers=headers,
        target="stripe.webhook",
    )
    box = Sandbox(world, account, shop_name, _ApiVersion.CURRENT, dispatcher, happenings=happenings)
    world.stripe = box
    return box


class Door:
    """Routes requests of one pretend account."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self._router = Router(route for room in ROOMS for route in room.ROUTES)
        paper = Paper()
        self._pages = {
            "/billing": PortalPages(box, paper).handle,
            "/checkout": Pages(box, paper).handle,
            "/invoice": InvoicePages(box, paper).handle,
        }
        self._control = Control(box)
        self._ticker = Ticker(box)
        # A stopped server lets go of its handlers; nothing must be sent on behalf of a world that is gone.
        weakref.finalize(self, box.dispatcher.close)

    def handlers(self) -> dict[str, Handler]:
        """What to put under which path prefix."""
        return {PREFIX: self.handle, **self._pages}

    def handle(self, request: Request) -> Response:
        """One request below ``/stripe``."""
        path = request.path.removeprefix(PREFIX)
        if path.startswith("/_sandbox/"):
            return self._control.handle(request, path.removeprefix("/_sandbox/"))
        request_id = new_id("req_", 14)
        fault: Fault | None = None
        try:
            _authorise(request.headers.get("authorization", ""))
            route, identifier = self._find(request, path)
            fault = self.box.world.faults.take(f"stripe.{route.operation}") if route.operation else None
            answer = faults.before(self.box.world, fault) if fault else None
            if answer is None:
                answer = self._answer(request, route, identifier, request_id, fault)
        except ApiError as error:
            answer = _sent(Answer(error.status, _json(error.body(request_id)), request_id))
        version = request.headers.get("stripe-version", self.box.api_version)
        answer.headers.append(("Stripe-Version", version))
        self.box.world.note("stripe", f"{request.method} {path}", status=answer.status, fault=fault and fault.kind)
        self._ticker.wake()
        return faults.after(self.box.world, fault, answer) if fault else answer

    def _find(self, request: Request, path: str) -> tuple[Route, str]:
        found = self._router.find(request.method, path.removeprefix("/v1/")) if path.startswith("/v1/") else None
        if found is None:
            raise ApiError(
                f"Unrecognized request URL ({request.method}: {path}). This sandbox knows a subset of the service.",
                status=404,
            )
        return found

    def _answer(
        self, request: Request, route: Route, identifier: str, request_id: str, fault: Fault | None
    ) -> Response:
        tree = nest(_pairs(request))
        # Parameters are read before a key is claimed: what fails here is not remembered under it.
        params = typed(tree, spec_for(route.params))
        expand: list[str] = params.pop("expand", None) or []
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        cause = Cause(request_id if request.method != "GET" else None, key or None)
        manner = faults.MANNERS.get(fault.kind, "") if fault else ""
        call = Call(params, identifier, cause, manner, faults.seconds(fault, 1.0) if fault and manner else 1.0)
        if key:
            with self.box.world.lock:
                first = self.box.keys.begin(key, route.path.replace("*", identifier), tree, self.box.now())
            if first is not None:
                return _sent(first, replayed=True)
        answer, remembered = None, False
        try:
            answer, remembered = self._work(route, call, expand, request_id, fault)
        finally:
            if key:
                with self.box.world.lock:
                    if answer is not None and remembered:
                        self.box.keys.finish(key, answer)
                    else:
                        self.box.keys.abandon(key)
        return _sent(answer)

    def _work(
        self, route: Route, call: Call, expand: list[str], request_id: str, fault: Fault | None
    ) -> tuple[Answer, bool]:
        """The answer, and whether an idempotency key remembers it."""
        try:
            if fault is not None:
                faults.during(self.box.world, fault)
            with self.box.world.lock:
                self.box.tick()
                made = expanded(self.box.store, route.answer(self.box, call), expand)
                self._check(made)
                return Answer(200, _json(made), request_id), True
        except ApiError as error:
            return Answer(error.status, _json(error.body(request_id)), request_id), error.stored

    def _check(self, made: Json) -> None:
        """On the debug switch, refuse to send what the library would not understand."""
        wrong = findings(made) if self.box.check_answers else []
        if wrong:
            raise ApiError(f"The sandbox made a wrong answer: {'; '.join(wrong)}", status=500, kind="api_error")


def _pairs(request: Request) -> list[tuple[str, str]]:
    if request.method == "POST":
        return parse_form(request.body.decode("utf-8", "replace"))
    return parse_form(request.query_string)


def _authorise(header: str) -> None:
    """Only test keys open this door. Raises ApiError 401."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            credentials = ""
    if not credentials:
        raise ApiError("You did not provide an API key.", status=401)
    if credentials.startswith(("sk_live_", "rk_live_")):
        raise ApiError("This is a sandbox: a live key was refused and not looked at any further.", status=401)
    if not credentials.startswith(("sk_test_", "rk_test_")):
        hidden = "*" * max(0, len(credentials) - 4) + credentials[-4:]
        raise ApiError(f"Invalid API Key provided: {hidden}", status=401)


def _json(value: Json) -> bytes:
    return json.dumps(value).encode()


def _sent(answer: Answer, *, replayed: bool = False) -> Response:
    headers = [("Content-Type", "application/json"), ("Request-Id", answer.request_id), ("Cache-Control", "no-store")]
    if replayed:
        headers.append(("Idempotent-Replayed", "true"))
        headers.append(("Original-Request", answer.request_id))
    return Response(answer.status, headers, answer.body)
