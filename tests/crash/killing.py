"""Killing the shop at a commit, as kill -9 would: before it is stored, or right after. No hook in product code."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager

from sqlalchemy import event, update

from storefront.kernel.clock import wall_now
from storefront.models.order import Call
from storefront.models.work import OutboxRow
from storefront.wiring import wire


class Killed(BaseException):
    """No `except Exception` may survive it, like the real thing."""


@contextmanager
def killed_at(house, nth, *, is_after):
    """The `nth` writing commit of the house is its last: undone, or stored with nobody left to know."""
    count, dead = {"commits": 0, "died": False}, []

    def on_commit(connection):
        if connection.get_execution_options().get("read_only") or count["died"]:
            return
        count["commits"] += 1
        if count["commits"] == nth:
            count["died"] = True
            dead.append(connection.connection.driver_connection)
            if is_after:
                commit_behind_its_back(connection)
            raise Killed

    event.listen(house.engine, "commit", on_commit)
    try:
        yield count
    except Killed:
        pass
    finally:
        event.remove(house.engine, "commit", on_commit)
        house.engine.dispose()
        for connection in dead:
            # The operating system closes what a killed process had open.
            connection.close()


def restarted(house):
    """A new process on the same data: nothing of the old one's memory; every lease it held is over."""
    house.engine.dispose()
    fresh = wire(house.settings)
    past = wall_now() - dt.timedelta(seconds=1)
    with fresh.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.claim_token.is_not(None)).values(lease_until=past))
        session.execute(update(Call).where(Call.state == "started").values(lease_until=past, hard_end_at=past))
    return fresh


def commit_behind_its_back(connection):
    """Let the database store it, behind the back of whoever asked."""
    raw = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        raw.commit()
    else:
        raw.execute("COMMIT")
