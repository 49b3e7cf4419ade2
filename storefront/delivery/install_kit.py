"""Everything a traveller needs to install a profile: links for each device, manual fields, the QR image."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import quote

from storefront.db.vault import Vault
from storefront.kernel.activation_code import ActivationCode
from storefront.kernel.iccid import masked
from storefront.models.profile import Profile

_IPHONE = "https://esimsetup.apple.com/esim_qrcode_provisioning?carddata="
_ANDROID = "https://esimsetup.android.com/esim_qrcode_provisioning?carddata="


@dataclass(frozen=True, slots=True, repr=False)
class InstallView:
    """What My eSIM Detail shows; every field but the masked ICCID and the states is secret."""

    lpa: str
    host: str
    matching_id: str
    confirmation_code: str | None
    iccid: str | None
    iccid_masked: str | None
    iphone_link: str
    android_link: str
    windows_link: str
    supplier_status: str
    expires_on: dt.date | None
    device: str


def device_of(user_agent: str) -> str:
    """A guess that only changes the order on the page: iphone, android, windows or desktop."""
    agent = user_agent.lower()
    for word, device in (("iphone", "iphone"), ("ipad", "iphone"), ("android", "android"), ("windows", "windows")):
        if word in agent:
            return device
    return "desktop"


def _day(text: str | None) -> dt.date | None:
    # The supplier writes a day in its own way, at times with an hour behind it; what is no day is not shown.
    try:
        return dt.date.fromisoformat((text or "")[:10].replace("/", "-"))
    except ValueError:
        return None


def install_view(profile: Profile, vault: Vault, user_agent: str = "") -> InstallView:
    """Open the profile for its owner."""
    lpa = vault.open_text(profile.sealed_code)
    code = ActivationCode.parse(lpa)
    carried = quote(lpa, safe="")
    return InstallView(
        lpa=lpa,
        host=code.host,
        matching_id=code.matching_id,
        confirmation_code=vault.open_text(profile.sealed_confirmation) if profile.sealed_confirmation else None,
        iccid=profile.iccid,
        iccid_masked=masked(profile.iccid) if profile.iccid else None,
        iphone_link=_IPHONE + carried,
        android_link=_ANDROID + carried,
        windows_link=lpa.replace("LPA:", "lpa:", 1),
        supplier_status=profile.supplier_status,
        expires_on=_day(profile.expires_on),
        device=device_of(user_agent),
    )
