"""The second factor of a SIM: a code to the address of the order that delivered its profile, and to no other."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from storefront.db.vault import Vault
from storefront.identity import email_sign_in
from storefront.identity.email_sign_in import CodeSent
from storefront.identity.sessions import SessionView
from storefront.kernel.clock import Clock
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.models.order import Order
from storefront.models.profile import Profile
from storefront.models.sim import Sim
from storefront.ports import SessionFactory


class NoSim(StorefrontError):
    """The browser has not named a SIM, or named it too long ago."""

    kind = Kind.FORBIDDEN
    code = "sim_needed"


class NoSecondFactor(StorefrontError):
    """The shop did not deliver this SIM, so it knows no address of its owner: a person must look at a proof."""

    kind = Kind.CONFLICT
    code = "no_second_factor"


@dataclass(frozen=True, slots=True)
class SimAccess:
    """The SIM a session named. `is_proved`: the session also proved the address its profile was delivered to."""

    sim_id: str
    iccid: str
    iccid_masked: str
    was_sold_here: bool
    is_proved: bool


def access(read: SessionFactory, view: SessionView) -> SimAccess:
    """What this session may see of its SIM. Raises `NoSim`."""
    with read() as session:
        iccid = session.exec(select(Sim.iccid).where(Sim.id == view.sim_id)).first() if view.sim_id else None
        if iccid is None or view.sim_id is None:
            raise NoSim
        address = _delivered_to(session, iccid)
    is_proved = address is not None and view.is_signed_in and view.email == address
    return SimAccess(view.sim_id, iccid, masked(iccid), address is not None, is_proved)


def is_known_here(read: SessionFactory, view: SessionView, iccid: str) -> bool:
    """Whether this session named this SIM before, or proved the address it was delivered to."""
    if view.id is None:
        return False
    with read() as session:
        named = session.exec(select(Sim.iccid).where(Sim.id == view.sim_id)).first() if view.sim_id else None
        return named == iccid or (view.is_signed_in and _delivered_to(session, iccid) == view.email)


def ask(
    write: SessionFactory,
    read: SessionFactory,
    vault: Vault,
    clock: Clock,
    *,
    key: bytes,
    sim: SimAccess,
    locale: str,
    network: str,
) -> CodeSent:
    """Send the code; the address stays unsaid. Raises `NoSecondFactor` or `TooManyAttempts`."""
    with read() as session:
        address = _delivered_to(session, sim.iccid)
    if address is None:
        raise NoSecondFactor
    return email_sign_in.request_code(write, vault, clock, key=key, email=address, locale=locale, network=network)


def _delivered_to(session: Session, iccid: str) -> str | None:
    """The address of the order that delivered the profile; the newest one, should a number ever come twice."""
    query = select(Order.email).join(Profile, col(Profile.order_id) == col(Order.id)).where(Profile.iccid == iccid)
    return session.exec(query.order_by(col(Profile.delivered_at).desc()).limit(1)).first()
