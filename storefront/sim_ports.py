"""What we ask of the supplier about SIMs that travellers own already: the port and its plain data.

Every method may raise the four shapes of `kernel.errors`, as in `ports`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SimPlan:
    """A plan the supplier sells for one SIM; `amount` is exactly the text it wrote, in major units."""

    package_code: str
    plan_code: str
    name: str
    amount: Decimal
    currency: str
    periods: int
    days: int
    data_mb: int
    may_renew: bool


class SimPlanState(StrEnum):
    """Where a plan on a SIM stands."""

    QUEUED = "queued"
    IN_USE = "in_use"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PlanOnSim:
    """A plan in use or not yet enabled; `remaining_days` counts the whole plan for a queued one."""

    name: str
    state: SimPlanState
    remaining_days: int | None
    expires_on: dt.date | None


@dataclass(frozen=True, slots=True)
class SimUsage:
    """Data of the current cycle in bytes; None where the supplier does not say."""

    used_bytes: int | None
    remaining_bytes: int | None
    call_seconds: int | None
    messages: int | None


@dataclass(frozen=True, slots=True)
class SimOrder:
    """One order of a SIM's history at the supplier, wherever it was bought."""

    order_no: str
    name: str
    package_code: str
    state: SimPlanState
    ordered_at: dt.datetime | None
    activated_at: dt.datetime | None
    expires_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class SimRenewal:
    """An auto-renewal that is active at the supplier, wherever it was sold."""

    order_no: str
    pay_id: str
    name: str
    since: dt.date | None


@dataclass(frozen=True, slots=True, repr=False)
class TopUpRequest:
    """A paid top-up to report; `request_id` is ours and stays the same for ever, `order_no` and `pay_id` follow it."""

    request_id: str
    iccid: str
    package_code: str
    plan_code: str
    plan_name: str
    periods: int
    amount: Decimal
    currency: str
    paid_at: dt.datetime


@dataclass(frozen=True, slots=True)
class TopUpSeen:
    """A top-up found at the supplier by one of the three ways of looking."""

    order_no: str
    state: SimPlanState
    expires_on: dt.date | None


class SimSupplier(Protocol):
    """The supplier's families for SIMs: `top_up` and `close_renewal` have effects, all others are plain reads."""

    def verify(self, iccid: str) -> None:
        """Raises `SimUnknown` for a number that is unknown, foreign or locked; these three look the same."""
        ...

    def sim_plans(self, iccid: str, *, area: str = "") -> Sequence[SimPlan]: ...

    def plans_on(self, iccid: str) -> Sequence[PlanOnSim]: ...

    def life_cycle(self, iccid: str) -> str:
        """The supplier's word for where the SIM stands, or an empty text."""
        ...

    def usage(self, iccid: str) -> SimUsage: ...

    def history(self, iccid: str) -> Sequence[SimOrder]:
        """Every order of the SIM, all pages, newest first."""
        ...

    def active_renewal(self, iccid: str) -> SimRenewal | None: ...

    def close_renewal(self, iccid: str, renewal: SimRenewal) -> None:
        """Ask to close; the answer says nothing, so read `active_renewal` again."""
        ...

    def top_up(self, request: TopUpRequest) -> None:
        """Report a paid order. A lost answer must never be repeated by itself: the supplier does not de-duplicate."""
        ...

    def find_top_up(self, request: TopUpRequest) -> TopUpSeen | None:
        """Look from three sides (order look-up by `request_id`, plans on the SIM, its history)."""
        ...
