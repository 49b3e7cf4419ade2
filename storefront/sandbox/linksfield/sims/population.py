"""Who holds which SIM on the first day: the same numbers, plans and ages for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Protocol

from storefront.sandbox.linksfield.countries import ASIA, EUROPE
from storefront.sandbox.linksfield.profiles import luhn_digit
from storefront.sandbox.linksfield.sims.plans import GLOBAL, PLANS, Plan
from storefront.sandbox.linksfield.sims.sim import DAY, PlanOrder, Renewal, Sim, Standing

PUBLISHED = "89852420180910340793"
PUBLISHED_IDLE = "89852022018041800192"
FOREIGN_PARTNER = "P099999"
LONG_HISTORY = (57, 130)

KINDS = {
    "published": "the number of the supplier's signed examples; a plan in use",
    "pre_activated": "never used, nothing ordered",
    "in_use": "a plan in use",
    "nearly_used_up": "a plan in use, almost nothing left of it",
    "ends_soon": "a plan in use that ends within a day",
    "unlimited": "an unlimited plan in use",
    "queued": "a plan in use, others waiting behind it",
    "expired": "every plan on it is over",
    "paused": "service is paused; the usage stands still",
    "terminated": "taken out of service for good; nothing can be bought for it",
    "locked": "locked; a login is told the same as for an unknown number",
    "foreign": "another partner's; a login is told the same as for an unknown number",
    "auto_renewing": "the supplier renews its plan by itself",
    "auto_renewing_often": "several auto-renewals of the supplier are active at once",
    "long_history": "many orders, over several pages",
    "misprinted": "its number fails Luhn; a plan in use",
    "with_minutes": "minutes and messages beside the data",
    "no_remaining": "its network cannot tell what is left",
    "not_eligible": "known to CSSS, but nothing can be sold for it by number",
    "no_plans": "may log in, but no plan is offered for it",
}
_HEADCOUNT = {
    "pre_activated": 3,
    "in_use": 5,
    "nearly_used_up": 2,
    "ends_soon": 2,
    "unlimited": 2,
    "queued": 3,
    "expired": 3,
    "paused": 2,
    "terminated": 2,
    "locked": 2,
    "foreign": 2,
    "auto_renewing": 2,
    "auto_renewing_often": 1,
    "long_history": len(LONG_HISTORY),
    "misprinted": 2,
    "with_minutes": 2,
    "no_remaining": 1,
    "not_eligible": 1,
    "no_plans": 1,
}
_ISSUERS = ("8985203", "8944110", "8931440", "8910390")


class NewOrder(Protocol):
    """Puts an order on a SIM and returns it; `facts` are further fields of `PlanOrder`."""

    def __call__(self, sim: Sim, plan: Plan, *, made_at: float, **facts: Any) -> PlanOrder: ...


def number(seed: int, nth: int, *, is_misprinted: bool = False) -> str:
    """The n-th number of a seed: 19 and 20 digits in turn."""
    chance = random.Random(f"{seed}:sim:{nth}")
    # The factor has no divisor in common with the modulus: numbers jump about and are never given twice.
    account = f"{(nth * 7_919 + seed * 1_237) % 10_000_000:07d}" + "".join(chance.choices("0123456789", k=4 + nth % 2))
    body = chance.choice(_ISSUERS) + account
    check = luhn_digit(body)
    return f"{body}{(check + 3) % 10 if is_misprinted else check}"


def first_day(seed: int) -> Iterator[tuple[str, str, int]]:
    """(number, kind, which of its kind) of everybody."""
    yield PUBLISHED, "published", 0
    yield PUBLISHED_IDLE, "expired", 0
    nth = 0
    for kind, count in _HEADCOUNT.items():
        for which in range(count):
            yield number(seed, nth, is_misprinted=kind == "misprinted"), kind, which
            nth += 1


def dress(sim: Sim, kind: str, *, which: int, seed: int, now: float, new_order: NewOrder) -> None:
    """Give a SIM the past and the present its kind asks for."""
    chance = random.Random(f"{seed}:{sim.iccid}:{kind}")
    plan = PLANS[0] if which == 0 else chance.choice([each for each in PLANS if each.megabytes])
    _past(sim, kind, which=which, now=now, plan=plan, new_order=new_order, chance=chance)
    _present(sim, kind, which=which, now=now, plan=plan, new_order=new_order)


def _past(
    sim: Sim, kind: str, *, which: int, now: float, plan: Plan, new_order: NewOrder, chance: random.Random
) -> None:
    def begun(plan: Plan, share: float, pace: float) -> None:
        """An order that has run for this share of its time."""
        started = now - share * plan.days * DAY
        new_order(sim, plan, made_at=started - 600, starts_at=started, pace=pace)

    match kind:
        case "pre_activated":
            pass
        case "nearly_used_up":
            begun(plan, 0.6, 1.6)
        case "ends_soon":
            begun(plan, 1 - 0.9 / plan.days, 0.8)
        case "unlimited":
            begun(next(each for each in PLANS if not each.megabytes), 0.4, chance.uniform(0.3, 1.2))
        case "expired":
            for age in range(1 + which, 0, -1):
                started = now - (age * (plan.days + 10)) * DAY
                new_order(sim, plan, made_at=started - 600, starts_at=started, pace=chance.uniform(0.3, 1.2))
        case "long_history":
            weekly = next(each for each in PLANS if each.days == 7)
            for age in range(LONG_HISTORY[which % len(LONG_HISTORY)], 0, -1):
                started = now - (age * 7 - 3) * DAY
                new_order(sim, weekly, made_at=started - 900, starts_at=started, pace=chance.uniform(0.2, 1.3))
        case _:
            begun(plan, chance.uniform(0.15, 0.75), chance.uniform(0.3, 0.9))


def _present(sim: Sim, kind: str, *, which: int, now: float, plan: Plan, new_order: NewOrder) -> None:
    match kind:
        case "queued":
            for age in range(1 + which, 0, -1):
                at = now - age * 3600
                new_order(sim, plan, made_at=at, applies_at=at, periods=1 + (age + which) % 2)
        case "paused":
            sim.standing, sim.paused_at = Standing.PAUSED, now - 3 * 3600
        case "terminated":
            sim.standing = Standing.TERMINATED
        case "locked":
            sim.standing = Standing.LOCKED
        case "foreign":
            sim.partner = FOREIGN_PARTNER
            for order in sim.orders:
                order.partner = FOREIGN_PARTNER
        case "auto_renewing":
            _renew(sim, 1, now)
        case "auto_renewing_often":
            _renew(sim, 3, now)
        case "with_minutes":
            sim.has_minutes = True
        case "no_remaining":
            sim.can_tell_remaining = False
        case "not_eligible":
            sim.is_known_to_mall = False
        case "no_plans":
            sim.areas = ()
        case "in_use" if which == 1:
            sim.areas = (EUROPE, GLOBAL)
        case "in_use" if which == 2:
            sim.areas = (ASIA,)


def _renew(sim: Sim, count: int, now: float) -> None:
    """Auto-renewals, the oldest first."""
    renewable = [plan for plan in PLANS if plan.renews]
    for age in range(count, 0, -1):
        order_no = f"20250{age}14140465{sim.iccid[-6:-2]}"
        since = now - (age * 20 + 12) * DAY
        sim.renewals.append(Renewal(order_no, f"P000270{order_no}", renewable[age - 1], 12, since))
