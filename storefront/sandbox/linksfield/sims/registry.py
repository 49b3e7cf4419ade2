"""All SIMs of one world, and what tests and the control page may ask of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from storefront.sandbox.linksfield.countries import ASIA, EUROPE, NORTH_AMERICA, all_countries
from storefront.sandbox.linksfield.orders import Order
from storefront.sandbox.linksfield.sims import population
from storefront.sandbox.linksfield.sims.plans import GLOBAL, PLANS, Plan, plan_of
from storefront.sandbox.linksfield.sims.sim import PlanOrder, Sim, Standing
from storefront.sandbox.world import World

FIRST_CONNECTION = 3600.0
MOST_STARTS_AT_ONCE = 400
CHANGES = (*(each.value for each in Standing), "foreign", "own", "not_eligible", "eligible")
_NOT_ELIGIBLE_OF = 16
_FIRST_SERIAL = 617
_FIRST_CREATED = 10_000
_STOPPED = (Standing.PAUSED, Standing.TERMINATED)


class Unfit(ValueError):
    """What was asked of a SIM cannot be; the message says why."""


@dataclass
class Settings:
    """What may be changed while it runs: seconds on the world's clock until a paid order takes effect."""

    apply_after: float = 0.0


class Sims:
    """The SIMs, put at ``world.sims``. Methods may be called from any thread; they take the world's lock."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self.settings = settings
        self._by_number: dict[str, Sim] = {}
        self._orders: list[PlanOrder] = []
        self._serial = itertools.count(_FIRST_SERIAL)
        self._created = itertools.count(_FIRST_CREATED)
        self._regions = {country.mcc: country.region for country in all_countries()}
        self.paid: Callable[[PlanOrder], None] = lambda _order: None
        self.began: Callable[[PlanOrder], None] = lambda _order: None
        for iccid, kind, which in population.first_day(world.seed):
            self._make(iccid, kind, which)

    def now(self) -> float:
        """Seconds since 1970 on the world's clock."""
        return self._world.clock.now().timestamp()

    def find(self, iccid: str) -> Sim | None:
        """A SIM as it stands now."""
        with self._world.lock:
            sim = self._by_number.get(iccid)
            if sim is not None:
                self._settle(sim)
            return sim

    def some(self, kind: str, which: int = 0) -> Sim:
        """A SIM made as this kind, see `population.KINDS`; ``delivered`` ones came from the QR family.

        Raises LookupError when there are not so many.
        """
        found = self.all(kind)
        if which >= len(found):
            raise LookupError(f"there are {len(found)} SIMs made as {kind}")
        return found[which]

    def all(self, kind: str = "") -> list[Sim]:
        """Every SIM, or those made as this kind, as they stand now."""
        with self._world.lock:
            found = [sim for sim in self._by_number.values() if kind in ("", sim.kind)]
            for sim in found:
                self._settle(sim)
            return found

    def orders(self) -> list[PlanOrder]:
        """Every order queries may show, oldest first."""
        with self._world.lock:
            self.all()
            now = self.now()
            return sorted((each for each in self._orders if each.shows_at <= now), key=lambda each: each.made_at)

    def top_ups(self, iccid: str = "") -> list[PlanOrder]:
        """The orders that came over the wire, oldest first, whether queries show them or not."""
        with self._world.lock:
            self.all()
            return [order for order in self._orders if order.is_top_up and iccid in ("", order.iccid)]

    def create(self, kind: str, iccid: str = "") -> Sim:
        """One more SIM. Raises Unfit for an unknown kind, and for a number that is taken or none."""
        if kind not in population.KINDS:
            raise Unfit(f"kind must be one of {', '.join(population.KINDS)}.")
        with self._world.lock:
            if not iccid:
                nth = next(self._created)
                iccid = population.number(self._world.seed, nth, is_misprinted=kind == "misprinted")
            if not (iccid.isascii() and iccid.isdigit() and 18 <= len(iccid) <= 20):
                raise Unfit("iccid must have 18 to 20 digits.")
            if iccid in self._by_number:
                raise Unfit(f"There is a SIM {iccid} already.")
            return self._make(iccid, kind, 0)

    def alter(self, iccid: str, change: str) -> Sim:
        """Pause, lock or end a SIM, bring it back, give it to others; see `CHANGES`. Raises Unfit."""
        with self._world.lock:
            sim = self.find(iccid)
            if sim is None:
                raise Unfit("There is no SIM with this number.")
            match change:
                case Standing.NORMAL | Standing.PAUSED | Standing.LOCKED | Standing.TERMINATED:
                    sim.standing = Standing(change)
                    sim.paused_at = self.now() if sim.standing is Standing.PAUSED else None
                case "foreign" | "own":
                    given = population.FOREIGN_PARTNER if change == "foreign" else ""
                    for order in sim.orders:
                        # What a partner bought stays its own.
                        order.partner = given if order.partner == sim.partner else order.partner
                    sim.partner = given
                case "not_eligible" | "eligible":
                    sim.is_known_to_mall = change == "eligible"
                case _:
                    raise Unfit(f"change must be one of {', '.join(CHANGES)}.")
            return sim

    def adopt(self, delivered: Order) -> None:
        """An eSIM the QR family handed over: its phone connects an hour later; a few cannot be sold for by number."""
        with self._world.lock:
            if delivered.profile is None or delivered.profile.iccid in self._by_number:
                return
            iccid, now = delivered.profile.iccid, self.now()
            regions = {self._regions[mcc] for mcc in delivered.package.members}
            areas = tuple(each for each in (EUROPE, ASIA, NORTH_AMERICA) if each in regions)
            plan = plan_of(delivered)
            sim = Sim(iccid, "delivered", areas=(*areas, GLOBAL), is_known_to_mall=is_eligible(iccid), came_with=plan)
            self._by_number[iccid] = sim
            self.place(sim, plan, made_at=now, applies_at=now + FIRST_CONNECTION)

    def place(self, sim: Sim, plan: Plan, *, made_at: float, **facts: Any) -> PlanOrder:
        """Put an order on a SIM; `facts` are further fields of `PlanOrder`."""
        with self._world.lock:
            made = dt.datetime.fromtimestamp(made_at, dt.UTC)
            code = facts.pop("code", "") or f"L{made:%Y%m%d}{next(self._serial):010d}"
            facts.setdefault("pace", random.Random(f"{self._world.seed}:{code}").uniform(0.3, 1.1))
            order = PlanOrder(code, sim.iccid, plan, made_at, **facts)
            sim.orders.append(order)
            self._orders.append(order)
            if order.is_top_up and order.is_paid:
                self.paid(order)
                self._settle(sim)
            return order

    def with_pay_id(self, pay_id: str) -> PlanOrder | None:
        """The newest order of a payment."""
        with self._world.lock:
            return next((each for each in reversed(self._orders) if each.pay_id == pay_id), None)

    def pay(self, pay_id: str) -> PlanOrder:
        """As if the supplier's own cashier had taken the money for an unpaid order. Raises Unfit."""
        with self._world.lock:
            order = self.with_pay_id(pay_id)
            if order is None or order.is_paid:
                raise Unfit("No unpaid order has this payId.")
            order.is_paid, order.has_failed = True, False
            order.applies_at = self.now() + self.settings.apply_after
            self.paid(order)
            self._settle(self._by_number[order.iccid])
            return order

    def _make(self, iccid: str, kind: str, which: int) -> Sim:
        sim = self._by_number[iccid] = Sim(iccid, kind)
        population.dress(sim, kind, which=which, seed=self._world.seed, now=self.now(), new_order=self.place)
        return sim

    def _settle(self, sim: Sim) -> None:
        """Let begin what is due: one plan after the other, then the supplier's auto-renewal when nothing waits."""
        if sim.standing in _STOPPED:
            return
        now = self.now()
        for _ in range(MOST_STARTS_AT_ONCE):
            waiting = [each for each in sim.orders if each.is_paid and each.starts_at is None]
            due = min(waiting, key=lambda each: each.applies_at, default=None)
            free_at = sim.free_at()
            if due is None and (renewal := sim.renewal()) is not None and -math.inf < free_at <= now:
                due = self.place(sim, renewal.plan, made_at=free_at, applies_at=free_at, partner=sim.partner)
            if due is None or max(free_at, due.applies_at) > now:
                return
            due.starts_at = max(free_at, due.applies_at)
            if due.is_top_up:
                self.began(due)


def is_eligible(iccid: str) -> bool:
    """Whether a delivered eSIM can be sold for by its number; always the same for the same number."""
    return hashlib.sha256(iccid.encode()).digest()[0] % _NOT_ELIGIBLE_OF != 0


def plans_for(sim: Sim, area: str = "") -> list[Plan]:
    """What can be bought for a SIM, in one area or in all of its own: the plan it came with again, and the usual."""
    if sim.standing is Standing.TERMINATED:
        return []
    again = [sim.came_with] if sim.came_with is not None and area in ("", sim.came_with.area) else []
    return again + [plan for plan in PLANS if plan.area in sim.areas and area in ("", plan.area)]
