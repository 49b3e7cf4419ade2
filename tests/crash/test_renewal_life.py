"""Months of auto-renew under everything that can happen: the promises of a renewal hold at the end of each."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.crash.renewal_life import OPS, Life
from tests.crash.renewal_promises import violations

MONTHS = st.lists(st.tuples(st.sampled_from(OPS), st.integers(1, 9)), min_size=12, max_size=16)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(ops=MONTHS)
def test_the_promises_of_a_renewal_hold_whatever_happens(house, sandbox, ops):
    """Never charged after the end, beyond a limit, unannounced or for nothing (`make faults-renewals`: years)."""
    sandbox.world.faults.clear()
    life = Life(house, sandbox)
    life.run(ops)
    assert violations(life) == []


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("op", OPS)
def test_each_misfortune_alone(house, sandbox, op):
    """Two months with one kind of misfortune, met again and again."""
    life = Life(house, sandbox)
    life.run([(op, 9), (op, 8), (op, 7), ("enrol", 9), (op, 9), ("live", 12)])
    assert violations(life) == []
