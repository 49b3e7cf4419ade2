"""The limits of the notes a caller may attach to an object."""

from __future__ import annotations

from typing import Any

from storefront.sandbox.stripe.errors import invalid

MOST_KEYS = 50
LONGEST_KEY = 40
LONGEST_VALUE = 500


def check_metadata(given: Any, path: str) -> dict[str, str]:
    """Metadata ready to store. Raises ApiError for too many or too long entries."""
    found: dict[str, str] = {key: value for key, value in (given or {}).items() if value}
    if len(found) > MOST_KEYS:
        raise invalid(f"Metadata holds at most {MOST_KEYS} keys.", path)
    for key, value in found.items():
        if len(key) > LONGEST_KEY:
            raise invalid(f"Metadata keys hold at most {LONGEST_KEY} characters.", f"{path}[{key}]")
        if len(value) > LONGEST_VALUE:
            raise invalid(f"Metadata values hold at most {LONGEST_VALUE} characters.", f"{path}[{key}]")
    return found


def merged(kept: dict[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: given keys replace, an empty value removes a key, nothing at all removes every key."""
    wanted = given or {}
    rest = {key: value for key, value in kept.items() if wanted and key not in wanted}
    return {**rest, **check_metadata(wanted, "metadata")}
