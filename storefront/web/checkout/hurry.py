"""Take a fresh order to its payment page at once if there is a permit for outside calls; else a worker does."""

from __future__ import annotations

from storefront.ordering.place import Placed
from storefront.ordering.steps import advance, wake
from storefront.web.context import house
from storefront.web.permits import outside_permit

BUDGET = 6.0


def hurry(placed: Placed) -> None:
    """For an order just placed; a second click changes nothing."""
    if not placed.is_new:
        return
    with outside_permit() as granted:
        if granted:
            advance(house().bench, placed.order_id, budget=BUDGET)
        else:
            wake(house().bench, placed.order_id)
