"""The supplier's calls by hand: what leaves, what was signed and what comes back, with secrets masked.

Mall and CSSS are sent with any parameters, and their answers are shown unread. The eSIM QR family goes through the
shop's own client: the token is the shop's one token, and an answer the shop could not read says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from storefront import wiring
from storefront.gateways.calls import Deadline, Observe
from storefront.gateways.http import Http, HttpAnswer, HttpCall
from storefront.gateways.linksfield import csss, mall_operations, messages
from storefront.gateways.linksfield.esim import Linksfield
from storefront.gateways.linksfield.messages import Json
from storefront.gateways.linksfield.tokens import Tokens
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import Kind, StorefrontError
from storefront.ports import HoldRequest, PaymentNotice, SupplierCountry
from storefront.supplier_mask import Mask
from storefront.wiring import House

FAMILIES: Final = ("mall", "csss", "esim")

T = TypeVar("T")
Say = Callable[[str], None]
Send = Callable[[], object]
Agree = Callable[[str], object]
"""Asks the operator a question; returns when the answer is yes and raises otherwise."""


class BadCall(StorefrontError):
    """There is no such operation, or its parameters do not hold; the detail names what would."""

    kind = Kind.REJECTED
    code = "bad_supplier_call"


@dataclass(frozen=True, slots=True)
class _EsimOperation:
    """A method of the client and how its argument is made of the parameters; making it raises ValueError."""

    takes: tuple[str, ...]
    ask: Callable[[Linksfield, Any], object]
    argument: Callable[[Mapping[str, str]], object]
    is_read: bool = True
    may_take: tuple[str, ...] = ()


def _hold_request(given: Mapping[str, str]) -> HoldRequest:
    return HoldRequest(
        api=_one_of({"v1.1": "v1.1", "v1.2": "v1.2"}, given.get("api", "v1.1")),
        package_id=int(given["id"]),
        package_code=given["packageCode"],
        period_num=int(given["periodNum"]),
        currency=given["currency"],
        currency_id=int(given["currencyId"]),
        amount=_amount(given["money"]),
    )


def _payment_notice(given: Mapping[str, str]) -> PaymentNotice:
    return PaymentNotice(
        order_id=given["orderId"],
        amount=str(_amount(given["payAmount"])),
        currency=given["payCurrency"],
        paid_at=wall_now(),
        succeeded=_one_of({"succeeded": True, "failed": False}, given["result"]),
    )


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError("an amount is a number") from None
    if not amount.is_finite():
        raise ValueError("an amount is a number")
    return amount


def _one_of(known: Mapping[str, T], word: str) -> T:
    if word not in known:
        raise ValueError(f"one of {', '.join(known)} is meant")
    return known[word]


_ESIM: Final = {
    "countries": _EsimOperation((), lambda client, _: client.countries(), lambda _given: None),
    "plans": _EsimOperation(
        ("countryCode", "isoCountryName"),
        Linksfield.plans,
        lambda given: SupplierCountry(given["countryCode"], given["isoCountryName"]),
    ),
    "plan": _EsimOperation(("id",), Linksfield.plan, lambda given: int(given["id"])),
    "pre_order": _EsimOperation(
        ("id", "packageCode", "periodNum", "currency", "currencyId", "money"),
        Linksfield.pre_order,
        _hold_request,
        is_read=False,
        may_take=("api",),
    ),
    "notify_payment": _EsimOperation(
        ("orderId", "payAmount", "payCurrency", "result"), Linksfield.notify_payment, _payment_notice, is_read=False
    ),
    "order_status": _EsimOperation(("orderId",), Linksfield.order_status, lambda given: given["orderId"]),
    "profile": _EsimOperation(("orderId",), Linksfield.profile, lambda given: given["orderId"]),
}

_EFFECTS: Final = {
    "mall": {name: operation.is_read for name, operation in mall_operations.OPERATIONS.items()},
    "csss": {name: operation.is_read for name, operation in csss.OPERATIONS.items()},
    "esim": {name: operation.is_read for name, operation in _ESIM.items()},
}


def listing(family: str) -> list[str]:
    """One line for each operation of the family: its name, what it is at the supplier, and whether it has an effect."""
    if family == "esim":
        abouts = {name: _about(one) for name, one in _ESIM.items()}
    elif family == "mall":
        abouts = {name: f"{one.method} {one.path}" for name, one in mall_operations.OPERATIONS.items()}
    else:
        abouts = {name: f"POST {one.path}" for name, one in csss.OPERATIONS.items()}
    is_read = _EFFECTS[family]
    return [f"{name:<16} {'' if is_read[name] else '(has an effect) '}{about}" for name, about in abouts.items()]


def read_parameters(given: Sequence[str]) -> dict[str, Json]:
    """`name=text`, or `name:=JSON` where the supplier wants a number. Raises `BadCall`."""
    found: dict[str, Json] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip(":"):
            raise BadCall("a parameter is name=text, or name:=JSON for a number, a list or an object")
        if not name.endswith(":"):
            found[name] = value
            continue
        try:
            found[name[:-1]] = json.loads(value, parse_float=Decimal, parse_constant=_no_such_number)
        except ValueError:
            raise BadCall(f"what follows {name}= is not JSON") from None
    return found


def _no_such_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def call(house: House, family: str, name: str, given: Mapping[str, Json], *, say: Say, agree: Agree) -> None:
    """Make one call and show it. An operation with an effect asks first. Raises `BadCall` and the outside's errors."""
    is_read = _EFFECTS[family].get(name)
    if is_read is None:
        raise BadCall(f"{family} has no operation {name}; it has {', '.join(_EFFECTS[family])}")
    show = _Show(Mask(_secrets(house)), say)
    send = _PREPARE[family](house, _Witness(house.metrics.observe_call, show), name, given, show)
    if not is_read:
        agree(f"{family} {name} has an effect at the supplier. Send it?")
    send()


class _Show:
    """Tells the operator what may be told; control characters of an answer do not reach the terminal."""

    def __init__(self, mask: Mask, say: Say) -> None:
        self._mask = mask
        self._say = say

    def signed(self, canonical: str, signature: str) -> None:
        self._line(f"canonical: {self._mask.json(canonical)}")
        self._line(f"signature: {signature}")

    def parameters(self, given: Mapping[str, str]) -> None:
        self._line(f"parameters: {self._mask.json(messages.write(dict(given)))}")

    def request(self, call: HttpCall) -> None:
        self._mask.also(call.headers.get("x-access-token", ""))
        self._line(f"request: {call.method} {self._mask.url(call.url)}")
        if call.body is not None:
            self._line(self._mask.json(call.body.decode(), pretty=True))

    def answer(self, answer: HttpAnswer) -> None:
        self._line(f"answer: status {answer.status}")
        self._line(self._mask.json(answer.body.decode(errors="replace"), pretty=True))

    def _line(self, text: str) -> None:
        self._say("".join(char if char.isprintable() or char in "\n\t" else "?" for char in text))


class _Witness(Http):
    """The door to the supplier, with somebody beside it who tells what goes through."""

    def __init__(self, observe: Observe, show: _Show) -> None:
        super().__init__(observe)
        self._show = show

    def ask(self, call: HttpCall, *, deadline: Deadline, understand: Callable[[HttpAnswer], T]) -> T:
        """As `Http.ask`; the answer is shown before anybody tries to understand it."""

        def look(answer: HttpAnswer) -> T:
            self._show.answer(answer)
            return understand(answer)

        self._show.request(call)
        return super().ask(call, deadline=deadline, understand=look)


def _mall(house: House, http: Http, name: str, given: Mapping[str, Json], show: _Show) -> Send:
    client = wiring.mall(house.settings, http)
    prepared = client.prepare(name, _texts(given))
    show.signed(prepared.canonical, prepared.signature)
    return partial(client.send, prepared)


def _csss(house: House, http: Http, name: str, given: Mapping[str, Json], show: _Show) -> Send:
    client = wiring.csss(house.settings, http)
    prepared = client.prepare(name, given)
    show.signed(prepared.canonical, prepared.signature)
    return partial(client.send, prepared)


def _esim(house: House, http: Http, name: str, given: Mapping[str, Json], show: _Show) -> Send:
    operation = _ESIM[name]
    needed, known = set(operation.takes), {*operation.takes, *operation.may_take}
    if not needed <= given.keys() <= known:
        raise BadCall(f"{name} takes {_about(operation) or 'no parameters'}")
    texts = _texts(given)
    try:
        argument = operation.argument(texts)
    except ValueError as wrong:
        raise BadCall(f"{name} takes {_about(operation)}: {wrong}") from None
    show.parameters(texts)
    tokens = Tokens(house.write, house.vault, house.outside.clock, account=house.settings.supplier_email)
    return partial(operation.ask, wiring.esim(house.settings, http, tokens), argument)


_PREPARE: Final = {"mall": _mall, "csss": _csss, "esim": _esim}


def _about(operation: _EsimOperation) -> str:
    return " ".join((*operation.takes, *(f"[{name}]" for name in operation.may_take)))


def _texts(given: Mapping[str, Json]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else messages.write(value) for name, value in given.items()}


def _secrets(house: House) -> Iterable[str]:
    settings = house.settings
    for secret in (settings.supplier_password, settings.mall_sign_key, settings.csss_secret):
        yield secret.get_secret_value()
