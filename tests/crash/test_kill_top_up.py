"""The shop is killed at every commit of a top-up, restarted and left alone: nothing lost, nothing ordered twice."""

import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storefront.models.order import OrderState
from storefront.ordering.place import place_top_up
from storefront.ordering.steps import advance
from storefront.ordering.sweeps import broken_promises, invariant_violations, sleepers
from storefront.worker.run import drain
from tests import making
from tests.crash.killing import killed_at, restarted
from tests.crash.test_kill_at_commits import AT_REST, notice_comes

LAST_COMMIT = 22
HOUR = 3600


def _buy(house, sandbox, form):
    """Everything the owner and the cashier's notice do; may die anywhere."""
    placed = place_top_up(house.bench, form)
    advance(house.bench, placed.order_id)
    if not making.payments_of(house, placed.order_id):
        return
    making.pay_at_cashier(sandbox, house, placed.order_id)
    notice_comes(house, sandbox)
    drain(house)


def _afterwards(house, sandbox, form):
    """The shop is back: the buyer tries the same form again and pays, time passes beyond every promise."""
    placed = place_top_up(house.bench, form)
    for minutes in (1, 1, 5, 10, 30, 30, 60):
        drain(house)
        sleepers(house.bench)
        if making.order_of(house, placed.order_id).state is OrderState.AWAITING_PAYMENT:
            making.pay_at_cashier(sandbox, house, placed.order_id)
        notice_comes(house, sandbox)
        sandbox.world.clock.move(minutes * 60)
        house.outside.clock.forget()
        making.let_calls_age(house)
    drain(house)
    broken_promises(house.bench)
    return placed.order_id


def _judge(house, sandbox, order_id, iccid):
    """Paid means on the SIM, refunded or a case; the supplier took it once at most; one charge."""
    assert invariant_violations(house.bench) == []
    order = making.order_of(house, order_id)
    assert order.state in AT_REST
    paid = [page for page in making.payments_of(house, order_id) if page.state == "paid"]
    assert len(paid) <= 1
    taken = sandbox.world.sims.top_ups(iccid)
    assert len(taken) <= 1
    if order.state is OrderState.DELIVERED:
        assert len(taken) == 1
    if order.state is OrderState.REFUNDED:
        assert taken == []
    if paid:
        assert order.state in {OrderState.DELIVERED, OrderState.REFUNDED} or making.cases_of(house, order_id)
    assert len([one for one in sandbox.world.stripe.store.table("charge").values() if one["paid"]]) <= 1


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, LAST_COMMIT + 1))
def test_killed_at_one_commit(house, sandbox, nth, is_after):
    """Kill at the nth commit, restart, drain: on the SIM once, or a case when nobody can know whether it was sent."""
    iccid = sandbox.world.sims.some("expired").iccid
    form = making.wanted_top_up(house, iccid)
    with killed_at(house, nth, is_after=is_after) as count:
        _buy(house, sandbox, form)
    fresh = restarted(house)
    order_id = _afterwards(fresh, sandbox, form)
    _judge(fresh, sandbox, order_id, iccid)
    assert count["died"] or count["commits"] < nth
    fresh.engine.dispose()


def test_the_range_above_covers_a_whole_top_up(house, sandbox):
    """A top-up has fewer commits than the range kills at, so none of them is left out."""
    form = making.wanted_top_up(house, sandbox.world.sims.some("expired").iccid)
    with killed_at(house, 10_000, is_after=False) as count:
        _buy(house, sandbox, form)
    assert 8 < count["commits"] <= LAST_COMMIT


FAULTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("mall.syn_order_info", "reset_after"),
                ("mall.syn_order_info", "reset_before"),
                ("mall.syn_order_info", "malformed"),
                ("mall.syn_order_info", "code"),
                ("mall.syn_order_info", "not_yet"),
                ("mall.syn_order_info", "apply_later"),
                ("mall.order", "reset_before"),
                ("mall.single_query_order", "malformed"),
                ("mall.single_service_plan_page", "code"),
                ("csss.query_order", "bad_sign"),
                ("stripe.session_create", "reset_after"),
                ("stripe.session_retrieve", "reset_before"),
                ("stripe.refund_create", "reset_after"),
            ]
        ),
        st.integers(1, 2),
    ),
    max_size=3,
)


def mixes(count):
    """That many random mixes of misfortunes, the same ones in every run."""
    unlike = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

    def decorate(test):
        mixed = given(faults=FAULTS, nth=st.integers(1, LAST_COMMIT), is_after=st.booleans())(test)
        return settings(max_examples=count, deadline=None, derandomize=True, suppress_health_check=unlike)(mixed)

    return decorate


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@mixes(4)
def test_killed_while_the_outside_fails(house, sandbox, faults, nth, is_after):
    """Random misfortunes and a kill at a random commit: the promise holds, nothing is ordered twice."""
    _misfortune(house, sandbox, faults, nth, is_after)


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@mixes(15)
def test_killed_while_the_outside_fails_more_often(house, sandbox, faults, nth, is_after):
    """As above, with more mixes."""
    _misfortune(house, sandbox, faults, nth, is_after)


def _misfortune(house, sandbox, faults, nth, is_after):
    sandbox.world.faults.clear()
    sandbox.world.stripe.store.table("charge").clear()
    iccid = sandbox.world.sims.create("expired").iccid
    form = making.wanted_top_up(house, iccid, email=f"{secrets.token_hex(4)}@traveller.example")
    for (target, kind), times in faults:
        sandbox.world.faults.arm(target, kind, times)
    with killed_at(house, nth, is_after=is_after):
        _buy(house, sandbox, form)
    fresh = restarted(house)
    order_id = _afterwards(fresh, sandbox, form)
    sandbox.world.faults.clear()
    order_id = _afterwards(fresh, sandbox, form)
    _judge(fresh, sandbox, order_id, iccid)
    fresh.engine.dispose()
