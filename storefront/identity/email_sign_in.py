"""Signing in with a six-digit code by mail.

The code is kept as an HMAC under a key that is not in the database. A slow hash would not help: a million codes are
tried in minutes whatever the hash, so what protects a stolen table is the missing key, and what protects the door is
the count of tries, written before the comparison in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col

from storefront.db.vault import Vault
from storefront.identity import sessions
from storefront.identity.email_address import normalise_address
from storefront.identity.lockout import Allowance, TooManyAttempts, charge
from storefront.identity.sessions import SessionView
from storefront.jobs import outbox
from storefront.kernel.clock import Clock
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.ids import new_id
from storefront.models.identity import SignInCode
from storefront.ports import SessionFactory

LIFE = dt.timedelta(minutes=10)
TRIES = 5
JOB = "letters.sign_in_code"

_QUARTER, _HOUR, _DAY = dt.timedelta(minutes=15), dt.timedelta(hours=1), dt.timedelta(days=1)
ASKED_BY_ADDRESS = Allowance("code_asked_address", attempts=3, window=_QUARTER, longest=_HOUR)
ASKED_BY_NETWORK = Allowance("code_asked_network", attempts=30, window=_QUARTER, longest=_DAY)
GUESSED_BY_ADDRESS = Allowance("code_guessed_address", attempts=15, window=_HOUR, longest=4 * _HOUR)
GUESSED_BY_NETWORK = Allowance("code_guessed_network", attempts=60, window=_HOUR, longest=_DAY)


class CodeWrong(StorefrontError):
    """Not the code we sent; `tries_left` more are allowed."""

    kind = Kind.REJECTED
    code = "code_wrong"

    def __init__(self, tries_left: int) -> None:
        super().__init__(field="code")
        self.tries_left = tries_left


class CodeExpired(StorefrontError):
    """The code is too old, or there never was one."""

    kind = Kind.REJECTED
    code = "code_expired"


class CodeUsed(StorefrontError):
    """Somebody signed in with this code already."""

    kind = Kind.REJECTED
    code = "code_used"


class CodeSpent(StorefrontError):
    """The code was guessed at too often and is worth nothing now."""

    kind = Kind.REJECTED
    code = "code_spent"


@dataclass(frozen=True, slots=True)
class CodeSent:
    """What the browser must remember to answer the question."""

    code_id: str
    email: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session after a right answer, and the token for its cookie."""

    session: SessionView
    token: str


@dataclass(frozen=True, slots=True, repr=False)
class PendingCode:
    """What the mail says; `code` is secret."""

    id: str
    email: str
    code: str
    locale: str
    minutes: int


def code_key(secret: str) -> bytes:
    """The key for `key=` below, made from the shop's secret and of use for nothing else."""
    return hmac.digest(secret.encode(), b"storefront sign-in code", "sha256")


def request_code(
    write: SessionFactory, vault: Vault, clock: Clock, *, key: bytes, email: str, locale: str, network: str
) -> CodeSent:
    """Make a code and stage its mail in one transaction; the answer is the same for known and unknown addresses.

    Raises `BadAddress`, or `TooManyAttempts` when address or network asked too often.
    """
    address, now = normalise_address(email), clock.now()
    code_id, code = new_id(), f"{secrets.randbelow(1_000_000):06d}"
    with write() as session:
        charge(session, ASKED_BY_ADDRESS, address, now=now)
        charge(session, ASKED_BY_NETWORK, network, now=now)
        session.add(
            SignInCode(
                id=code_id,
                email=address,
                code_hash=_hash(key, code_id, code),
                sealed_code=vault.seal(code),
                locale=locale,
                made_at=now,
                expires_at=now + LIFE,
            )
        )
        outbox.stage(session, job=JOB, arguments={"code_id": code_id}, key=f"sign-in-code:{code_id}", due_at=now)
    return CodeSent(code_id, address)


def sign_in(
    write: SessionFactory, clock: Clock, *, key: bytes, code_id: str, code: str, token: str | None, network: str
) -> SignedIn:
    """Check a code and, when it is right, use it up and raise the browser's session, all in one transaction.

    A code answers to its own `code_id` only, so nobody can spend the tries of a code that somebody else asked for.
    Raises `CodeWrong`, `CodeExpired`, `CodeUsed`, `CodeSpent` or `TooManyAttempts`; the try stays counted.
    """
    with write() as session:
        outcome = _attempt(session, key=key, code_id=code_id, code=code, network=network, now=clock.now())
        if isinstance(outcome, str):
            view, fresh = sessions.rise(session, token, email=outcome, now=clock.now())
            return SignedIn(view, fresh)
    # Raised out here, since an exception inside would take the count back.
    raise outcome


def pending_code(read: SessionFactory, vault: Vault, code_id: str, *, now: dt.datetime) -> PendingCode | None:
    """What the mail must say; None when it was sent already or would come too late to be of use."""
    with read() as session:
        row = session.get(SignInCode, code_id)
    if row is None or row.sealed_code is None or row.used_at is not None or row.expires_at <= now:
        return None
    minutes = int(LIFE.total_seconds() // 60)
    return PendingCode(row.id, row.email, vault.open_text(row.sealed_code), row.locale, minutes)


def mark_code_sent(write: SessionFactory, code_id: str) -> None:
    """Drop the readable code: the mail is out, and from here on only the hash is needed."""
    with write() as session:
        session.execute(update(SignInCode).where(col(SignInCode.id) == code_id).values(sealed_code=None))


def _attempt(
    session: Session, *, key: bytes, code_id: str, code: str, network: str, now: dt.datetime
) -> str | StorefrontError:
    row = session.get(SignInCode, code_id, with_for_update=True)
    if row is None or row.expires_at <= now:
        return CodeExpired()
    if row.used_at is not None:
        return CodeUsed()
    if row.tries >= TRIES:
        return CodeSpent()
    try:
        charge(session, GUESSED_BY_ADDRESS, row.email, now=now)
        charge(session, GUESSED_BY_NETWORK, network, now=now)
    except TooManyAttempts as enough:
        return enough
    row.tries += 1
    session.add(row)
    session.flush()
    if hmac.compare_digest(row.code_hash, _hash(key, code_id, code)):
        row.used_at, row.sealed_code = now, None
        return row.email
    return CodeWrong(TRIES - row.tries) if row.tries < TRIES else CodeSpent()


def _hash(key: bytes, code_id: str, code: str) -> str:
    return hmac.new(key, f"{code_id}:{code}".encode(), hashlib.sha256).hexdigest()
