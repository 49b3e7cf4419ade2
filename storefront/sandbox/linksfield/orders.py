"""Holds and what becomes of them: one profile of the pool is reserved, then handed over, released or left to lapse."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any

from storefront.sandbox.linksfield import inferred
from storefront.sandbox.linksfield.catalogue import Catalogue
from storefront.sandbox.linksfield.checks import Refusal
from storefront.sandbox.linksfield.package import Package
from storefront.sandbox.linksfield.prices import Currency
from storefront.sandbox.linksfield.profiles import Profile, profile
from storefront.sandbox.world import World

PAYMENT_SUCCEEDED = "payment_intent.succeeded"
PAYMENT_FAILED = "payment_intent.payment_failed"

HOLD_LAPSED = 6006
NO_SUCH_ORDER = 10008
PRICE_DIFFERS = 10009

_FIRST_ORDER_ID = 1055200094
_LONGEST_ID = 18
_PROFILE_LIFE = dt.timedelta(days=180)


class Standing(IntEnum):
    """`orderPayStatus`."""

    WAITING = 0
    PAID = 1
    FAILED = inferred.STATUS_OF_REFUSED
    CANCELLED = inferred.STATUS_OF_LAPSED


@dataclass(slots=True)
class Order:
    """One pre-order. `answer` is what the first payment notice was told; every later one is told the same."""

    id: int
    number: str
    package: Package
    partner: str
    money: Decimal
    currency: Currency
    period_num: int
    nth: int
    made_at: float
    held_until: float
    standing: Standing = Standing.WAITING
    answer: tuple[int, str] | None = None
    profile: Profile | None = None
    paid_at: float = 0.0
    notices: int = 0


@dataclass(slots=True)
class _Pool:
    """Which profiles of a package are free to reserve: returned ones first, then fresh ones."""

    fresh: int = 0
    returned: list[int] = field(default_factory=list)
    holds: list[tuple[float, int]] = field(default_factory=list)


class Orders:
    """All orders of one world. Its methods expect the world's lock to be held."""

    def __init__(self, world: World, catalogue: Catalogue, *, hold_seconds: float, money_unit: str) -> None:
        self._world = world
        self._catalogue = catalogue
        self._orders: dict[int, Order] = {}
        self._pools: dict[int, _Pool] = {}
        self.hold_seconds = hold_seconds
        self.money_unit = money_unit
        self.delivered: Callable[[Order], None] = lambda _order: None

    def pre_order(
        self, package: Package, *, partner: str, money: Decimal, currency: Currency, period_num: int
    ) -> Order:
        """Reserve one profile. Raises Refusal when none is left."""
        now = self._world.clock.now()
        pool = self._pools.setdefault(package.id, _Pool())
        self._lapse_due(pool, now.timestamp())
        if package.stock <= 0:
            raise Refusal(inferred.SOLD_OUT, "sold out: no profile left")
        package.stock -= 1
        if pool.returned:
            nth = heapq.heappop(pool.returned)
        else:
            nth, pool.fresh = pool.fresh, pool.fresh + 1
        count = len(self._orders)
        order = Order(
            _FIRST_ORDER_ID + count,
            f"ESIM_L{now:%Y%m%d}{count + 1:07d}",
            package,
            partner,
            money,
            currency,
            period_num,
            nth,
            now.timestamp(),
            now.timestamp() + self.hold_seconds,
        )
        self._orders[order.id] = order
        heapq.heappush(pool.holds, (order.held_until, order.id))
        return order

    def find(self, order_id: str) -> Order:
        """The order as it stands now. Raises Refusal 10008."""
        is_number = order_id.isascii() and order_id.isdigit() and len(order_id) <= _LONGEST_ID
        order = self._orders.get(int(order_id)) if is_number else None
        if order is None:
            raise Refusal(NO_SUCH_ORDER, "the order does not exist")
        if order.standing is Standing.WAITING and order.held_until <= self._world.clock.now().timestamp():
            self._release(order, Standing.CANCELLED)
        return order

    def notice(self, order: Order, *, kind: str, amount: Decimal, currency: str) -> tuple[int, str]:
        """Take the result of a payment: (code, message). Only the first notice of an order has an effect."""
        order.notices += 1
        if order.answer is None:
            order.answer = self._first_notice(order, kind, amount, currency)
        return order.answer

    def _first_notice(self, order: Order, kind: str, amount: Decimal, currency: str) -> tuple[int, str]:
        if order.standing is Standing.CANCELLED:
            return HOLD_LAPSED, "PreOrder Timeout"
        if kind == PAYMENT_FAILED:
            self._release(order, Standing.FAILED)
            return 0, "操作成功"
        wanted = inferred.notice_amount(order.money, order.currency.digits, self.money_unit)
        if currency != order.currency.code or amount != wanted:
            self._release(order, Standing.FAILED)
            return PRICE_DIFFERS, "price inconsistent"
        return self._hand_over(order)

    def pay_by_hand(self, order: Order) -> None:
        """Hand the profile over without a notice; a later notice is told that all is well."""
        if order.standing is Standing.WAITING:
            order.answer = self._hand_over(order)

    def notices_taken(self) -> dict[str, int]:
        """How many notices reached each order that got any."""
        return {str(order.id): order.notices for order in self._orders.values() if order.notices}

    def _hand_over(self, order: Order) -> tuple[int, str]:
        order.standing = Standing.PAID
        order.paid_at = self._world.clock.now().timestamp()
        order.package.sold += 1
        order.profile = profile(
            self._world.seed, order.package.id, order.nth, needs_confirmation=order.package.needs_confirmation
        )
        self.delivered(order)
        return 0, "操作成功"

    def dead_by_price(self, order: Order) -> tuple[int, str]:
        """As if the price had changed under a waiting order: the notice is refused and the order ends."""
        order.notices += 1
        if order.answer is None:
            if order.standing is Standing.WAITING:
                self._release(order, Standing.FAILED)
            order.answer = (PRICE_DIFFERS, "price inconsistent")
        return order.answer

    def lapse(self, order: Order) -> None:
        """End a hold before its time."""
        if order.standing is Standing.WAITING:
            order.held_until = self._world.clock.now().timestamp()
            self._release(order, Standing.CANCELLED)

    def detail(self, order: Order) -> dict[str, Any]:
        """What My eSIM Detail tells of an order. Raises Refusal when it has no profile."""
        if order.profile is None:
            raise Refusal(inferred.NO_PROFILE, "qrCode is null")
        until = dt.datetime.fromtimestamp(order.paid_at, dt.UTC) + _PROFILE_LIFE
        return inferred.esim_detail(
            {
                "id": order.id,
                "orderNo": order.number,
                "iccid": order.profile.iccid,
                "qrCode": order.profile.activation_code,
                "confirmationCode": order.profile.confirmation_code,
                "packageName": order.package.name,
                "expireDate": f"{until:%Y-%m-%d}",
            }
        )

    def counts(self) -> dict[str, int]:
        """How many orders stand how, for the control page."""
        found = {standing.name.lower(): 0 for standing in Standing}
        for order in self._orders.values():
            found[order.standing.name.lower()] += 1
        return found

    def latest(self, most: int) -> list[Order]:
        """The newest orders, newest first."""
        return list(itertools.islice(reversed(self._orders.values()), most))

    def _lapse_due(self, pool: _Pool, now: float) -> None:
        while pool.holds and pool.holds[0][0] <= now:
            _, number = heapq.heappop(pool.holds)
            order = self._orders[number]
            if order.standing is Standing.WAITING and order.held_until <= now:
                self._release(order, Standing.CANCELLED)

    def _release(self, order: Order, standing: Standing) -> None:
        order.standing = standing
        order.package.stock += 1
        heapq.heappush(self._pools[order.package.id].returned, order.nth)
