"""What an operator may see of a call to the supplier: everything but secrets and whole identities."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from storefront.gateways.linksfield import messages
from storefront.kernel.iccid import masked
from storefront.telemetry.redaction import HIDDEN, is_secret_name, redacted

_SHORTEST_SECRET: Final = 6
_SHORTEST_NUMBER: Final = 12
_SIM_NAMES: Final = frozenset({"devicecode", "deviceid", "simid"})
_NAMED_VALUE = re.compile(r"([\"']?)([A-Za-z][\w-]*)\1(\s*[:=]\s*)(\"[^\"]*\"?|'[^']*'?|[^\s,;&<>{}\[\]]+)")


class Mask:
    """Shows texts without tokens, keys, codes of eSIMs, whole SIM numbers, passwords and mail addresses.

    `secrets` are values to be hidden wherever they stand, whatever the name beside them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets: set[str] = set()
        for secret in secrets:
            self.also(secret)

    def also(self, secret: str) -> None:
        """One more secret; a very short one would hide half of everything and is left to the names."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def text(self, text: str) -> str:
        """Plain text, such as an answer that is no JSON."""
        return self._shapes(_NAMED_VALUE.sub(_hide_named, text))

    def json(self, text: str, *, pretty: bool = False) -> str:
        """JSON, with every name and number as it was written; other text is masked as plain text."""
        try:
            value = self.value("", json.loads(text, parse_float=Decimal))
            return _pretty(value) if pretty else messages.write(value)
        except (ValueError, RecursionError):
            return self.text(text)

    def url(self, url: str) -> str:
        """An address with its query."""
        parts = urlsplit(url)
        query = urlencode({name: str(self.value(name, value)) for name, value in parse_qsl(parts.query)})
        return parts._replace(query=query.replace(quote("…"), "…").replace(quote(HIDDEN), HIDDEN)).geturl()

    def value(self, name: str, value: Any) -> Any:
        """What may be seen of a value that stands under this name."""
        if isinstance(value, Mapping):
            return {inner: self.value(inner, one) for inner, one in value.items()}
        if isinstance(value, list):
            return [self.value(name, one) for one in value]
        if value in (None, "") or isinstance(value, bool):
            return value
        if is_secret_name(name):
            return HIDDEN
        text = str(value)
        shown = self.text(text) if isinstance(value, str) else self._shapes(text)
        if shown == text and len(text) >= _SHORTEST_NUMBER and _names_a_sim(name):
            return masked(text)
        if shown == text and "mail" in name.lower():
            return HIDDEN
        return value if shown == text else shown

    def _shapes(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return redacted(text)


def _hide_named(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{found[1]}{found[3]}{HIDDEN}" if is_secret_name(found[2]) else found[0]


def _names_a_sim(name: str) -> bool:
    plain = re.sub(r"[^a-z]", "", name.lower())
    return plain in _SIM_NAMES or "iccid" in plain


def _pretty(value: Any, margin: str = "") -> str:
    inner = margin + "  "
    if isinstance(value, Mapping) and value:
        lines = [f"{inner}{messages.write(name)}: {_pretty(one, inner)}" for name, one in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _pretty(one, inner) for one in value) + f"\n{margin}]"
    return messages.write(value)
