"""Whether a SIM can be renewed, and with what: the supplier must know it and sell it a plan the agreement covers."""

from __future__ import annotations

from collections.abc import Sequence

from storefront.kernel.errors import Refused
from storefront.kernel.money import Money
from storefront.models.renewal import Renewal
from storefront.ordering.bench import Workbench
from storefront.renewals.bills import agreed_price
from storefront.sim_ports import SimPlan


class NotEligible(Exception):
    """The SIM cannot be renewed: `why` is ``no_number``, ``unknown_sim``, ``no_plan``, ``foreign_renewal``."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def plan_for(bench: Workbench, renewal: Renewal, iccid: str) -> SimPlan:
    """The plan to renew with. Raises `NotEligible`, and the outside's errors."""
    sims = bench.outside.sims
    try:
        sims.verify(iccid)
        plans = sims.sim_plans(iccid)
    except Refused:
        raise NotEligible("unknown_sim") from None
    if sims.active_renewal(iccid) is not None:
        raise NotEligible("foreign_renewal")
    found = same_plan(renewal, plans) or _alike(renewal, plans, bench.settings.renewal_least_days)
    if found is None:
        raise NotEligible("no_plan")
    return found


def same_plan(renewal: Renewal, plans: Sequence[SimPlan]) -> SimPlan | None:
    """The plan that was agreed, while its price still fits; a dearer one is not what was agreed."""
    for one in plans:
        if (one.package_code, one.plan_code) == (renewal.package_code, renewal.plan_code) and is_covered(renewal, one):
            return one
    return None


def is_covered(renewal: Renewal, plan: SimPlan) -> bool:
    """Whether what the traveller pays covers what the supplier asks, in the same currency."""
    price = agreed_price(renewal)
    try:
        asked = Money.from_decimal(plan.amount, plan.currency)
    except ValueError:
        return False
    return asked.currency == price.currency and asked.minor <= price.minor


def _alike(renewal: Renewal, plans: Sequence[SimPlan], least_days: int) -> SimPlan | None:
    """For an eSIM just delivered: as many days, at least as much data, at most its price; the most data wins."""
    if renewal.package_code:
        return None

    def volume(plan: SimPlan) -> float:
        return float("inf") if plan.data_mb == 0 else plan.data_mb

    wanted = float("inf") if renewal.is_unlimited else renewal.data_mb
    fitting = [
        one
        for one in plans
        if one.days == renewal.interval_days
        and one.days >= least_days
        and volume(one) >= wanted
        and is_covered(renewal, one)
    ]
    return max(fitting, key=lambda one: (volume(one), -one.amount), default=None)
