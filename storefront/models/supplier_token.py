"""The token of the shop's one account at the supplier; a single row, sealed."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Field, SQLModel

from storefront.db.types import UtcTime


class SupplierToken(SQLModel, table=True):
    """`generation` rises with each login, so that two refreshers can tell who was first."""

    __tablename__ = "supplier_tokens"

    account: str = Field(primary_key=True, max_length=200)
    sealed_token: bytes
    generation: int = Field(default=1)
    obtained_at: dt.datetime = Field(sa_type=UtcTime)
    expires_at: dt.datetime = Field(sa_type=UtcTime)
