"""The shop is killed at every commit of a purchase, restarted and left alone: it ends right, once."""

import json
import secrets
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storefront.jobs import inbox
from storefront.models.order import OrderState
from storefront.ordering import notices
from storefront.ordering.place import place
from storefront.ordering.steps import advance
from storefront.ordering.sweeps import broken_promises, invariant_violations, sleepers
from storefront.sandbox.stripe.signature import signature
from storefront.worker.run import drain
from tests import making
from tests.crash.killing import killed_at, restarted

LAST_COMMIT = 24
AT_REST = {OrderState.DELIVERED, OrderState.REFUNDED, OrderState.ATTENTION, OrderState.LAPSED, OrderState.REJECTED}


def _purchase(house, sandbox, form):
    """Everything a buyer and the cashier's notice do; may die anywhere."""
    placed = place(house.bench, form)
    advance(house.bench, placed.order_id)
    if not making.payments_of(house, placed.order_id):
        return
    making.pay_at_cashier(sandbox, house, placed.order_id)
    notice_comes(house, sandbox)
    drain(house)


def notice_comes(house, sandbox):
    """The cashier tells of every completed page, perhaps again."""
    for event in list(sandbox.world.stripe.store.table("event").values()):
        if event["type"] != "checkout.session.completed":
            continue
        body = json.dumps(event).encode()
        signed = signature(body, house.settings.stripe_webhook_secret.get_secret_value(), int(time.time()))
        notice = house.outside.cashier.read_notice(body, signed)
        inbox.store(
            house.write,
            house.outside.clock,
            source="stripe",
            external_id=notice.event_id,
            type=notice.type,
            object_id=notice.object_id,
            payment_id=notice.payment_id,
            job=notices.JOB,
        )


def _afterwards(house, sandbox, form, *, is_retrying):
    """The shop is back: the buyer tries the same form again and pays, notices are redelivered, time passes."""
    placed = place(house.bench, form) if is_retrying else None
    for _ in range(8):
        drain(house)
        sleepers(house.bench)
        if placed is not None:
            order = making.order_of(house, placed.order_id)
            if order.state is OrderState.AWAITING_PAYMENT:
                making.pay_at_cashier(sandbox, house, placed.order_id)
        notice_comes(house, sandbox)
        sandbox.world.clock.move(150)
        house.outside.clock.forget()
        making.let_calls_age(house)
    drain(house)
    broken_promises(house.bench)


def _judge(house, sandbox):
    """No captured money without an eSIM, a refund or a case; nothing twice."""
    assert invariant_violations(house.bench) == []
    with house.read() as session:
        ids = session.connection().exec_driver_sql("SELECT id FROM orders").scalars().all()
    for order_id in ids:
        order = making.order_of(house, order_id)
        assert order.state in AT_REST
        paid = [page for page in making.payments_of(house, order_id) if page.state == "paid"]
        assert len(paid) <= 1
        used = [hold for hold in making.holds_of(house, order_id) if hold.state == "used"]
        assert len(used) == (1 if order.state is OrderState.DELIVERED else 0)
        if paid:
            assert order.state in {OrderState.DELIVERED, OrderState.REFUNDED} or making.cases_of(house, order_id)
    charges = [one for one in sandbox.world.stripe.store.table("charge").values() if one["paid"]]
    assert len(charges) <= len(ids)
    assert all(count <= 1 for count in making.notices_taken(sandbox).values())


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, LAST_COMMIT + 1))
def test_killed_at_one_commit(house, sandbox, nth, is_after):
    """Kill at the nth commit, restart, drain: delivered exactly once, charged exactly once."""
    form = making.wanted(house)
    with killed_at(house, nth, is_after=is_after) as count:
        _purchase(house, sandbox, form)
    fresh = restarted(house)
    _afterwards(fresh, sandbox, form, is_retrying=True)
    _judge(fresh, sandbox)
    order_id = place(fresh.bench, form).order_id
    assert making.order_of(fresh, order_id).state is OrderState.DELIVERED
    assert count["died"] or count["commits"] < nth
    fresh.engine.dispose()


def test_the_range_above_covers_a_whole_purchase(house, sandbox):
    """A purchase has fewer commits than the range kills at, so none of them is left out."""
    with killed_at(house, 10_000, is_after=False) as count:
        _purchase(house, sandbox, making.wanted(house))
    assert 8 < count["commits"] <= LAST_COMMIT


FAULTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("linksfield.pre_order", "reset_after"),
                ("linksfield.pre_order", "reset_before"),
                ("linksfield.payment_notice", "reset_after"),
                ("linksfield.payment_notice", "reset_before"),
                ("linksfield.payment_notice", "hold_lapsed"),
                ("linksfield.payment_notice", "malformed"),
                ("linksfield.order_status", "reset_before"),
                ("linksfield.profile", "malformed"),
                ("linksfield.pre_order", "sold_out"),
                ("stripe.session_create", "reset_after"),
                ("stripe.session_create", "status"),
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
        mixed = given(
            faults=FAULTS, nth=st.integers(1, LAST_COMMIT), is_after=st.booleans(), is_retrying=st.booleans()
        )(test)
        return settings(max_examples=count, deadline=None, derandomize=True, suppress_health_check=unlike)(mixed)

    return decorate


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@mixes(4)
def test_killed_while_the_outside_fails(house, sandbox, faults, nth, is_after, is_retrying):
    """Random misfortunes, a kill at a random commit, a buyer who comes back or does not: the promise holds."""
    _misfortune(house, sandbox, faults, nth, is_after, is_retrying)


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@mixes(25)
def test_killed_while_the_outside_fails_more_often(house, sandbox, faults, nth, is_after, is_retrying):
    """As above, with more mixes."""
    _misfortune(house, sandbox, faults, nth, is_after, is_retrying)


def _misfortune(house, sandbox, faults, nth, is_after, is_retrying):
    sandbox.world.faults.clear()
    for (target, kind), times in faults:
        sandbox.world.faults.arm(target, kind, times)
    form = making.wanted(house, email=f"{secrets.token_hex(4)}@traveller.example")
    with killed_at(house, nth, is_after=is_after):
        _purchase(house, sandbox, form)
    fresh = restarted(house)
    _afterwards(fresh, sandbox, form, is_retrying=is_retrying)
    sandbox.world.faults.clear()
    _afterwards(fresh, sandbox, form, is_retrying=is_retrying)
    _judge(fresh, sandbox)
    fresh.engine.dispose()
