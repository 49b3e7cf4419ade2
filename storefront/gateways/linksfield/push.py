"""Notices the supplier pushes to us: verified here, believed nowhere; each is a hint that something is worth a read."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from storefront.gateways.linksfield import inferred_csss, inferred_mall, messages
from storefront.gateways.linksfield.messages import Fields
from storefront.gateways.linksfield.signing import CsssSigner, is_fresh
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import Refused, Unintelligible

ALGORITHM: Final = "hmac-sha1"
VERSION: Final = "1.0"
_CALL: Final = "linksfield_push"

Texts = Callable[[Mapping[str, str], Fields], Iterable[str]]
"""Makes what a push's signature may cover from its headers (names in lower case) and its body; any one will do."""


@dataclass(frozen=True, slots=True)
class PushNotice:
    """What a push is about. Empty where it says nothing; the same news sent again has another `notice_id`."""

    notice_id: str
    iccid: str
    order_no: str
    request_id: str


def provisional_texts(headers: Mapping[str, str], body: Fields) -> Iterable[str]:
    """What a signature is taken to cover, until the supplier says what it covers."""
    return inferred_csss.signed_texts(inferred_mall.push_parameters(headers, body.raw))


class PushDoor:
    """Reads pushes signed with one of `keys` (id to secret). Without keys every push is refused."""

    def __init__(
        self,
        keys: Mapping[str, str],
        *,
        texts_of: Texts = provisional_texts,
        now: Callable[[], dt.datetime] = wall_now,
    ) -> None:
        self._signers = {key_id: CsssSigner(secret) for key_id, secret in keys.items() if secret}
        self._texts_of = texts_of
        self._now = now

    def read(self, payload: bytes, headers: Mapping[str, str]) -> PushNotice:
        """The notice in a push's raw bytes. Raises `Refused` for a forged, stale or unreadable one."""
        named = {name.lower(): value for name, value in headers.items()}
        if named.get("x-lf-notification-version", "") != VERSION:
            raise _refused("the version is not one we know", "x-lf-notification-version")
        if named.get("x-lf-algo", "").lower() != ALGORITHM:
            raise _refused("the algorithm is not one we know", "x-lf-algo")
        if not is_fresh(named.get("x-lf-timestamp", ""), self._now()):
            raise _refused("the time stamp is missing or not of these minutes", "x-lf-timestamp")
        key_id, _, signature = named.get("x-lf-signature", "").partition("/")
        signer = self._signers.get(key_id)
        if signer is None:
            raise _refused("the key is not one of ours", "x-lf-signature")
        try:
            body = messages.read(payload, call=_CALL)
            if not any(signer.is_sign_of(signature, text) for text in self._texts_of(named, body)):
                raise _refused("the signature does not fit", "x-lf-signature")
            return _notice(payload, body)
        except Unintelligible as odd:
            raise Refused(odd.detail, vendor_code="push", field=odd.field) from None
        except RecursionError:
            raise _refused("the body is nested too deeply", "") from None


def _notice(payload: bytes, body: Fields) -> PushNotice:
    facts = body.inside("data") if isinstance(body.raw.get("data"), Mapping) else body
    notice = PushNotice(
        notice_id=_first(body, inferred_mall.PUSH_ID_NAMES) or hashlib.sha256(payload).hexdigest(),
        iccid=_first(facts, inferred_mall.PUSH_SIM_NAMES),
        order_no=_first(facts, inferred_mall.PUSH_ORDER_NAMES),
        request_id=_first(facts, inferred_mall.PUSH_REQUEST_NAMES),
    )
    if not (notice.iccid or notice.order_no or notice.request_id):
        raise _refused("the push names neither SIM nor order", "deviceCode")
    return notice


def _first(item: Fields, names: Sequence[str]) -> str:
    return next((item.text(name) for name in names if item.text_or(name, "")), "")


def _refused(reason: str, field: str) -> Refused:
    return Refused(f"{_CALL}: {reason}", vendor_code="push", field=field)
