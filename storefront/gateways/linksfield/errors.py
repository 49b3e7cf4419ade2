"""The supplier's status codes as errors that say what can be done; a code we do not know never counts as a refusal."""

from __future__ import annotations

from storefront.gateways.linksfield import inferred
from storefront.kernel.errors import (
    HoldLapsed,
    OutsideError,
    PriceChanged,
    Refused,
    SoldOut,
    Unintelligible,
)
from storefront.telemetry.redaction import redacted

DONE = 0
TOKEN_EXPIRED = 7
_LONGEST_MESSAGE = 120

_BY_CODE: dict[int, type[OutsideError]] = {
    2: Refused,
    1102: Refused,
    6006: HoldLapsed,
    10008: Refused,
    10009: PriceChanged,
}

_UNKNOWN = frozenset({3004, 3005, 9999})
"""The order may or may not have been handled. So it is with every code we do not know, but these stay so whatever
their message says."""


class TokenRejected(OutsideError):
    """The supplier does not take our token (any more); the call itself had no effect. Never leaves this room."""

    code = "token_rejected"


def error_for(code: int, message: str, *, call: str, is_pre_order: bool = False) -> OutsideError:
    """The error for a code other than 0 and 7; the supplier's own words follow, shortened and without secrets."""
    detail = f"{call}: code {code}: {redacted(message)[:_LONGEST_MESSAGE]}"
    kind = _BY_CODE.get(code, Unintelligible)
    if is_pre_order and code not in _UNKNOWN | _BY_CODE.keys() and inferred.is_sold_out(code, message):
        kind = SoldOut
    return kind(detail, vendor_code=str(code))


def no_token(call: str) -> OutsideError:
    """The error when a fresh token is refused as well: nothing happened, but our account, not the order, is at fault.

    It is not `Refused`, since that would declare a hold dead for a reason that has nothing to do with it.
    """
    return Unintelligible(f"{call}: the supplier refuses our token", vendor_code=str(TOKEN_EXPIRED))
