"""The supplier's three signatures, written from its published vectors alone; the shop's own code is not looked at."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

SIGN = "sign"
PUSH_SIGNATURE = "x-lf-signature"


def sign_content(values: Mapping[str, Any], *, but: str = SIGN) -> bytes:
    """What is signed: the non-empty values in the order of their names, as JSON without a blank, in raw UTF-8."""
    taken = {name: value for name, value in values.items() if name != but and value is not None and value != ""}
    content = json.dumps(taken, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # JSON can carry half a character, which has no UTF-8: it must not fit any signature instead of failing here.
    return content.encode("utf-8", "replace")


def mall_sign(values: Mapping[str, Any]) -> str:
    """Mall: MD5 in lower-case hex. No secret takes part."""
    return hashlib.md5(sign_content(values)).hexdigest()


def csss_sign(values: Mapping[str, Any], secret: str) -> str:
    """CSSS: HMAC-SHA1 with the account's secret, in Base64; requests and the data of answers alike."""
    return _keyed(sign_content(values), secret)


def push_sign(body: Mapping[str, Any], headers: Mapping[str, str], key: str) -> str:
    """Pushes: as CSSS, over the body and the other x-lf headers together; [INFERRED], see A9 of the contract."""
    told = {name: value for name, value in headers.items() if name.startswith("x-lf-")}
    return _keyed(sign_content({**body, **told}, but=PUSH_SIGNATURE), key)


def _keyed(content: bytes, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), content, hashlib.sha1).digest()).decode()
