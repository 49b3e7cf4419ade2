"""What no log line may show: secrets by the name of their field, secrets and people by the shape of their value."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from storefront.kernel.errors import OutsideError
from storefront.kernel.iccid import masked

HIDDEN = "<hidden>"

_SECRET_WORDS = frozenset(
    {"token", "password", "passwd", "passphrase", "pass", "secret", "secrets", "authorization", "cookie", "cookies"}
    | {"signature", "otp"}
)
_SECRET_WORDS_OF_ESIM = frozenset({"qr", "lpa", "qrcode", "activation", "confirmation"})
_SECRET_PAIRS = ("api_key", "vault_key", "access_code", "sign_in_code", "private_key")
_MAIL_WORDS = frozenset({"email", "mail", "recipient"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_ACTIVATION_CODE = re.compile(r"(?:LPA:)?\b1\$[A-Za-z0-9.-]+\$[^\s\"'<>]*|LPA:[^\s\"'<>]+", re.IGNORECASE)
_VENDOR_SECRET = re.compile(r"\b(?:sk|rk)_(?:live|test)?_?[A-Za-z0-9]{4,}|\bwhsec_[A-Za-z0-9+/=_-]+")
_ICCID = re.compile(r"(?<![0-9A-Za-z])89\d{16,18}(?![0-9])")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@(?=[A-Za-z0-9-]+\.[A-Za-z0-9.-]+)")


def redacted(text: str) -> str:
    """The text without activation codes, vendor keys, full ICCIDs and the names in mail addresses."""
    text = _ACTIVATION_CODE.sub(HIDDEN, text)
    text = _VENDOR_SECRET.sub(HIDDEN, text)
    text = _ICCID.sub(lambda found: masked(found.group()), text)
    return _ADDRESS.sub(lambda found: found.group()[0] + "…@", text)


def vendor_said(error: OutsideError) -> str:
    """What a vendor said, for the desk: our code, its code, the field that was wrong; nothing secret."""
    return redacted(f"{error.code} {error.vendor_code} {error.detail}".replace("  ", " ").strip())[:300]


def is_secret_name(name: str) -> bool:
    """Whether a field of this name is hidden whatever it holds, such as `token`, `qrCode` or `api_key`."""
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "_".join(words)
    return (
        not _SECRET_WORDS.isdisjoint(words)
        or not _SECRET_WORDS_OF_ESIM.isdisjoint(words)
        or any(pair in joined for pair in _SECRET_PAIRS)
    )


def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: hides what must not be read, in nested values and rendered exceptions too."""
    for name, value in event.items():
        event[name] = _clean(name, value)
    return event


def _clean(name: str, value: Any) -> Any:
    if value is None or isinstance(value, (bool, float)):
        return value
    if is_secret_name(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(name, inner) for inner in value]
    text = value if isinstance(value, str) else str(value)
    if not _MAIL_WORDS.isdisjoint(word.lower() for word in _WORD.findall(name)):
        return _masked_address(text)
    clean = redacted(text)
    return value if isinstance(value, int) and clean == text else clean


def _masked_address(text: str) -> str:
    name, at, host = text.partition("@")
    return f"{name[:1]}…@{host}" if at else HIDDEN
