"""The base of every error we raise on purpose, and the four shapes in which the outside fails us."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What the person in front can do about it; `web/errors.py` maps each kind to a status."""

    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    BUG = "bug"


class StorefrontError(Exception):
    """An expected failure: `kind` says what can be done, `code` is stable and has a sentence in every language."""

    kind: ClassVar[Kind] = Kind.BUG
    code: ClassVar[str] = "bug"

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.field = field


class OutsideError(StorefrontError):
    """A vendor did not do what we asked; `vendor_code` is what it said, for the log and the desk."""

    kind = Kind.UNAVAILABLE
    code = "outside_unavailable"

    def __init__(self, detail: str = "", *, vendor_code: str = "", field: str | None = None) -> None:
        super().__init__(detail, field=field)
        self.vendor_code = vendor_code


class Unreachable(OutsideError):
    """No answer: the call may or may not have had its effect."""

    code = "outside_unreachable"


class Refused(OutsideError):
    """A clear no: the call had no effect."""

    kind = Kind.CONFLICT
    code = "outside_refused"


class Throttled(OutsideError):
    """Asked too often; nothing happened. `retry_after` is in seconds."""

    kind = Kind.THROTTLED
    code = "outside_throttled"

    def __init__(self, detail: str = "", *, retry_after: float = 1.0, vendor_code: str = "") -> None:
        super().__init__(detail, vendor_code=vendor_code)
        self.retry_after = retry_after


class Unintelligible(OutsideError):
    """An answer we cannot read (or a code we do not know): treat its effect as unknown."""

    code = "outside_unintelligible"


class SoldOut(Refused):
    """The supplier has no profile left for this plan."""

    code = "sold_out"


class PriceChanged(Refused):
    """The supplier asks another price than the one we sent."""

    code = "price_changed"


class HoldLapsed(Refused):
    """The reservation ran out before the payment was reported; nothing was assigned by this call."""

    code = "hold_lapsed"


class SimUnknown(Refused):
    """The supplier does not know this SIM as one of ours: unknown, foreign and locked are one answer."""

    kind = Kind.NOT_FOUND
    code = "sim_unknown"
