"""A mail server that is away: its letters wait for it, and one case tells a person, not one for each letter."""

from __future__ import annotations

import datetime as dt

from storefront.cases.open import open_case
from storefront.cases.resolve import resolve_about
from storefront.jobs import outbox
from storefront.jobs.engine import Lane, lane_of
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import Unreachable
from storefront.wiring import House

PATIENCE = dt.timedelta(days=1)
"""How long a letter is tried while nobody takes it. What refuses a letter for good does not get that long."""
SOON = dt.timedelta(minutes=15)
CASE, ABOUT = "mail_down", "mail"


def is_away(job: str, error: Exception) -> bool:
    """Whether a letter failed only because the mail server could not be had."""
    return lane_of(job) is Lane.LETTERS and isinstance(error, Unreachable)


def watch(house: House) -> int:
    """Open the one case while letters wait that nobody took for a quarter of an hour; close it when none does.

    Returns how many letters wait like that.
    """
    now = house.bench.now()
    with house.write() as session:
        waiting = outbox.letters_held(session, wall_now() - SOON, Unreachable.__name__)
        if waiting:
            detail = f"letters that nobody took for a quarter of an hour: {waiting}; flask doctor asks the mail server"
            owner = house.settings.case_owner
            open_case(session, kind=CASE, owner=owner, now=now, about=ABOUT, detail=detail)
        else:
            resolve_about(session, ABOUT, CASE, resolution="no letter waits any more", now=now)
    return waiting
