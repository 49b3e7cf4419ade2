"""Sessions: an opaque token in the browser, its hash in a row; what a browser may see hangs on the row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import bindparam, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.kernel.ids import new_id, new_token, token_hash
from storefront.models.identity import SessionGrant, SessionLevel, WebSession
from storefront.ports import SessionFactory

GUEST_LIFE = dt.timedelta(days=30)
EMAIL_LIFE = dt.timedelta(days=30)
SEEN_EVERY = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as the web may see it; `id` is None for a stranger who has none."""

    id: str | None
    level: SessionLevel
    email: str | None
    sim_id: str | None = None
    is_stale: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether this browser has proved an address."""
        return self.level is SessionLevel.EMAIL


NOBODY = SessionView(id=None, level=SessionLevel.GUEST, email=None)

_FIND = sql_select(
    col(WebSession.id), col(WebSession.level), col(WebSession.email), col(WebSession.sim_id), col(WebSession.seen_at)
).where(
    col(WebSession.token_hash) == bindparam("hashed"),
    col(WebSession.revoked_at).is_(None),
    col(WebSession.expires_at) > bindparam("now"),
)
_GRANT = prepared.either(
    lambda insert: insert(SessionGrant).on_conflict_do_nothing(index_elements=["session_id", "order_id"])
)
_GRANTED = select(SessionGrant.granted_at).where(
    col(SessionGrant.session_id) == bindparam("session_id"), col(SessionGrant.order_id) == bindparam("order_id")
)


def find(read: SessionFactory, token: str, *, now: dt.datetime) -> SessionView:
    """The live session of a token; `NOBODY` when it is unknown, expired or revoked. Never depends on the network."""
    if not token or len(token) > 128:
        return NOBODY
    with read() as session:
        row = prepared.run(session, _FIND, hashed=token_hash(token), now=now).first()
    if row is None:
        return NOBODY
    return SessionView(row.id, row.level, row.email, row.sim_id, is_stale=now - row.seen_at >= SEEN_EVERY)


def touch(write: SessionFactory, session_id: str, *, now: dt.datetime) -> None:
    """Note that the session was used, and let a signed-in one roll on. Callers do so at most once in `SEEN_EVERY`."""
    with write() as session:
        row = session.get(WebSession, session_id, with_for_update=True)
        if row is None or row.revoked_at is not None:
            return
        row.seen_at = now
        if row.level is SessionLevel.EMAIL:
            row.expires_at = now + EMAIL_LIFE


def lasts_until(read: SessionFactory, session_id: str) -> dt.datetime:
    """When the session ends, unless it is used again before."""
    with read() as session:
        return session.exec(select(WebSession.expires_at).where(WebSession.id == session_id)).one()


def open_guest(session: Session, *, now: dt.datetime) -> tuple[SessionView, str]:
    """A new guest session and the token for its cookie."""
    return _new(session, SessionLevel.GUEST, None, now)


def rise(session: Session, token: str | None, *, email: str, now: dt.datetime) -> tuple[SessionView, str]:
    """Sign `email` in: the old token dies, grants of the same browser stay, another person's session is left behind.

    The SIM that was named stays named: it is an identifier and opens nothing by itself.
    """
    row, sim_id = None, None
    if token:
        row = _live(session, token, now)
        if row is not None:
            sim_id = row.sim_id
        if row is None or row.email not in (None, email):
            row = None
            revoke_in(session, token, now=now)
    if row is None:
        return _new(session, SessionLevel.EMAIL, email, now, sim_id=sim_id)
    fresh = new_token()
    row.token_hash, row.level, row.email = token_hash(fresh), SessionLevel.EMAIL, email
    row.seen_at, row.expires_at = now, now + EMAIL_LIFE
    session.add(row)
    return SessionView(row.id, row.level, row.email, row.sim_id), fresh


def enter_sim(session: Session, token: str | None, *, sim_id: str, now: dt.datetime) -> tuple[SessionView, str]:
    """Let the browser's session name this SIM; the old token dies, everything else about the session stays."""
    row = _live(session, token, now) if token else None
    if row is None:
        return _new(session, SessionLevel.GUEST, None, now, sim_id=sim_id)
    fresh = new_token()
    row.token_hash, row.sim_id, row.seen_at = token_hash(fresh), sim_id, now
    session.add(row)
    return SessionView(row.id, row.level, row.email, row.sim_id), fresh


def leave_sim(write: SessionFactory, session_id: str) -> None:
    """Let the session forget its SIM."""
    with write() as session:
        session.execute(update(WebSession).where(col(WebSession.id) == session_id).values(sim_id=None))


def revoke(write: SessionFactory, token: str, *, now: dt.datetime) -> None:
    """Sign out: the token is worth nothing from now on."""
    with write() as session:
        revoke_in(session, token, now=now)


def revoke_in(session: Session, token: str, *, now: dt.datetime) -> None:
    """As `revoke`, inside the caller's transaction."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == token_hash(token), col(WebSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )


def grant(session: Session, session_id: str, *, order_id: str, now: dt.datetime) -> None:
    """Let this browser see one order; granting twice changes nothing."""
    prepared.run(session, _GRANT, session_id=session_id, order_id=order_id, granted_at=now)


def withdraw(session: Session, order_id: str) -> None:
    """Take the order from every browser but the one that was let see it first: the one that placed it."""
    query = select(SessionGrant).where(SessionGrant.order_id == order_id)
    for later in session.exec(query.order_by(col(SessionGrant.granted_at))).all()[1:]:
        session.delete(later)


def may_see(session: Session, view: SessionView, *, order_id: str, email: str) -> bool:
    """Whether this browser holds a grant for the order, or has proved the address (`email`) that placed it."""
    if view.id is None:
        return False
    if view.is_signed_in and email == view.email:
        return True
    return prepared.run(session, _GRANTED, session_id=view.id, order_id=order_id).first() is not None


def granted_orders(read: SessionFactory, view: SessionView) -> frozenset[str]:
    """Ids of the orders this browser holds a grant for."""
    if view.id is None:
        return frozenset()
    with read() as session:
        found = session.exec(select(SessionGrant.order_id).where(SessionGrant.session_id == view.id))
        return frozenset(found)


def _live(session: Session, token: str, now: dt.datetime) -> WebSession | None:
    return session.exec(
        select(WebSession)
        .where(
            WebSession.token_hash == token_hash(token),
            col(WebSession.revoked_at).is_(None),
            col(WebSession.expires_at) > now,
        )
        .with_for_update()
    ).first()


def _new(
    session: Session, level: SessionLevel, email: str | None, now: dt.datetime, *, sim_id: str | None = None
) -> tuple[SessionView, str]:
    token = new_token()
    life = EMAIL_LIFE if level is SessionLevel.EMAIL else GUEST_LIFE
    row = WebSession(
        id=new_id(),
        token_hash=token_hash(token),
        level=level,
        email=email,
        sim_id=sim_id,
        created_at=now,
        seen_at=now,
        expires_at=now + life,
    )
    prepared.put(session, row)
    return SessionView(row.id, level, email, sim_id), token
