"""How the supplier's Mall and CSSS families sign: canonical text, the two signers, and the five-minute clock rule."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, Protocol

from storefront.gateways.linksfield import inferred_mall, messages
from storefront.gateways.linksfield.messages import Json

CLOCK_TOLERANCE: Final = dt.timedelta(minutes=5)
"""How far a time stamp may be from the time of the internet."""

_MILLISECONDS_FROM: Final = 100_000_000_000
"""A stamp this large counts milliseconds: as seconds it would lie in the year 5138."""


def canonical(parameters: Mapping[str, Json]) -> str:
    """The text that is signed: compact JSON of all non-empty parameters but ``sign``, in the order of their names."""
    return messages.write({name: parameters[name] for name in sorted(parameters) if _counts(name, parameters[name])})


def _counts(name: str, value: Json) -> bool:
    return name != "sign" and value is not None and value != ""


class Signer(Protocol):
    """Signs the parameters of one call."""

    def sign(self, parameters: Mapping[str, Json]) -> str:
        """The signature as it travels in ``sign``."""
        ...


class MallSigner:
    """MD5 of the canonical text as 32 lower-case digits. An integrity check and no proof of who asks: no key goes in.

    With a `key` it is the keyed variant, which no published example shows; off unless the supplier asks for it.
    """

    def __init__(self, key: str = "") -> None:
        self._key = key

    def sign(self, parameters: Mapping[str, Json]) -> str:
        """The signature of the parameters, whatever their order."""
        text = canonical(parameters)
        if self._key:
            text = inferred_mall.keyed_content(text, self._key)
        return hashlib.md5(_bytes(text), usedforsecurity=False).hexdigest()


class CsssSigner:
    """Base64 of the HMAC-SHA1 of the canonical text under the enterprise's secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, parameters: Mapping[str, Json]) -> str:
        """The signature of the parameters, whatever their order; whole numbers count as they are sent, unquoted."""
        return self.sign_text(canonical(parameters))

    def sign_text(self, text: str) -> str:
        """The signature of a text that is canonical already."""
        return base64.b64encode(hmac.digest(self._secret, _bytes(text), hashlib.sha1)).decode()

    def is_sign_of(self, signature: str, text: str) -> bool:
        """Whether the signature belongs to the text; takes the same time for every wrong one."""
        try:
            given = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, hmac.digest(self._secret, _bytes(text), hashlib.sha1))


def _bytes(text: str) -> bytes:
    # JSON of others may carry half a character; it must fail to match instead of failing here.
    return text.encode("utf-8", "surrogatepass")


def seconds_stamp(now: dt.datetime) -> str:
    """The moment as CSSS wants it: whole seconds since 1970, as text."""
    return str(int(now.timestamp()))


def milliseconds_stamp(now: dt.datetime) -> str:
    """The moment as Mall wants it: thirteen digits of milliseconds since 1970, as text."""
    return str(int(now.timestamp() * 1000))


def is_fresh(stamp: str, now: dt.datetime) -> bool:
    """Whether a stamp in seconds or milliseconds lies within five minutes of `now`; anything else does not."""
    if not (stamp.isascii() and stamp.isdecimal()) or len(stamp) > 13:
        return False
    number = int(stamp)
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    return abs(seconds - now.timestamp()) <= CLOCK_TOLERANCE.total_seconds()
