"""What we last knew about a SIM a traveller signed in with."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storefront.db.types import UtcTime


class SimSnapshot(SQLModel, table=True):
    """The last facts the supplier gave; `error` is the code of the last failed look, empty when it went well.

    `usage` and `plans` are plain JSON as `sims.status` writes them; `as_of` is when the supplier last answered.
    """

    __tablename__ = "sim_snapshots"

    iccid: str = Field(primary_key=True, max_length=20)
    life_cycle: str = Field(default="", max_length=40)
    usage: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    plans: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    offers: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    history: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    renewal: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    as_of: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    usage_as_of: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    looked_at: dt.datetime = Field(sa_type=UtcTime)
    error: str = Field(default="", max_length=60)
