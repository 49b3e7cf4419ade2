"""The link in a mail that stops a renewal without a sign-in: signed, for one agreement, and valid for a while.

Opening it changes nothing, so that a mail scanner cannot stop anything; the button behind it does.
"""

from __future__ import annotations

import datetime as dt

from itsdangerous import BadSignature, URLSafeSerializer

from storefront.kernel.errors import Kind, StorefrontError
from storefront.settings import Settings

LIFE = dt.timedelta(days=90)
_SALT = "stop-renewal"


class StopLinkUnknown(StorefrontError):
    """The link is not one of ours, or was changed on its way."""

    kind = Kind.NOT_FOUND
    code = "stop_link_unknown"


class StopLinkExpired(StorefrontError):
    """The link was right once and is too old now."""

    kind = Kind.NOT_FOUND
    code = "stop_link_expired"


def make(settings: Settings, renewal_id: str, now: dt.datetime) -> str:
    """The token for one agreement, valid for `LIFE` from `now`."""
    until = int((now + LIFE).timestamp())
    return str(_serializer(settings).dumps([renewal_id, until]))


def read(settings: Settings, token: str, now: dt.datetime) -> str:
    """The agreement a token is for. Raises `StopLinkUnknown` or `StopLinkExpired`."""
    if len(token) > 200:
        raise StopLinkUnknown
    try:
        renewal_id, until = _serializer(settings).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise StopLinkUnknown from None
    if now.timestamp() > until:
        raise StopLinkExpired
    return str(renewal_id)


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key.get_secret_value(), salt=_SALT)
