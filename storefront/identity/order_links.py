"""Secret links to one order, for mails: the token stands in the mail only, its hash in the database, and it expires."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete
from sqlmodel import Session, col

from storefront.db import prepared
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.ids import new_token, token_hash
from storefront.models.identity import OrderLink
from storefront.ports import SessionFactory

LIFE = dt.timedelta(days=90)


class LinkUnknown(StorefrontError):
    """No order belongs to this link."""

    kind = Kind.NOT_FOUND
    code = "link_unknown"


class LinkExpired(StorefrontError):
    """The link was right once and is too old now."""

    kind = Kind.NOT_FOUND
    code = "link_expired"


def make_link(session: Session, order_id: str, now: dt.datetime) -> str:
    """A fresh token for the order, valid for `LIFE`; each mail gets its own."""
    token = new_token()
    link = OrderLink(token_hash=token_hash(token), order_id=order_id, made_at=now, expires_at=now + LIFE)
    prepared.put(session, link)
    return token


def revoke(session: Session, order_id: str) -> None:
    """Every link of the order sent so far is worth nothing from now on."""
    session.execute(delete(OrderLink).where(col(OrderLink.order_id) == order_id))


def redeem(read: SessionFactory, token: str, now: dt.datetime) -> str:
    """The order a token stands for; raises `LinkUnknown` or `LinkExpired`. It works again until it expires."""
    if not token or len(token) > 128:
        raise LinkUnknown
    with read() as session:
        link = session.get(OrderLink, token_hash(token))
    if link is None:
        raise LinkUnknown
    if link.expires_at <= now:
        raise LinkExpired
    return link.order_id
