"""How a top-up is looked for from three sides, and when it is said not to be there."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from storefront.gateways.http import Http
from storefront.gateways.linksfield.inferred_mall import order_no_of
from storefront.gateways.linksfield.sims import LinksfieldSims
from storefront.kernel.errors import Unintelligible, Unreachable
from storefront.sim_ports import (
    SimPlanState,
    TopUpSeen,
)
from tests.gateways.mall_making import ON_SIM
from tests.gateways.sim_making import ICCID, done, failed
from tests.gateways.sims_making import (
    BROKEN,
    REQUEST,
    UNKNOWN_CSSS,
    Supplier,
    history,
    new_sims,
    nothing_to_find,
    record,
)

FOUND = {"order_id": "L2026", "purchase_order_id": REQUEST.request_id, "sim_id": ICCID, "pay_status": "1"}


@pytest.fixture
def supplier() -> Supplier:
    """One where nothing is to be found."""
    return nothing_to_find()


@pytest.fixture
def sims(wire: Any, http: Http, supplier: Supplier) -> LinksfieldSims:
    """The port under test."""
    return new_sims(http, wire(supplier).url)


def test_a_top_up_found_by_our_id_takes_its_end_from_the_history(sims: LinksfieldSims, supplier: Supplier) -> None:
    """The look-up says which, the history says how it stands; dates are days in the supplier's zone."""
    supplier.answers["purchase_order_id"] = done(FOUND)
    supplier.answers["queryOrder"] = history(record(orderStatus="2", expireDate="20260331235959"))
    assert sims.find_top_up(REQUEST) == TopUpSeen("L2026", SimPlanState.IN_USE, dt.date(2026, 3, 31))


@pytest.mark.parametrize(
    ("on_sim", "state", "expires"),
    [
        (ON_SIM, SimPlanState.QUEUED, None),
        (ON_SIM[:1], SimPlanState.IN_USE, dt.date(2024, 7, 31)),
        ([], SimPlanState.QUEUED, None),
    ],
)
@pytest.mark.parametrize("other_side", [BROKEN, history(), UNKNOWN_CSSS])
def test_a_top_up_the_history_does_not_have_yet(
    sims: LinksfieldSims, supplier: Supplier, on_sim: Any, state: SimPlanState, expires: Any, other_side: Any
) -> None:
    """Found is found, whatever the other sides do; what the SIM carries under its name tells how it stands."""
    supplier.answers["purchase_order_id"] = done(FOUND)
    supplier.answers["queryOrder"] = other_side
    supplier.answers["singleQueryOrder"] = done({"orderList": on_sim})
    assert sims.find_top_up(REQUEST) == TopUpSeen("L2026", state, expires)


@pytest.mark.parametrize("lookup", [BROKEN, done(None), failed("bad request")])
@pytest.mark.parametrize("plans", [BROKEN, done({"orderList": ON_SIM})])
def test_the_history_finds_what_the_look_up_does_not(
    sims: LinksfieldSims, supplier: Supplier, lookup: Any, plans: Any
) -> None:
    """Under our own number, or the plan ordered since the payment."""
    supplier.answers |= {"purchase_order_id": lookup, "singleQueryOrder": plans, "queryOrder": history(record())}
    assert sims.find_top_up(REQUEST) == TopUpSeen("L2026", SimPlanState.QUEUED, None)
    own = record(order_no_of(REQUEST.request_id), orderDate="20200101000000")
    supplier.answers["queryOrder"] = history(record(), own)
    assert sims.find_top_up(REQUEST) == TopUpSeen(own["orderCode"], SimPlanState.QUEUED, None)


@pytest.mark.parametrize("other", [record(orderDate="20260301075400"), record(packageCode="DP2"), record(orderDate="")])
def test_an_earlier_order_or_another_plan_is_not_it(sims: LinksfieldSims, supplier: Supplier, other: Any) -> None:
    """Five minutes are the most by which clocks may differ."""
    supplier.answers["queryOrder"] = history(other)
    assert sims.find_top_up(REQUEST) is None


def test_the_order_of_a_neighbour_is_not_it(sims: LinksfieldSims, supplier: Supplier) -> None:
    """The same plan bought again a minute later carries another number of ours."""
    supplier.answers["queryOrder"] = history(record("L1", orderDate="20260301080100"))
    supplier.answers["order_id"] = done([{"order_id": "L1", "purchase_order_id": "somebody-else"}])
    assert sims.find_top_up(REQUEST) is None
    supplier.answers["order_id"] = BROKEN
    with pytest.raises(Unintelligible):
        sims.find_top_up(REQUEST)


def test_not_there_is_said_only_when_all_sides_were_read(sims: LinksfieldSims, supplier: Supplier) -> None:
    """All three empty: nothing. One dark: its error."""
    assert sims.find_top_up(REQUEST) is None
    for side in ("purchase_order_id", "queryOrder", "singleQueryOrder"):
        usual = supplier.answers[side]
        for trouble in (BROKEN, "<html>"):
            supplier.answers[side] = trouble
            with pytest.raises(Unintelligible):
                sims.find_top_up(REQUEST)
        supplier.answers[side] = usual


def test_a_plan_of_the_same_name_proves_nothing(sims: LinksfieldSims, supplier: Supplier) -> None:
    """It may be one bought before: neither found nor missing."""
    supplier.answers["singleQueryOrder"] = done({"orderList": ON_SIM})
    with pytest.raises(Unintelligible):
        sims.find_top_up(REQUEST)


def test_another_sims_order_under_our_id_is_not_believed(sims: LinksfieldSims, supplier: Supplier) -> None:
    """The supplier mixed something up: a person must look."""
    supplier.answers["purchase_order_id"] = done(FOUND | {"sim_id": "89852420180910340794"})
    with pytest.raises(Unintelligible):
        sims.find_top_up(REQUEST)


def test_silence_is_unreachable_and_has_an_end(wire: Any, http: Http) -> None:
    """On all sides."""
    url = wire(lambda connection, request: connection.recv(1)).url
    sims = new_sims(http, url, deadline=0.2)
    with pytest.raises(Unreachable):
        sims.find_top_up(REQUEST)
