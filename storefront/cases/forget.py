"""What people sent in for a case is kept while somebody may look at it, and no longer."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete
from sqlmodel import col, select

from storefront.models.case import Case, CaseProof
from storefront.ports import SessionFactory

KEPT_FOR = dt.timedelta(days=30)
"""How long words and files outlive the settling of their case; `templates/sims/ask.html` tells it to their senders."""


def forget_proofs(write: SessionFactory, now: dt.datetime) -> int:
    """Delete what was sent in for cases settled `KEPT_FOR` ago; the case and its resolution stay. Returns how many."""
    settled = select(Case.id).where(col(Case.resolved_at) < now - KEPT_FOR)
    with write() as session:
        gone = session.execute(delete(CaseProof).where(col(CaseProof.case_id).in_(settled)))
    return int(gone.rowcount)  # type: ignore[attr-defined]
