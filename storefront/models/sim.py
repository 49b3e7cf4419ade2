"""SIMs travellers signed in with, and what the supplier last said about each."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storefront.db.types import UtcTime


class Sim(SQLModel, table=True):
    """One SIM, written when its number was first typed and the supplier knew it; pages and jobs name it by `id`.

    The JSON columns are written by `sims.refresh` only. `errors` names, for each part that could not be read the last
    time, the code of the error; `as_of` and `usage_as_of` are when the supplier last answered.
    """

    __tablename__ = "sims"

    id: str = Field(primary_key=True, max_length=36)
    iccid: str = Field(unique=True, max_length=20)
    seen_at: dt.datetime = Field(sa_type=UtcTime)
    life_cycle: str = Field(default="", max_length=40)
    usage: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    plans: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    offers: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    history: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    renewal: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    errors: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    as_of: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    usage_as_of: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    looked_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
