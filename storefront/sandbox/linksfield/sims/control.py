"""What the control page may ask of the SIMs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storefront.sandbox.linksfield.sims.registry import Unfit
from storefront.sandbox.linksfield.sims.sim import Sim
from storefront.sandbox.world import World

Facts = dict[str, Any]


class Wrong(ValueError):
    """What was asked for cannot be done; the message says why and what can."""


def listed(world: World, query: Mapping[str, str]) -> list[Facts]:
    """Every SIM, or those made as one kind, with what a test or a person needs to know of each."""
    return [_facts(sim) for sim in world.sims.all(query.get("kind", ""))]


def create(world: World, facts: Facts) -> Facts:
    """One more SIM of a kind. Raises Wrong."""
    try:
        return _facts(world.sims.create(str(facts.get("kind", "")), str(facts.get("iccid", ""))))
    except Unfit as unfit:
        raise Wrong(str(unfit)) from None


def alter(world: World, facts: Facts) -> Facts:
    """Pause, lock, end, give away or bring back a SIM. Raises Wrong."""
    try:
        return _facts(world.sims.alter(str(facts.get("iccid", "")), str(facts.get("change", ""))))
    except Unfit as unfit:
        raise Wrong(str(unfit)) from None


def _facts(sim: Sim) -> Facts:
    return {"iccid": sim.iccid, "kind": sim.kind, "standing": sim.standing.value, "orders": len(sim.orders)}
