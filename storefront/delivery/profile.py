"""From what the supplier sent to a profile a phone can install, or a refusal that a person must look at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from storefront.db.vault import Vault
from storefront.delivery import qr
from storefront.kernel import iccid as iccids
from storefront.kernel.activation_code import ActivationCode, NotAnActivationCode
from storefront.models.profile import Profile


class UnusableProfile(ValueError):
    """The supplier's text is no activation code; never shown to anyone. `reason` holds no part of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """What the supplier sent for an order; the codes are secrets."""

    activation_code: str
    confirmation_code: str | None
    iccid: str | None
    status: str
    expires_on: str | None


def seal(order_id: str, sent: Sent, vault: Vault, now: dt.datetime) -> Profile:
    """A profile row with its QR code made once and everything secret sealed. Raises `UnusableProfile`."""
    try:
        code = ActivationCode.parse(sent.activation_code)
    except NotAnActivationCode as wrong:
        raise UnusableProfile(str(wrong)) from wrong
    if code.needs_confirmation and not sent.confirmation_code:
        raise UnusableProfile("the phone will ask for a confirmation code and none was sent")
    images = qr.images(code.lpa)
    number = iccids.normalise(sent.iccid) if sent.iccid else None
    return Profile(
        order_id=order_id,
        iccid=number,
        iccid_reversed=number[::-1] if number else None,
        sealed_code=vault.seal(code.lpa),
        sealed_confirmation=vault.seal(sent.confirmation_code) if sent.confirmation_code else None,
        sealed_svg=vault.seal(images.svg),
        sealed_png=vault.seal(images.png),
        supplier_status=sent.status[:40],
        expires_on=sent.expires_on,
        delivered_at=now,
    )
