"""What an ordered misfortune does to one API call. No lock is held while anything here sleeps."""

from __future__ import annotations

import json

from storefront.sandbox.http import Response
from storefront.sandbox.stripe.errors import ApiError
from storefront.sandbox.world import Fault, World

DEFAULT_SECONDS = 30.0
MANNERS = {"pending": "pending", "fail_later": "fails_later", "settle_later": "settles_later"}


def seconds(fault: Fault, default: float = DEFAULT_SECONDS) -> float:
    """How long the misfortune lasts."""
    return float(fault.params.get("seconds", default))


def before(world: World, fault: Fault) -> Response | None:
    """What goes wrong before the call has any effect; a response ends the call here."""
    if fault.kind == "timeout_before":
        world.pause(seconds(fault))
        return Response(abort=True)
    if fault.kind == "reset_before":
        return Response(abort=True, reset=True)
    if fault.kind == "rate_limit":
        raise ApiError(
            "Too many requests hit the API too quickly.", status=429, code=str(fault.params.get("code", "rate_limit"))
        )
    return None


def during(world: World, fault: Fault) -> None:
    """What goes wrong once the idempotency key is claimed. Raises the stored 500 of an inner fault."""
    if fault.kind == "slow":
        world.pause(seconds(fault, 2.0))
    if fault.kind == "status":
        raise ApiError(
            "An unknown error occurred on our side.",
            status=int(fault.params.get("status", 500)),
            kind="api_error",
            stored=True,
        )


def after(world: World, fault: Fault, answer: Response) -> Response:
    """What goes wrong although the call had its effect."""
    if fault.kind == "timeout_after":
        world.pause(seconds(fault))
        return Response(abort=True)
    if fault.kind == "reset_after":
        return Response(abort=True, reset=True)
    if fault.kind == "malformed":
        half = answer.body[: len(answer.body) // 2] or json.dumps(None).encode()
        return Response(answer.status, answer.headers, half)
    if fault.kind == "drip":
        return Response(answer.status, answer.headers, answer.body, drip=seconds(fault, 0.1))
    return answer
