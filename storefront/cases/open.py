"""Open a case: something only a person can decide, with an owner and a clock from the first second."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, select

from storefront.jobs import outbox
from storefront.kernel.ids import new_id
from storefront.models.case import Case

FIRST_LOOK = dt.timedelta(hours=4)


def open_case(
    session: Session,
    *,
    kind: str,
    owner: str,
    now: dt.datetime,
    detail: str,
    order_id: str | None = None,
    about: str = "",
) -> str:
    """Open the case of this kind for an order (or for `about`), once; returns its id. Its owner gets a mail.

    `detail` must hold no secret and no full ICCID: it is mailed and shown on lists.
    """
    subject = f"{order_id or about}:{kind}"
    known = session.exec(select(Case).where(Case.subject == subject)).first()
    if known is not None:
        return known.id
    case = Case(
        id=new_id(),
        subject=subject,
        order_id=order_id,
        kind=kind,
        detail=detail[:1000],
        owner=owner,
        opened_at=now,
        due_at=now + FIRST_LOOK,
    )
    session.add(case)
    outbox.stage(
        session, job="letters.case_opened", arguments={"case_id": case.id}, key=f"case-letter:{case.id}", due_at=now
    )
    return case.id
