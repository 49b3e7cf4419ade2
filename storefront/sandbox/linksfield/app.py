"""The pretend Linksfield at its door: the eSIM QR (FMS) family under ``/linksfield``, Mall and CSSS beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from storefront.sandbox.http import Handler, Request, Response
from storefront.sandbox.linksfield import answers, faults, inferred
from storefront.sandbox.linksfield.accounts import Accounts
from storefront.sandbox.linksfield.answers import Shelf, envelope
from storefront.sandbox.linksfield.calls import Calls
from storefront.sandbox.linksfield.catalogue import Catalogue
from storefront.sandbox.linksfield.checks import Body, Refusal
from storefront.sandbox.linksfield.orders import Orders
from storefront.sandbox.linksfield.sims.csss import Csss
from storefront.sandbox.linksfield.sims.door import Door
from storefront.sandbox.linksfield.sims.mall import Mall
from storefront.sandbox.linksfield.sims.pushes import Pushes
from storefront.sandbox.linksfield.sims.registry import Settings as SimSettings
from storefront.sandbox.linksfield.sims.registry import Sims
from storefront.sandbox.world import Fault, World

PREFIX = "/linksfield"


@dataclass(frozen=True, slots=True)
class Options:
    """How the supplier plays what its pages leave to choose; see `inferred` for the rest."""

    hold_minutes: float = 10
    money_unit: str = "major"
    status_in_envelope: bool = False
    is_mall_flat: bool = False
    csss_access_code: str = "1000000005"
    csss_secret: str = "pretend-csss-secret"
    push_url: str = ""
    push_key_id: str = "K1"
    push_key: str = "pretend-push-key"


@dataclass(frozen=True, slots=True)
class _Operation:
    target: str
    answer: Callable[[Request], bytes]
    needs_token: bool = True


class Supplier:
    """One pretend supplier; `handle` may be called from many threads."""

    def __init__(self, world: World, options: Options) -> None:
        self.world = world
        self.options = options
        self.catalogue = Catalogue.fresh(world.seed)
        self.accounts = Accounts(world)
        self.orders = Orders(
            world, self.catalogue, hold_seconds=options.hold_minutes * 60, money_unit=options.money_unit
        )
        self._shelf = Shelf(self.catalogue)
        self._calls = Calls(
            world,
            catalogue=self.catalogue,
            shelf=self._shelf,
            accounts=self.accounts,
            orders=self.orders,
            status_in_envelope=options.status_in_envelope,
        )
        self._operations = self._table()

    def handle(self, request: Request) -> Response:
        """One call, with the misfortune that is armed for it."""
        path = request.path.removeprefix(PREFIX)
        operation = self._operations.get((request.method, path))
        if operation is None:
            return Response(
                404, [faults.JSON_TYPE], answers.to_json({"status": 404, "error": "Not Found", "path": path})
            )
        fault = self.world.faults.take(faults.PREFIX + operation.target)
        response, code = self._spoilt(operation, request, fault) if fault else self._answer(operation, request)
        self.world.note(
            "linksfield",
            f"{request.method} {path}",
            target=operation.target,
            code=code,
            about=request.query_string[:80],
            fault=fault.kind if fault else None,
        )
        return response

    def change_price(self, package_id: int, currency: str, amount: Decimal) -> None:
        """Change one quote from now on. Raises LookupError for an unknown package or currency."""
        with self.world.lock:
            self.catalogue.packages[package_id].set_price(currency, amount)
            self._shelf.forget_prices()

    def change_stock(self, package_id: int, stock: int) -> None:
        """How many profiles may still be reserved, from now on. Raises LookupError."""
        with self.world.lock:
            self.catalogue.packages[package_id].stock = max(0, stock)

    def kill_tokens(self) -> int:
        """End every token, as a newer login might; returns how many."""
        with self.world.lock:
            return self.accounts.kill_tokens()

    def notices_taken(self) -> dict[str, int]:
        """For each order that got any: how many payment notices reached it, repeats included."""
        with self.world.lock:
            return self.orders.notices_taken()

    def activation_code(self, order_id: str) -> str:
        """The code handed over for an order, as a QR carries it; empty while there is none. Raises Refusal."""
        with self.world.lock:
            order = self.orders.find(order_id)
            return order.profile.activation_code if order.profile else ""

    def pay_by_hand(self, order_id: str) -> None:
        """As if the supplier's own people marked a waiting order as paid. Raises Refusal for an unknown order."""
        with self.world.lock:
            self.orders.pay_by_hand(self.orders.find(order_id))

    def _answer(self, operation: _Operation, request: Request) -> tuple[Response, int | None]:
        try:
            if operation.needs_token:
                with self.world.lock:
                    self.accounts.demand(request.headers.get("x-access-token", ""))
            return faults.answered(operation.answer(request)), 0
        except Refusal as refusal:
            body = envelope(None, code=refusal.code, message=refusal.message)
            return faults.answered(body), refusal.code

    def _spoilt(self, operation: _Operation, request: Request, fault: Fault) -> tuple[Response, int | None]:
        ended = faults.before(self.world, fault)
        if ended is not None:
            return ended, None
        try:
            self._prepare(operation, request, fault)
        except Refusal as refusal:
            return faults.answered(envelope(None, code=refusal.code, message=refusal.message)), refusal.code
        response, code = self._answer(operation, request)
        if fault.kind == "hold_lapsed" and operation.target == "pre_order" and code == 0:
            made = str(json.loads(response.body)["data"]["id"])
            with self.world.lock:
                self.orders.lapse(self.orders.find(made))
        return faults.after(self.world, fault, response), code

    def _prepare(self, operation: _Operation, request: Request, fault: Fault) -> None:
        """Bring about what the fault says has happened just before the call. Raises Refusal to end the call."""
        with self.world.lock:
            match (fault.kind, operation.target):
                case ("token_killed", _):
                    self.accounts.kill_tokens()
                case ("sold_out", "pre_order"):
                    raise Refusal(inferred.SOLD_OUT, "sold out: no profile left")
                case ("hold_lapsed", "payment_notice" | "order_status" | "profile"):
                    self.orders.lapse(self._calls.order_of(Body.of(request)))
                case ("price_changed", "payment_notice"):
                    code, message = self.orders.dead_by_price(self._calls.order_of(Body.of(request)))
                    raise Refusal(code, message)
                case ("price_changed", "pre_order" | "package_detail"):
                    number = Body.of(request).whole("id") if request.method == "POST" else request.query.get("id", "")
                    self._calls.package_of(str(number)).raise_prices(Decimal(str(fault.params.get("factor", "1.1"))))
                    self._shelf.forget_prices()

    def _table(self) -> dict[tuple[str, str], _Operation]:
        calls = self._calls
        table: dict[tuple[str, str], _Operation] = {}

        def add(operation: _Operation, *paths: str, methods: tuple[str, ...] = ("POST",)) -> None:
            table.update({(method, path): operation for method in methods for path in paths})

        add(_Operation("login", calls.log_in, needs_token=False), "/user/emailLogin", "/user/login")
        add(_Operation("login", calls.register, needs_token=False), "/user/emailRegister")
        add(_Operation("country_list", calls.countries, needs_token=False), "/package/countryPackageList")
        packages = _Operation("package_list", calls.packages, needs_token=False)
        add(packages, "/package/packageList", "/v1.1/package/packageList")
        detail = _Operation("package_detail", calls.detail, needs_token=False)
        add(detail, "/package/detail", "/v1.1/package/detail", methods=("GET", "POST"))
        pre_order = _Operation("pre_order", calls.pre_order)
        add(pre_order, "/v1.1/package/preOrderPackage", "/v1.2/package/preOrderPackage")
        add(_Operation("payment_notice", calls.notice), "/v1.1/payment/webhook")
        add(_Operation("order_status", calls.status), "/package/queryOrdStatusAndEmail")
        add(_Operation("profile", calls.profile), "/order/myEsimDetail", "/v1.1/order/myEsimDetail")
        return table


def mount(world: World, options: Options) -> tuple[Supplier, dict[str, Handler]]:
    """The pretend supplier of one world, and the handlers by path prefix."""
    supplier = Supplier(world, options)
    world.supplier = supplier
    sims = Sims(world, SimSettings())
    world.sims = sims
    supplier.orders.delivered = sims.adopt
    pushes = Pushes(world, options.push_url, key_id=options.push_key_id, key=options.push_key)
    world.pushes = pushes
    sims.paid, sims.began = pushes.recharged, pushes.plan_changed
    families = (Mall(sims, is_flat=options.is_mall_flat), Csss(sims, {options.csss_access_code: options.csss_secret}))
    return supplier, {PREFIX: supplier.handle, **{each.prefix: Door(world, each).handle for each in families}}
