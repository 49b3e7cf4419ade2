"""Ordering misfortunes and moving the clock: an HTTP interface for tests, and the verbs behind the control page."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from storefront.sandbox import mailbox
from storefront.sandbox.control_page import PREFIX, Help, show
from storefront.sandbox.http import Handler, Request, Response
from storefront.sandbox.linksfield import faults as linksfield
from storefront.sandbox.linksfield.app import Supplier
from storefront.sandbox.linksfield.sims import control as sims
from storefront.sandbox.linksfield.sims import misfortunes, pushes
from storefront.sandbox.linksfield.sims.control import Wrong
from storefront.sandbox.look import as_json, is_foreign, page, see_other
from storefront.sandbox.world import World

Facts = dict[str, Any]
MOST_TIMES = 1_000_000
LONGEST_JUMP = 10 * 366 * 24 * 3600
STRIPE_KINDS = {
    "timeout_before": "waits `seconds` (30), then closes the connection; nothing happened",
    "timeout_after": "it happens, then `seconds` (30) of silence and a closed connection",
    "reset_before": "the connection is closed at once; nothing happened",
    "reset_after": "it happens, then the connection is closed",
    "slow": "waits `seconds` (2), then all is well",
    "status": "HTTP `status` (500) in Stripe's own shape, replayed under the same key",
    "rate_limit": "HTTP 429",
    "malformed": "it happens, but the JSON of the answer breaks off",
    "drip": "it happens; the answer comes byte by byte",
    "pending": "a refund stays pending until it is settled by hand",
    "settle_later": "a refund is pending and goes through after `seconds` (1)",
    "fail_later": "a refund goes through at first and fails after `seconds` (1)",
}
_FAMILIES = (("Linksfield Mall", misfortunes.MALL), ("Linksfield CSSS", misfortunes.CSSS))
WEBHOOK_KINDS = {
    "drop": "the notice is never sent",
    "duplicate": "it is sent twice",
    "late": "it is sent `seconds` later",
    "reorder": "it is sent after the next one",
}


class Control:
    """Answers ``/control``: pages and forms for people, JSON for programs, the same verbs behind both."""

    def __init__(self, world: World, furnish: Callable[[], None], stripe_targets: Sequence[str]) -> None:
        self._world = world
        self._furnish = furnish
        self._verbs: dict[str, Callable[[Facts], Any]] = {
            "faults": self._arm,
            "faults/clear": self._clear,
            "clock": self._move,
            "stock": self._stock,
            "price": self._price,
            "tokens/kill": self._kill_tokens,
            "sims/create": lambda facts: sims.create(self._world, facts),
            "sims/alter": lambda facts: sims.alter(self._world, facts),
            "log/clear": self._clear_log,
            "reset": self._reset,
        }
        self._help = (
            Help("Linksfield", linksfield.TARGETS, linksfield.KINDS),
            *(Help(name, misfortunes.TARGETS[key], misfortunes.KINDS[key]) for name, key in _FAMILIES),
            Help("Linksfield's pushes", {pushes.TARGET: "the next push to the shop"}, WEBHOOK_KINDS),
            Help("Stripe", dict.fromkeys((*stripe_targets, "stripe.*"), "a call of this name"), STRIPE_KINDS),
            Help("Stripe's notices", {"stripe.webhook": "the next notice to the shop"}, WEBHOOK_KINDS),
            Help("Mail", {mailbox.TARGET: "the next mail handed over"}, mailbox.KINDS),
        )

    def handlers(self) -> dict[str, Handler]:
        """What to put under which path prefix."""
        return {PREFIX: self.handle}

    def handle(self, request: Request) -> Response:
        """One page view, form or JSON call."""
        verb = request.path.removeprefix(PREFIX).strip("/")
        if request.method in ("GET", "HEAD"):
            return self._read(verb, request)
        if is_foreign(request):
            return as_json({"error": "This comes from another web site."}, 403)
        if request.method == "DELETE" and verb == "faults":
            return as_json(self._clear({}))
        work = self._verbs.get(verb) if request.method == "POST" else None
        is_json = request.headers.get("content-type", "").startswith("application/json") or not request.body
        if work is None:
            return as_json({"error": f"No such call. POST takes: {', '.join(self._verbs)}."}, 404)
        try:
            done = work(_facts(request.body) if is_json else dict(request.form))
        except Wrong as wrong:
            if is_json:
                return as_json({"error": str(wrong)}, 400)
            return page(
                "That did not work", f'<p>{html.escape(str(wrong))}</p><p><a href="{PREFIX}">Back</a></p>', status=400
            )
        return as_json(done) if is_json else see_other(f"{PREFIX}?done={quote(verb)}")

    @property
    def _supplier(self) -> Supplier:
        supplier = self._world.supplier
        assert isinstance(supplier, Supplier)
        return supplier

    def _read(self, verb: str, request: Request) -> Response:
        match verb:
            case "":
                return show(self._world, self._supplier, self._help, done=request.query.get("done", ""))
            case "log":
                return as_json({"calls": self._calls(request.query)})
            case "faults":
                targets = {name: text for each in self._help for name, text in each.targets.items()}
                return as_json({**self._faults(), "targets": targets, "kinds": linksfield.KINDS})
            case "clock":
                return as_json(self._clock())
            case "state":
                return as_json(self._state())
            case "sims":
                return as_json({"sims": sims.listed(self._world, request.query)})
            case "code":
                return as_json({"activation_code": self._newest_code()})
        return as_json({"error": "No such page. There are: log, faults, clock, state, sims, code."}, 404)

    def _calls(self, query: dict[str, str]) -> list[Facts]:
        """The log, newest first; any of its facts may be asked for, as in ``?service=linksfield&target=pre_order``."""
        wanted = query.items()
        return [
            call
            for call in reversed(self._world.log.copy())
            if all(str(call.get(name, "")) == value for name, value in wanted)
        ]

    def _faults(self) -> Facts:
        return {
            "armed": [asdict(fault) for fault in self._world.faults.armed()],
            "history": list(self._world.faults.history.copy()),
        }

    def _newest_code(self) -> str:
        """The pretend code handed over last, so that whoever holds a QR image can compare."""
        handed_over = [order for order in self._supplier.orders.latest(20) if order.profile and order.standing == 1]
        return self._supplier.activation_code(str(handed_over[0].id)) if handed_over else ""

    def _clock(self) -> Facts:
        return {"now": self._world.clock.now().isoformat(), "offset": self._world.clock.offset}

    def _state(self) -> Facts:
        supplier = self._supplier
        with self._world.lock:
            return {
                **self._clock(),
                "orders": supplier.orders.counts(),
                "live_tokens": supplier.accounts.live_tokens,
                "packages": len(supplier.catalogue.packages),
                "sold_out": sum(package.stock == 0 for package in supplier.catalogue.packages.values()),
                "armed": len(self._world.faults.armed()),
            }

    def _arm(self, facts: Facts) -> Any:
        target, kind = str(facts.get("target", "")), str(facts.get("kind", ""))
        known = next((each for each in self._help if target in each.targets), None)
        if known is None:
            names = ", ".join(name for each in self._help for name in each.targets)
            raise Wrong(f"There is no such target. There are: {names}.")
        if kind not in known.kinds and not target.startswith("stripe."):
            raise Wrong(f"{target} knows no such kind. It knows: {', '.join(known.kinds)}.")
        places = linksfield.ONLY_AT.get(kind, ())
        if target in linksfield.TARGETS and places and target.removeprefix(linksfield.PREFIX) not in (*places, "*"):
            raise Wrong(f"{kind} can only happen at {', '.join(linksfield.PREFIX + place for place in places)}.")
        of_sims = misfortunes.ONLY_AT.get(kind, ())
        if of_sims and target not in of_sims and not target.endswith("*"):
            raise Wrong(f"{kind} can only happen at {', '.join(of_sims)}.")
        params = facts.get("params") or {}
        if isinstance(params, str):
            params = _words(params)
        if not isinstance(params, dict):
            raise Wrong("params must be an object, or text such as seconds=5.")
        times = _whole(facts, "times", 1, 1, MOST_TIMES)
        self._world.faults.arm(target, kind, times, **{str(name): value for name, value in params.items()})
        return self._faults()

    def _clear(self, _facts: Facts) -> Any:
        self._world.faults.clear()
        return self._faults()

    def _move(self, facts: Facts) -> Any:
        try:
            seconds = float(facts.get("seconds", "")) * float(facts.get("unit", 1))
        except (TypeError, ValueError):
            raise Wrong("seconds must be a number.") from None
        if not abs(seconds) <= LONGEST_JUMP:
            raise Wrong("seconds must stay within ten years.")
        with self._world.lock:
            self._world.clock.move(seconds)
        return self._clock()

    def _stock(self, facts: Facts) -> Any:
        number, stock = self._package(facts), _whole(facts, "stock", None, 0, MOST_TIMES)
        self._supplier.change_stock(number, stock)
        return {"package": number, "stock": stock}

    def _price(self, facts: Facts) -> Any:
        number, currency = self._package(facts), str(facts.get("currency") or "USD").upper()
        try:
            amount = Decimal(str(facts.get("price", "")))
        except InvalidOperation:
            amount = Decimal(0)
        if not amount.is_finite() or not 0 < amount < MOST_TIMES:
            raise Wrong("price must be a number above 0, such as 4.99.")
        try:
            self._supplier.change_price(number, currency, amount)
        except LookupError:
            raise Wrong(f"Package {number} has no price in this currency.") from None
        return {"package": number, "currency": currency, "price": str(amount)}

    def _package(self, facts: Facts) -> int:
        """The id of a package named by its id or its code."""
        wanted = str(facts.get("package", "")).strip()
        for package in self._supplier.catalogue.packages.values():
            if wanted in (str(package.id), package.code):
                return package.id
        raise Wrong("package must be the id or the code of a package, such as 1000000.")

    def _kill_tokens(self, _facts: Facts) -> Any:
        return {"killed": self._supplier.kill_tokens()}

    def _clear_log(self, _facts: Facts) -> Any:
        self._world.log.clear()
        return {"calls": []}

    def _reset(self, _facts: Facts) -> Any:
        """All services as on the first day; the clock keeps its offset, since the shop's clock cannot go back."""
        self._world.faults.clear()
        self._world.faults.history.clear()
        self._world.log.clear()
        self._furnish()
        return self._state()


def _facts(body: bytes) -> Facts:
    try:
        facts = json.loads(body or b"{}")
    except ValueError:
        raise Wrong("The body is not JSON.") from None
    if not isinstance(facts, dict):
        raise Wrong("The body must be a JSON object.")
    return facts


def _whole(facts: Facts, name: str, default: int | None, least: int, most: int) -> int:
    value = facts.get(name, default)
    text = str(default if value in ("", None) else value)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Wrong(f"{name} must be a whole number from {least} to {most}.")
    return int(text)


def _words(text: str) -> Facts:
    """``seconds=5 field=qrCode`` as facts; what reads as JSON is taken as such."""
    facts: Facts = {}
    try:
        words = shlex.split(text)
    except ValueError:
        raise Wrong("params has an open quotation mark.") from None
    for word in words:
        name, is_given, value = word.partition("=")
        if not is_given:
            raise Wrong("params must be pairs such as seconds=5.")
        try:
            facts[name] = json.loads(value)
        except ValueError:
            facts[name] = value
    return facts
