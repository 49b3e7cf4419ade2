"""The last look before a charge, and the first after one: pure verdicts on what is known.

A charge may happen only while the agreement stands, within its limits, at the agreed price, for a SIM the supplier
still sells to, when the last one was delivered or given back, and after it was announced.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from storefront.kernel.money import Money
from storefront.models.renewal import RenewalState

ANNOUNCED_FOR = dt.timedelta(hours=24)
"""How long before a charge its announcement must have left us."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the traveller wants it to stop; None means no limit. `most` counts renewals only."""

    most_renewals: int | None = None
    most: Money | None = None
    last_day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a renewal at the moment of judging; `kept` renewals were charged and not given back.

    `told_at` is when this charge was announced. `sells` is whether the supplier still sells the plan at a price the
    agreement covers, None while it cannot be asked.
    """

    state: RenewalState
    agreed: Money
    limits: Limits
    kept: int
    is_unsettled: bool
    owes: bool
    told_at: dt.datetime | None
    sells: bool | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """Let it be charged."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not yet: `why`, and from when on it may be charged (None: look again)."""

    why: str
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Never: make it void and end the renewal for this reason."""

    why: str


Verdict = Pass | Hold | Stop


def limit_reached(limits: Limits, agreed: Money, *, kept: int, charge_at: dt.datetime) -> bool:
    """Whether one more charge at `charge_at` would go beyond what the traveller allowed."""
    if limits.most_renewals is not None and kept >= limits.most_renewals:
        return True
    if limits.most is not None and (kept + 1) * agreed.minor > limits.most.minor:
        return True
    return limits.last_day is not None and charge_at.date() > limits.last_day


def before_charge(standing: Standing, due: Money, *, charge_at: dt.datetime, now: dt.datetime) -> Verdict:
    """What becomes of a draft that would be charged at `charge_at`."""
    if standing.state is not RenewalState.ACTIVE:
        return Stop("not_active")
    if due != standing.agreed:
        return Stop("price")
    announced = standing.told_at + ANNOUNCED_FOR if standing.told_at else None
    earliest = max(charge_at, now, announced or now)
    if limit_reached(standing.limits, standing.agreed, kept=standing.kept, charge_at=earliest):
        return Stop("limit")
    if standing.owes:
        return Stop("not_paid")
    if standing.sells is False:
        return Stop("cannot_deliver")
    if standing.is_unsettled:
        return Hold("last_one_open")
    if announced is None:
        return Hold("not_announced")
    if max(charge_at, now) < announced:
        return Hold("just_announced", until=announced)
    return Pass()


def after_charge(standing: Standing, captured: Money, *, charged_at: dt.datetime) -> str:
    """Why money that was taken goes straight back; empty when it is kept and delivered for.

    Reached only by charges the last look could not stop: a shop that was down, a payer who was faster.
    """
    if standing.state is not RenewalState.ACTIVE:
        return "renewal_stopped"
    if captured != standing.agreed:
        return "renewal_price"
    if limit_reached(standing.limits, standing.agreed, kept=standing.kept, charge_at=charged_at):
        return "renewal_limit"
    if standing.is_unsettled:
        return "renewal_last_one_open"
    if standing.told_at is None or standing.told_at > charged_at:
        return "renewal_not_announced"
    return ""
