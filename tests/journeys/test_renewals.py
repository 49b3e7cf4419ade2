"""Journeys of auto-renew: agreed, announced, charged, delivered, stopped from every side, and given back."""

from __future__ import annotations

from storefront.models.renewal import RenewalState
from tests.subscriber import (
    charges,
    live,
    orders_of,
    renewal_of,
    subjects,
    subscribe,
)


def test_a_top_up_with_auto_renew_is_announced_charged_and_delivered_each_month(traveller, sandbox, house):
    """Agreed once; every 30 days two letters, one charge, one more plan on the SIM, and the books agree."""
    renewal_id = subscribe(traveller)
    started = renewal_of(house, renewal_id)
    assert started.state is RenewalState.ACTIVE
    assert started.card_last4 == "4242"
    assert "Auto-renew is on" in " ".join(subjects(sandbox, traveller.email))
    live(traveller, 31)
    assert [order.state.value for order in orders_of(house, renewal_id)] == ["delivered"]
    announced = [one for one in subjects(sandbox, traveller.email) if "we will charge" in one]
    assert len(announced) == 2
    live(traveller, 31)
    assert [order.state.value for order in orders_of(house, renewal_id)] == ["delivered", "delivered"]
    assert len(charges(sandbox)) == 3
    assert len(sandbox.world.sims.top_ups(started.iccid)) == 3
