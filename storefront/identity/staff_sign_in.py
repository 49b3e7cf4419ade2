"""Staff sign in with a password and the code of an authenticator; tries are counted, sessions are short."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from storefront.db.vault import Vault
from storefront.identity.lockout import Allowance, charge
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.ids import new_id, new_token, token_hash
from storefront.models.staff import Staff, StaffRole, StaffSession
from storefront.ports import SessionFactory

IDLE = dt.timedelta(minutes=30)
LIFE = dt.timedelta(hours=10)
SHORTEST_PASSWORD = 12
_DAY = dt.timedelta(days=1)
BY_PERSON = Allowance("staff-by-person", 5, dt.timedelta(minutes=15), _DAY)
BY_NETWORK = Allowance("staff-by-network", 20, dt.timedelta(minutes=15), _DAY)
_hasher = PasswordHasher()
# Verified against when nobody has the address, so that an unknown one takes as long as a wrong password.
_NOBODYS = _hasher.hash("nobody's password")


class StaffUnknown(StorefrontError):
    """Address, password or code is wrong; which one stays unsaid."""

    kind = Kind.FORBIDDEN
    code = "staff_unknown"


class StaffRefused(StorefrontError):
    """The person cannot be added like that; `detail` says why."""

    kind = Kind.REJECTED
    code = "staff_refused"


class LeadNeeded(StorefrontError):
    """An agent asked for what only a lead may do."""

    kind = Kind.FORBIDDEN
    code = "lead_needed"


@dataclass(frozen=True, slots=True)
class StaffView:
    """Who sits at the desk; `time_zone` is empty when their browser did not say."""

    id: str
    session_id: str
    name: str
    role: StaffRole
    time_zone: str = ""

    @property
    def is_lead(self) -> bool:
        """Whether they may do what cannot be taken back."""
        return self.role is StaffRole.LEAD


def add(
    session: Session, vault: Vault, *, email: str, name: str, role: StaffRole, password: str, now: dt.datetime
) -> str:
    """Add somebody, or give a known address a new password, role and secret; returns the secret, shown once.

    Their open sessions end. Raises `StaffRefused` for a short password.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise StaffRefused(f"a password has at least {SHORTEST_PASSWORD} characters")
    secret = pyotp.random_base32()
    row = session.exec(select(Staff).where(Staff.email == email)).first()
    if row is None:
        row = Staff(id=new_id(), email=email, name=name, role=role, password_hash="", sealed_secret=b"", made_at=now)
    else:
        _end_sessions(session, row.id, now)
    row.name, row.role, row.left_at, row.last_step = name, role, None, 0
    row.password_hash, row.sealed_secret = _hasher.hash(password), vault.seal(secret)
    session.add(row)
    return secret


def remove(session: Session, email: str, *, now: dt.datetime) -> bool:
    """Let somebody go: no sign-in any more, open sessions end. False when nobody has the address."""
    row = session.exec(select(Staff).where(Staff.email == email, col(Staff.left_at).is_(None))).first()
    if row is None:
        return False
    row.left_at = now
    session.add(row)
    _end_sessions(session, row.id, now)
    return True


def sign_in(
    write: SessionFactory,
    vault: Vault,
    *,
    email: str,
    password: str,
    code: str,
    network: str,
    now: dt.datetime,
    wall: dt.datetime,
    time_zone: str = "",
) -> str:
    """Returns the token of a new session. Raises `StaffUnknown`, and `TooManyAttempts` before anything is checked.

    A code works once: the time step it belongs to must be later than the last one used. Authenticators know wall time
    only, so codes are checked against `wall`.
    """
    with write() as session:
        charge(session, BY_NETWORK, network, now=now)
        charge(session, BY_PERSON, email, now=now)
    with write() as session:
        found = select(Staff).where(Staff.email == email, col(Staff.left_at).is_(None))
        row = session.exec(found.with_for_update()).first()
        is_right = _matches(row.password_hash if row else _NOBODYS, password)
        step = _step(vault.open(row.sealed_secret).decode(), code, wall) if row else None
        if row is None or not is_right or step is None or step <= row.last_step:
            raise StaffUnknown
        row.last_step = step
        token = new_token()
        session.add(row)
        session.add(
            StaffSession(
                id=new_id(),
                token_hash=token_hash(token),
                staff_id=row.id,
                opened_at=now,
                seen_at=now,
                time_zone=time_zone,
            )
        )
    return token


def find(write: SessionFactory, read: SessionFactory, token: str, *, now: dt.datetime) -> StaffView | None:
    """Whose session it is; None when it is unknown, idle for `IDLE`, older than `LIFE`, or of somebody who left."""
    if not token or len(token) > 128:
        return None
    with read() as session:
        query = select(StaffSession, Staff).join(Staff, col(Staff.id) == col(StaffSession.staff_id))
        alive = (StaffSession.token_hash == token_hash(token), col(StaffSession.closed_at).is_(None))
        row = session.exec(query.where(*alive, col(Staff.left_at).is_(None))).first()
    if row is None or now - row[0].seen_at > IDLE or now - row[0].opened_at > LIFE:
        return None
    if now - row[0].seen_at > dt.timedelta(minutes=1):
        with write() as session:
            seen = session.get_one(StaffSession, row[0].id, with_for_update=True)
            seen.seen_at = now
            session.add(seen)
    return StaffView(row[1].id, row[0].id, row[1].name, row[1].role, row[0].time_zone)


def sign_out(write: SessionFactory, session_id: str, *, now: dt.datetime) -> None:
    """The session is worth nothing from now on."""
    with write() as session:
        row = session.get_one(StaffSession, session_id, with_for_update=True)
        row.closed_at = row.closed_at or now
        session.add(row)


def provisioning_uri(secret: str, *, email: str, shop: str) -> str:
    """What an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=shop)


def _end_sessions(session: Session, staff_id: str, now: dt.datetime) -> None:
    query = select(StaffSession).where(StaffSession.staff_id == staff_id, col(StaffSession.closed_at).is_(None))
    for one in session.exec(query):
        one.closed_at = now
        session.add(one)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _step(secret: str, code: str, wall: dt.datetime) -> int | None:
    """The time step a code belongs to, the present one or a neighbour; None for a wrong code."""
    totp = pyotp.TOTP(secret)
    present = totp.timecode(wall)
    for step in (present, present - 1, present + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code):
            return step
    return None
