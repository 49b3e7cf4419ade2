"""What Stripe v1 promises about idempotency keys: the first result, whatever it was, for a day."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from storefront.sandbox.stripe.errors import ApiError

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255


@dataclass
class Answer:
    """A status and a body as they were first sent."""

    status: int
    body: bytes
    request_id: str


@dataclass
class _Record:
    endpoint: str
    fingerprint: str
    begun_at: float
    answer: Answer | None = None


def fingerprint(params: dict[str, Any]) -> str:
    """The same for the same parameters in any order."""
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()


class Keys:
    """The keys of one account. Not thread-safe by itself: callers hold the world's lock."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def begin(self, key: str, endpoint: str, params: dict[str, Any], now: float) -> Answer | None:
        """Claim a key. Returns the first answer for a repeat; raises ApiError on misuse or a concurrent twin."""
        if len(key) > LONGEST_KEY:
            raise ApiError("An idempotency key holds at most 255 characters.", kind="idempotency_error")
        self._prune(now)
        seen = self._records.get(key)
        if seen is None:
            self._records[key] = _Record(endpoint, fingerprint(params), now)
            return None
        if seen.endpoint != endpoint:
            raise ApiError(
                f"Key '{key}' was first used for another endpoint ({seen.endpoint}, now {endpoint}).",
                kind="idempotency_error",
            )
        if seen.fingerprint != fingerprint(params):
            raise ApiError(
                f"Keys for idempotent requests go with the parameters they were first used with. '{key}' had others.",
                kind="idempotency_error",
            )
        if seen.answer is None:
            raise ApiError(
                f"Another request with the idempotency key '{key}' is still running. Try again later.",
                status=409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        return seen.answer

    def finish(self, key: str, answer: Answer) -> None:
        """Remember the result, a 500 included."""
        self._records[key].answer = answer

    def abandon(self, key: str) -> None:
        """Forget a claim whose work never began."""
        self._records.pop(key, None)

    def _prune(self, now: float) -> None:
        # Insertion order is age order, so the old ones stand in front.
        while self._records:
            oldest = next(iter(self._records))
            if now - self._records[oldest].begun_at < KEPT_SECONDS:
                return
            del self._records[oldest]
