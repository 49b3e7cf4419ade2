"""An order nobody can pay is given up by the time its page names."""

from __future__ import annotations

import pytest

from storefront.models.order import OrderState
from storefront.ordering.read import given_up_at, order_view
from storefront.ordering.steps import advance
from storefront.worker.run import drain
from tests.making import let_calls_age, make_order, order_of, payments_of

NEVER = 1000


@pytest.mark.parametrize(
    ("target", "kind", "first", "last"),
    [
        ("linksfield.package_detail", "status", OrderState.PLACED, OrderState.REJECTED),
        ("stripe.session_create", "status", OrderState.HELD, OrderState.REJECTED),
        ("stripe.session_create", "reset_before", OrderState.HELD, OrderState.LAPSED),
    ],
)
def test_whoever_gives_no_answer_is_waited_for_no_longer_than_the_page_says(house, sandbox, target, kind, first, last):
    """The supplier or the cashier is down for good: no page, no charge, and an end the buyer was told of."""
    sandbox.world.faults.arm(target, kind, NEVER, status=503)
    order_id = make_order(house, is_advanced=False)
    advance(house.bench, order_id, budget=5)
    assert order_of(house, order_id).state is first
    view = order_view(house.read, order_id, margin_seconds=0)
    by = given_up_at(view, house.settings.supplier_hold_seconds)
    while house.bench.now() < by:
        sandbox.world.clock.move(20)
        house.outside.clock.forget()
        let_calls_age(house)
        drain(house)
    assert order_of(house, order_id).state is last
    assert payments_of(house, order_id) == []
