"""Closings as people see them: frozen views, never rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import col, select

from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.kernel.ids import normalise_reference
from storefront.models.renewal import Closing
from storefront.ordering.bench import Workbench


class ClosingNotFound(StorefrontError):
    """There is no such closing, or it is not for these eyes."""

    kind = Kind.NOT_FOUND
    code = "closing_not_found"


@dataclass(frozen=True, slots=True)
class ClosedRecord:
    """One of the supplier's records that was asked to end and is gone."""

    order_no: str
    name: str
    asked_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ClosingView:
    """A closing as people see it, with two proofs, each None until it was read.

    `charges_ended_at`: the cashier showed our agreement as ended (only with `has_charges`). `confirmed_at`: the
    supplier showed no record (only with `has_sim`).
    """

    id: str
    reference: str
    iccid: str
    iccid_masked: str
    renewal_id: str | None
    state: str
    why: str
    asked_by: str
    email: str
    locale: str
    records: tuple[ClosedRecord, ...]
    asked_at: dt.datetime
    charges_ended_at: dt.datetime | None
    confirmed_at: dt.datetime | None

    @property
    def has_charges(self) -> bool:
        """Whether an agreement of ours is part of it."""
        return self.renewal_id is not None

    @property
    def has_sim(self) -> bool:
        """Whether there is a SIM to ask the supplier about."""
        return bool(self.iccid)


def find(bench: Workbench, reference: str) -> ClosingView:
    """A closing by its public reference. Raises `ClosingNotFound`."""
    plain = normalise_reference(reference)
    with bench.read() as session:
        row = session.exec(select(Closing).where(Closing.reference == plain)).first() if plain else None
    if row is None:
        raise ClosingNotFound(field="reference")
    return view(row)


def by_id(bench: Workbench, closing_id: str) -> ClosingView:
    """A closing by its inner id. Raises `ClosingNotFound`."""
    with bench.read() as session:
        row = session.get(Closing, closing_id)
    if row is None:
        raise ClosingNotFound
    return view(row)


def newest_of_renewal(bench: Workbench, renewal_id: str) -> ClosingView | None:
    """The newest closing of an agreement of ours."""
    with bench.read() as session:
        query = select(Closing).where(Closing.renewal_id == renewal_id).order_by(col(Closing.id).desc())
        row = session.exec(query).first()
    return view(row) if row else None


def newest_of_sim(bench: Workbench, iccid: str) -> ClosingView | None:
    """The newest closing of everything on a SIM."""
    with bench.read() as session:
        row = session.exec(select(Closing).where(Closing.iccid == iccid).order_by(col(Closing.id).desc())).first()
    return view(row) if row else None


def view(row: Closing) -> ClosingView:
    """The row as people see it."""
    return ClosingView(
        id=row.id,
        reference=row.reference,
        iccid=row.iccid,
        iccid_masked=masked(row.iccid) if row.iccid else "",
        renewal_id=row.renewal_id,
        state=row.state.value,
        why=row.why,
        asked_by=row.asked_by,
        email=row.email,
        locale=row.locale,
        records=tuple(
            ClosedRecord(one["order_no"], one["name"], dt.datetime.fromisoformat(one["asked_at"])) for one in row.closed
        ),
        asked_at=row.asked_at,
        charges_ended_at=row.charges_ended_at,
        confirmed_at=row.confirmed_at,
    )
