"""A traveller asks the desk about a SIM the shop did not deliver, with a proof that it is theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.db.vault import Vault
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.kernel.ids import new_id
from storefront.models.case import CaseProof

KIND = "sim_proof"
HELP = "refund_request"
TROUBLES = ("refund", "does_not_install", "no_data", "charged_twice", "wrong_address", "other")
WISHES = ("close_renewal", "see_orders", "stop_sim", "other")
# What the cameras of phones write; fewer would turn away the very photo that is asked for.
MOST_BYTES = 10 * 1024 * 1024
MOST_PROOFS = 5
_BEGINNINGS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}


class UnfitProof(StorefrontError):
    """The file is no picture or PDF, or it is too large."""

    kind = Kind.REJECTED
    code = "unfit_proof"


class TooManyProofs(StorefrontError):
    """The open case of this SIM holds as many proofs as anybody can read."""

    kind = Kind.CONFLICT
    code = "too_many_proofs"


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What the traveller wants and what they sent along; `file` may be empty."""

    wish: str
    email: str
    words: str
    file: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """One thing that was sent in; `iccid` and `file` are for the eyes of whoever decides."""

    wish: str
    email: str
    words: str
    iccid: str
    media_type: str
    file: bytes
    sent_at: dt.datetime


def proofs_of(session: Session, vault: Vault, case_id: str) -> list[Proof]:
    """What was sent for a case, oldest first."""
    query = select(CaseProof).where(CaseProof.case_id == case_id).order_by(col(CaseProof.sent_at))
    return [
        Proof(
            wish=one.wish,
            email=one.email,
            words=one.words,
            iccid=vault.open_text(one.sealed_iccid),
            media_type=one.media_type,
            file=vault.open(one.sealed_file) if one.sealed_file else b"",
            sent_at=one.sent_at,
        )
        for one in session.exec(query)
    ]


def media_type(file: bytes) -> str:
    """What a file is by its first bytes, whatever its name says. Raises `UnfitProof`."""
    for beginning, kind in _BEGINNINGS.items():
        if file.startswith(beginning):
            return kind
    raise UnfitProof(field="file")


def ask_about_order(
    session: Session, vault: Vault, *, owner: str, now: dt.datetime, order_id: str, asked: Asked
) -> str:
    """Open the order's case for a traveller who wants help or their money back, or add to it; returns its id.

    Raises `TooManyProofs`.
    """
    detail = f"the traveller asks: {asked.wish.replace('_', ' ')}; what they wrote stands with the case"
    case_id = open_case(session, kind=HELP, owner=owner, now=now, order_id=order_id, detail=detail)
    _keep(session, vault, case_id, iccid="", asked=asked, now=now)
    return case_id


def ask(session: Session, vault: Vault, *, owner: str, now: dt.datetime, sim_id: str, iccid: str, asked: Asked) -> str:
    """Open the SIM's case, or add to the one that is open; returns its id. Raises `UnfitProof`, `TooManyProofs`."""
    if len(asked.file) > MOST_BYTES:
        raise UnfitProof(field="file")
    detail = (
        f"somebody says {masked(iccid)} is theirs and wishes: {asked.wish.replace('_', ' ')}; check the proof first"
    )
    case_id = open_case(session, kind=KIND, owner=owner, now=now, about=f"sim:{sim_id}", detail=detail)
    _keep(session, vault, case_id, iccid=iccid, asked=asked, now=now)
    return case_id


def _keep(session: Session, vault: Vault, case_id: str, *, iccid: str, asked: Asked, now: dt.datetime) -> None:
    session.flush()  # the proof refers to the case
    sent = session.exec(select(func.count()).select_from(CaseProof).where(CaseProof.case_id == case_id)).one()
    if sent >= MOST_PROOFS:
        raise TooManyProofs
    session.add(
        CaseProof(
            id=new_id(),
            case_id=case_id,
            wish=asked.wish,
            email=asked.email,
            words=asked.words,
            sealed_iccid=vault.seal(iccid),
            media_type=media_type(asked.file) if asked.file else "",
            sealed_file=vault.seal(asked.file) if asked.file else None,
            sent_at=now,
        )
    )
