"""What a page may show of a SIM: little for whoever knows the number, everything after the second factor."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from storefront.kernel.iccid import masked
from storefront.models.sim import Sim
from storefront.ports import SessionFactory
from storefront.sim_ports import SimPlanState
from storefront.sims.names import PlanTold, told_of

OVER = "over"
"""State of a plan whose last day has passed since the supplier was read."""
STALE_AFTER = dt.timedelta(minutes=15)
_COARSE = 10
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan in use, waiting its turn or over; `name` is the supplier's own, `told` what it means.

    Days are counted from today, whenever the supplier was read.
    """

    name: str
    told: PlanTold
    state: str
    remaining_days: int | None
    expires_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Meter:
    """Data of the running plan. `percent_left` goes in steps of ten; the exact bytes are None before the proof."""

    percent_left: int | None
    left_mb: int | None
    used_mb: int | None
    call_minutes: int | None
    messages: int | None
    as_of: dt.datetime | None
    is_stale: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One order of the SIM at the supplier, wherever it was bought."""

    name: str
    told: PlanTold
    state: str
    ordered_at: dt.datetime | None
    expires_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class RenewalLine:
    """An auto-renewal that is active at the supplier, wherever it was sold."""

    name: str
    told: PlanTold
    since: dt.date | None


@dataclass(frozen=True, slots=True)
class SimStatus:
    """The last known facts; `is_new` until the supplier was asked for the first time.

    `as_of` is when its plans were read, `asked_at` when the supplier was last asked, with or without an answer.
    `history` and `renewal` are None without the proof; `renewal_is_known` says whether the supplier told us.
    """

    iccid_masked: str
    mood: str
    plans: tuple[PlanLine, ...]
    meter: Meter | None
    as_of: dt.datetime | None
    asked_at: dt.datetime | None
    is_new: bool
    is_stale: bool
    is_silent: bool
    history: tuple[HistoryLine, ...] | None
    renewal: RenewalLine | None
    renewal_is_known: bool


def status(read: SessionFactory, sim_id: str, *, is_proved: bool, now: dt.datetime) -> SimStatus:
    """The SIM as this session may see it. Raises `LookupError` for a SIM we do not have."""
    with read() as session:
        sim = session.get(Sim, sim_id)
    if sim is None:
        raise LookupError(sim_id)
    plans = tuple(_plan(one, sim.offers, now.astimezone(dt.UTC).date()) for one in sim.plans)
    return SimStatus(
        iccid_masked=masked(sim.iccid),
        mood=_mood(sim, plans),
        plans=plans,
        meter=_meter(sim, is_proved=is_proved, now=now),
        as_of=sim.as_of,
        asked_at=sim.looked_at,
        is_new=sim.looked_at is None,
        is_stale=sim.as_of is not None and now - sim.as_of > STALE_AFTER,
        is_silent="plans" in sim.errors,
        history=tuple(_line(one, sim.offers) for one in sim.history) if is_proved else None,
        renewal=_renewal(sim.renewal, sim.offers) if is_proved and sim.renewal else None,
        renewal_is_known="renewal" not in sim.errors and sim.looked_at is not None,
    )


def _mood(sim: Sim, plans: tuple[PlanLine, ...]) -> str:
    """One word for where the SIM stands: active, waiting, paused, ended, empty or unknown."""
    word = sim.life_cycle.lower().replace("-", "").replace("_", "")
    if word in ("paused", "suspended"):
        return "paused"
    if word in ("terminated", "predeactivation", "deactivated"):
        return "ended"
    if any(plan.state == SimPlanState.IN_USE for plan in plans):
        return "active"
    if any(plan.state != OVER for plan in plans):
        return "waiting"
    return "empty" if sim.as_of else "unknown"


def _meter(sim: Sim, *, is_proved: bool, now: dt.datetime) -> Meter | None:
    used, left = sim.usage.get("used_bytes"), sim.usage.get("remaining_bytes")
    seconds, messages = sim.usage.get("call_seconds"), sim.usage.get("messages")
    if sim.usage_as_of is None or (left is None and used is None and seconds is None and messages is None):
        return None
    percent = None
    if left is not None and used is not None and left + used > 0:
        percent = round(100 * left / (left + used) / _COARSE) * _COARSE
    elif seconds is None and messages is None:
        return None
    return Meter(
        percent_left=percent,
        left_mb=_megabytes(left) if is_proved else None,
        used_mb=_megabytes(used) if is_proved else None,
        call_minutes=seconds // _MINUTE if seconds is not None else None,
        messages=messages,
        as_of=sim.usage_as_of,
        is_stale=now - sim.usage_as_of > STALE_AFTER or "usage" in sim.errors,
    )


def _plan(facts: dict[str, Any], offers: list[dict[str, Any]], today: dt.date) -> PlanLine:
    name, state, left, last = facts["name"], facts["state"], facts["remaining_days"], _date(facts["expires_on"])
    if last is not None:
        state, left = (OVER, None) if last < today else (state, (last - today).days)
    return PlanLine(name, told_of(name, offers), state, left, last)


def _line(facts: dict[str, Any], offers: list[dict[str, Any]]) -> HistoryLine:
    name, ordered, expires = facts["name"], _moment(facts["ordered_at"]), _moment(facts["expires_at"])
    return HistoryLine(name, told_of(name, offers), facts["state"], ordered, expires)


def _renewal(facts: dict[str, Any], offers: list[dict[str, Any]]) -> RenewalLine:
    return RenewalLine(facts["name"], told_of(facts["name"], offers), _date(facts["since"]))


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _megabytes(count: int | None) -> int | None:
    return count // (1024 * 1024) if count is not None else None
