"""One file per table family; no behaviour. Importing this package registers every table."""

from sqlmodel import SQLModel

from storefront.models import (
    case,
    catalogue,
    identity,
    money,
    order,
    payment,
    profile,
    renewal,
    sim,
    staff,
    supplier_token,
    work,
)

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "case",
    "catalogue",
    "identity",
    "money",
    "order",
    "payment",
    "profile",
    "renewal",
    "sim",
    "staff",
    "supplier_token",
    "work",
]
