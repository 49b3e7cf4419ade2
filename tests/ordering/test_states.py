"""The table of moves: complete, closed, and free of dead ends that hold money."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.models.order import OrderState
from storefront.ordering.states import IGNORED, IS_OWED, MOVES, Event, ImpossibleMove, verdict


@given(st.sampled_from(list(OrderState)), st.sampled_from(list(Event)))
def test_every_pair_has_exactly_one_verdict(state, event):
    """Each (state, event) is a move, ignored, or impossible; never two of these."""
    is_move, is_ignored = (state, event) in MOVES, state in IGNORED[event]
    assert not (is_move and is_ignored)
    if not is_move and not is_ignored:
        with pytest.raises(ImpossibleMove):
            verdict(state, event)


def test_every_state_can_be_reached():
    """No state stands in the table for nothing."""
    seen, queue = {OrderState.PLACED}, deque([OrderState.PLACED])
    while queue:
        here = queue.popleft()
        for (state, _), following in MOVES.items():
            if state is here and following not in seen:
                seen.add(following)
                queue.append(following)
    assert seen == set(OrderState)


@pytest.mark.parametrize("state", sorted(IS_OWED))
def test_from_every_state_that_holds_money_there_is_a_way_to_delivered_or_refunded(state):
    """Captured money is never in a dead end."""
    seen, queue = {state}, deque([state])
    while queue:
        here = queue.popleft()
        for (start, _), following in MOVES.items():
            if start is here and following not in seen:
                seen.add(following)
                queue.append(following)
    assert OrderState.REFUNDED in seen
    assert OrderState.DELIVERED in seen or state is OrderState.REFUNDING


@pytest.mark.parametrize("state", [OrderState.LAPSED, OrderState.CANCELLED, OrderState.REJECTED])
def test_late_money_is_a_move_not_an_error(state):
    """Money that comes after the end of an unpaid order makes it a paid order."""
    assert verdict(state, Event.PAID) is OrderState.PAID


def test_a_page_whose_answer_was_lost_can_be_paid_and_is_not_refused_afterwards():
    """The money comes first, then the cashier's no to whoever asked for the page again."""
    assert verdict(OrderState.HELD, Event.PAID) is OrderState.PAID
    assert verdict(OrderState.PAID, Event.REJECTED) is None
