"""The inbox: a vendor's notice is stored once, answered at once, handled later."""

from __future__ import annotations

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.jobs import outbox
from storefront.kernel.clock import Clock, wall_now
from storefront.kernel.ids import new_id
from storefront.models.work import InboxRow
from storefront.ports import SessionFactory

_STORE = prepared.either(
    lambda insert: (
        insert(InboxRow).on_conflict_do_nothing(index_elements=["source", "external_id"]).returning(col(InboxRow.id))
    )
)
_GET = select(InboxRow).where(col(InboxRow.id) == bindparam("inbox_id"))


def store(
    write: SessionFactory,
    clock: Clock,
    *,
    source: str,
    external_id: str,
    type: str,  # noqa: A002 - the column's name
    object_id: str,
    payment_id: str | None = None,
    subscription_id: str | None = None,
    job: str,
) -> bool:
    """Store a verified notice and stage `job` for it in the same transaction; False when it was known already.

    `external_id` is the vendor's number of the notice, at most 120 characters, and the same when it is sent again.
    """
    row_id = new_id()
    values = {
        "id": row_id,
        "source": source,
        "external_id": external_id,
        "type": type,
        "object_id": object_id,
        "payment_id": payment_id,
        "subscription_id": subscription_id,
        "received_at": wall_now(),
    }
    with write() as session:
        if prepared.run(session, _STORE, **values).first() is None:
            return False
        outbox.stage(session, job=job, arguments={"inbox_id": row_id}, key=f"{job}:{row_id}", due_at=clock.now())
    return True


def get(session: Session, inbox_id: str) -> InboxRow | None:
    """The stored notice; to be looked at only."""
    return prepared.first(session, _GET, inbox_id=inbox_id)
