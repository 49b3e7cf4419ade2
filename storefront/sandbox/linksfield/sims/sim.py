"""One SIM: the orders on it, what is in use at a moment, how much of it is used up."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from storefront.sandbox.linksfield.sims.plans import AREAS, BYTES_OF_MEGABYTE, Plan

DAY = 86_400.0
_UNLIMITED_PER_DAY = 1400 * BYTES_OF_MEGABYTE


class Standing(StrEnum):
    """What people decided about a SIM, whatever is on it."""

    NORMAL = "normal"
    PAUSED = "paused"
    LOCKED = "locked"
    TERMINATED = "terminated"


class LifeCycle(StrEnum):
    """How a SIM looks from outside."""

    PRE_ACTIVATED = "pre_activated"
    ACTIVE = "active"
    EXPIRED = "expired"
    PAUSED = "paused"
    LOCKED = "locked"
    TERMINATED = "terminated"


class Stage(StrEnum):
    """Where an order stands: the supplier's orderStatus, of which 3 is nowhere published."""

    NOT_ENABLED = "1"
    IN_USE = "2"
    ENDED = "3"


@dataclass(slots=True, eq=False)
class PlanOrder:
    """One plan ordered for a SIM; times are seconds since 1970 on the world's clock.

    It may begin at `applies_at`, queries show it from `shows_at` on. `pace` is how much of the plan is used up by the
    end of its time (above 1: earlier). An empty `partner` is every caller's own.
    """

    code: str
    iccid: str
    plan: Plan
    made_at: float
    periods: int = 1
    applies_at: float = 0.0
    shows_at: float = 0.0
    starts_at: float | None = None
    pace: float = 0.5
    partner: str = ""
    purchase_order_id: str = ""
    order_no: str = ""
    pay_id: str = ""
    is_paid: bool = True
    is_top_up: bool = False
    has_failed: bool = False

    @property
    def ends_at(self) -> float | None:
        """When its time is over; None before it began."""
        return None if self.starts_at is None else self.starts_at + self.plan.days * self.periods * DAY

    def stage(self, now: float) -> Stage:
        """Where it stands."""
        if self.starts_at is None or self.ends_at is None or now < self.starts_at:
            return Stage.NOT_ENABLED
        return Stage.IN_USE if now < self.ends_at else Stage.ENDED

    def used(self, now: float) -> int:
        """Bytes used so far."""
        if self.starts_at is None or self.ends_at is None:
            return 0
        since = max(0.0, min(now, self.ends_at) - self.starts_at)
        if not self.plan.megabytes:
            return int(since / DAY * _UNLIMITED_PER_DAY * self.pace)
        share = min(1.0, self.pace * since / (self.ends_at - self.starts_at))
        return int(share * self.plan.megabytes * self.periods * BYTES_OF_MEGABYTE)

    def left(self, now: float) -> int | None:
        """Bytes left; None without a limit."""
        if not self.plan.megabytes:
            return None
        return self.plan.megabytes * self.periods * BYTES_OF_MEGABYTE - self.used(now)


@dataclass(slots=True, eq=False)
class Renewal:
    """An auto-renewal sold by the supplier itself."""

    order_no: str
    pay_id: str
    plan: Plan
    periods: int
    since: float
    is_active: bool = True


@dataclass(slots=True, eq=False)
class Sim:
    """One SIM. An empty `partner` is every caller's own; `kind` says what it was made as.

    `came_with` is the plan an eSIM was delivered with; it may be bought again.
    """

    iccid: str
    kind: str = ""
    partner: str = ""
    standing: Standing = Standing.NORMAL
    paused_at: float | None = None
    areas: tuple[str, ...] = AREAS
    is_known_to_mall: bool = True
    has_minutes: bool = False
    can_tell_remaining: bool = True
    came_with: Plan | None = None
    orders: list[PlanOrder] = field(default_factory=list)
    renewals: list[Renewal] = field(default_factory=list)

    def is_of(self, partner: str) -> bool:
        """Whether the caller may know of it."""
        return self.partner in ("", partner)

    def moment(self, now: float) -> float:
        """The moment its usage stands at: a pause stops it."""
        return now if self.paused_at is None else min(now, self.paused_at)

    def in_use(self, now: float) -> PlanOrder | None:
        """The order in use."""
        return next((order for order in self.orders if order.stage(now) is Stage.IN_USE), None)

    def shown(self, now: float) -> list[PlanOrder]:
        """The orders queries may show."""
        return [order for order in self.orders if order.shows_at <= now]

    def queued(self, now: float) -> list[PlanOrder]:
        """Paid orders that may be seen and have not begun, oldest first."""
        return [each for each in self.shown(now) if each.is_paid and each.stage(now) is Stage.NOT_ENABLED]

    def free_at(self) -> float:
        """When the last order that has begun is over."""
        return max((order.ends_at for order in self.orders if order.ends_at is not None), default=-math.inf)

    def life_cycle(self, now: float) -> LifeCycle:
        """How it looks from outside."""
        if self.standing is not Standing.NORMAL:
            return LifeCycle(self.standing.value)
        if self.in_use(now):
            return LifeCycle.ACTIVE
        has_begun = any(order.starts_at is not None for order in self.orders)
        return LifeCycle.EXPIRED if has_begun else LifeCycle.PRE_ACTIVATED

    def renewal(self) -> Renewal | None:
        """The newest active auto-renewal."""
        return next((each for each in reversed(self.renewals) if each.is_active), None)
