"""Card login: a browser names a SIM by its ICCID, and the supplier decides whether it is one of ours.

The number is an identifier and no credential, so what it opens is little, and how often strangers may try is bounded:
each network and all strangers together have a number of tries in a round, rounds that follow each other double up. Who
has used them up proves an e-mail address first, and each proved address has five numbers a day. A day therefore opens
at most five rounds of strangers' tries and five numbers for each mailbox. Browsers that opened a SIM before, and owners
who proved the address it was delivered to, are not counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, select

from storefront.identity import sessions, step_up
from storefront.identity.lockout import Allowance, TooManyAttempts, charge
from storefront.identity.sessions import SessionView
from storefront.kernel.clock import Clock
from storefront.kernel.errors import Kind, SimUnknown, StorefrontError
from storefront.kernel.iccid import read_number
from storefront.kernel.ids import new_id
from storefront.models.sim import Sim
from storefront.ports import SessionFactory
from storefront.sim_ports import SimSupplier

_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
BY_NUMBER = Allowance("sim-by-number", 5, dt.timedelta(minutes=15), _DAY)
BY_ADDRESS = Allowance("sim-by-address", 5, _DAY, 7 * _DAY)
ALL = "all strangers"


class EmailFirst(StorefrontError):
    """Strangers have used up their tries: whoever proves an e-mail address may go on at once."""

    kind = Kind.THROTTLED
    code = "email_first"


@dataclass(frozen=True, slots=True)
class Tries:
    """How many numbers browsers we do not know may try in a first hour: one network's, and all of them together."""

    per_network: int
    of_strangers: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The session that may now see the SIM, and the token for its cookie."""

    session: SessionView
    token: str
    sim_id: str


def open_sim(
    write: SessionFactory,
    read: SessionFactory,
    sims: SimSupplier,
    clock: Clock,
    *,
    typed: str,
    view: SessionView,
    token: str | None,
    network: str,
    tries: Tries,
) -> Opened:
    """Read the number, count the try, ask the supplier, and let the session see the SIM.

    Raises `BadNumber` (nothing is counted), `EmailFirst`, `TooManyAttempts`, `SimUnknown` for unknown, foreign, locked
    and too often tried numbers alike, and the outside's errors when the supplier cannot be asked; the try stays
    counted.
    """
    iccid = read_number(typed)
    is_barred = not step_up.is_known_here(read, view, iccid) and _count(write, view, iccid, network, tries, clock.now())
    # A barred number is asked about all the same: neither the answer nor its time tells it from an unknown one.
    is_ours = _is_ours(sims, iccid)
    if is_barred or not is_ours:
        raise SimUnknown
    now = clock.now()
    with write() as session:
        sim_id = _remember(session, iccid, now)
        entered, fresh = sessions.enter_sim(session, token, sim_id=sim_id, now=now)
    return Opened(entered, fresh, sim_id)


def enter_own(write: SessionFactory, *, iccid: str, token: str | None, now: dt.datetime) -> Opened:
    """Let a session see a SIM whose order it may see: we delivered it, so nobody need be asked and nothing is counted.

    It opens no more than the number does; the second factor is asked for as ever.
    """
    with write() as session:
        sim_id = _remember(session, iccid, now)
        entered, fresh = sessions.enter_sim(session, token, sim_id=sim_id, now=now)
    return Opened(entered, fresh, sim_id)


def _is_ours(sims: SimSupplier, iccid: str) -> bool:
    try:
        sims.verify(iccid)
    except SimUnknown:
        return False
    return True


def _count(write: SessionFactory, view: SessionView, iccid: str, network: str, tries: Tries, now: dt.datetime) -> bool:
    """Count the try of a browser we do not know; whether this number was tried too often."""
    with write() as session:
        if view.email is not None:
            charge(session, BY_ADDRESS, view.email, now=now)
        else:
            try:
                charge(session, Allowance("sim-by-network", tries.per_network, _HOUR, _DAY), network, now=now)
                charge(session, Allowance("sim-by-strangers", tries.of_strangers, _HOUR, _DAY), ALL, now=now)
            except TooManyAttempts as enough:
                raise EmailFirst from enough
        try:
            charge(session, BY_NUMBER, iccid, now=now)
        except TooManyAttempts:
            return True
    return False


def _remember(session: Session, iccid: str, now: dt.datetime) -> str:
    known = session.exec(select(Sim).where(Sim.iccid == iccid)).first()
    if known is None:
        known = Sim(id=new_id(), iccid=iccid, seen_at=now)
    known.seen_at = now
    session.add(known)
    session.flush()
    return known.id
