"""Notices about SIMs to the shop: a top-up was taken, a plan began. Signed as far as is known; see `push_sign`."""

from __future__ import annotations

import json
from typing import Any

from storefront.sandbox.dispatch import Dispatcher
from storefront.sandbox.linksfield.sims.signatures import PUSH_SIGNATURE, push_sign
from storefront.sandbox.linksfield.sims.sim import PlanOrder
from storefront.sandbox.world import World

TARGET = "linksfield.push"
RECHARGED, PLAN_CHANGED = "recharge_success", "plan_order_status"


class Pushes:
    """Sends the supplier's notices with one key; an empty address sends none."""

    def __init__(self, world: World, url: str, *, key_id: str, key: str) -> None:
        self._world = world
        self._key_id = key_id
        if world.pushes is not None:
            # The world was made anew: what the old one still had to tell never happened.
            world.pushes.dispatcher.close()
        self.dispatcher = Dispatcher(
            url, key, world.faults, (RECHARGED, PLAN_CHANGED), world.closing, headers=self._headers, target=TARGET
        )

    def recharged(self, order: PlanOrder) -> None:
        """A paid order of a SIM was taken."""
        self._send(RECHARGED, order)

    def plan_changed(self, order: PlanOrder) -> None:
        """A plan on a SIM began."""
        self._send(PLAN_CHANGED, order)

    def _send(self, kind: str, order: PlanOrder) -> None:
        if not self.dispatcher.wants(kind):
            return
        notice = f"T{self._world.serial():012d}"
        body: dict[str, Any] = {
            "transactionId": notice,
            "notificationType": kind,
            "deviceCode": order.iccid,
            "orderNo": order.code,
            "requestOrderId": order.purchase_order_id,
        }
        self._world.note("linksfield", f"push {kind}", target="push", about=notice)
        self.dispatcher.send(notice, kind, body)

    def _headers(self, payload: bytes, key: str, at: int) -> dict[str, str]:
        told = {
            "x-lf-notification-version": "1.0",
            "x-lf-algo": "HMAC-SHA1",
            "x-lf-timestamp": str(at),
        }
        signed = push_sign(json.loads(payload), told, key)
        return {**told, PUSH_SIGNATURE: f"{self._key_id}/{signed}", "Content-Type": "application/json"}
