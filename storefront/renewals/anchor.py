"""Charge when the plan runs out, not when a calendar says so: an eSIM that is not in use yet must not be renewed."""

from __future__ import annotations

import datetime as dt

from storefront.kernel.errors import OutsideError
from storefront.models.renewal import Renewal
from storefront.ordering.bench import Workbench
from storefront.sim_ports import PlanOnSim, SimPlanState

AHEAD = dt.timedelta(days=1)
"""The next plan is bought so long before the last one ends; it waits its turn behind it."""

WORTH_IT = dt.timedelta(days=1)


def runs_out(plans: tuple[PlanOnSim, ...], now: dt.datetime) -> dt.datetime | None:
    """When all that is on the SIM will be used up, were it switched on now; None when the supplier does not say."""
    end = now
    for plan in plans:
        if plan.state is SimPlanState.IN_USE:
            if plan.expires_on is None:
                return None
            end = max(end, dt.datetime.combine(plan.expires_on, dt.time(), dt.UTC))
    for plan in plans:
        if plan.state is SimPlanState.QUEUED:
            if plan.remaining_days is None:
                return None
            end += dt.timedelta(days=plan.remaining_days)
    return end


def postponed(bench: Workbench, renewal: Renewal, charge_at: dt.datetime) -> dt.datetime:
    """Move the next charge to where the plans on the SIM run out, later only; returns when it is now.

    Looked at when a charge is about to be announced. A supplier that does not answer moves nothing.
    """
    now = bench.now()
    if renewal.iccid is None or not now < charge_at <= now + dt.timedelta(days=bench.settings.renewal_notice_days):
        return charge_at
    try:
        end = runs_out(tuple(bench.outside.sims.plans_on(renewal.iccid)), now)
    except OutsideError:
        return charge_at
    if end is None or end - AHEAD <= charge_at + WORTH_IT:
        return charge_at
    return bench.outside.billing.postpone(renewal.subscription_id or "", end - AHEAD).period_ends_at
