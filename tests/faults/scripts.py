"""Where scripts register, and what all of them use."""

from __future__ import annotations

import copy
import secrets

TROUBLES = {}


def trouble(name, what):
    """Register a script under its number."""

    def keep(script):
        TROUBLES[name] = (what, script)
        return script

    return keep


def finish(buyer):
    """The plain rest: the cashier tells, the workers work."""
    buyer.shop.tell(buyer.shop.news())
    buyer.shop.work()


def an_event(kind, about):
    """A genuine event of this kind about an object, as the cashier would word it."""
    return {
        "id": f"evt_{secrets.token_hex(8)}",
        "object": "event",
        "api_version": "2026-03-25.dahlia",
        "type": kind,
        "created": 1_800_000_000,
        "livemode": False,
        "data": {"object": copy.deepcopy(about)},
    }
