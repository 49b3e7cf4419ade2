"""SIMs in the shop's words: what Mall and CSSS say together."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storefront.gateways.http import Http
from storefront.gateways.linksfield.inferred_mall import order_no_of
from storefront.gateways.linksfield.sims import LinksfieldSims
from storefront.kernel.errors import OutsideError, Refused, SimUnknown, Throttled, Unintelligible
from storefront.sim_ports import (
    PlanOnSim,
    SimOrder,
    SimPlan,
    SimPlanState,
    SimRenewal,
    SimSupplier,
    SimUsage,
)
from tests.gateways.mall_making import ON_SIM, PLAN, RENEWAL
from tests.gateways.sim_making import ICCID, done, failed, good
from tests.gateways.sims_making import (
    BROKEN,
    REQUEST,
    UNKNOWN_CSSS,
    Supplier,
    history,
    new_sims,
    nothing_to_find,
    record,
    usage,
)


@pytest.mark.parametrize("message", ["unknown card", "belongs to another partner", "card is locked", "不存在"])
def test_a_number_is_good_or_unknown(sims: LinksfieldSims, supplier: Supplier, message: str) -> None:
    """Unknown, foreign and locked are one error; so is nothing else."""
    supplier.answers["singleVerify"] = done({"deviceCode": ICCID, "partnerCode": "P000270"})
    sims.verify(ICCID)
    supplier.answers["singleVerify"] = failed(message)
    with pytest.raises(SimUnknown) as unknown:
        sims.verify(ICCID)
    assert unknown.value.vendor_code == "E"
    for answer, kind in ((BROKEN, Unintelligible), (("429 Slow", {}), Throttled), (failed("timeout"), Unintelligible)):
        supplier.answers["singleVerify"] = answer
        with pytest.raises(kind) as trouble:
            sims.verify(ICCID)
        assert not isinstance(trouble.value, SimUnknown)


@pytest.fixture
def supplier() -> Supplier:
    """One where nothing is to be found."""
    return nothing_to_find()


@pytest.fixture
def sims(wire: Any, http: Http, supplier: Supplier) -> LinksfieldSims:
    """The port under test."""
    return new_sims(http, wire(supplier).url)


def test_the_port_is_whole(sims: LinksfieldSims) -> None:
    """Every method of the port is there with its types."""
    port: SimSupplier = sims
    assert port is sims


def test_plans_for_and_on_a_sim(sims: LinksfieldSims, supplier: Supplier) -> None:
    """A plan is ordered once as it is offered; its days are all its time; the area goes along."""
    supplier.answers["singleServicePlanPage"] = done([PLAN])
    supplier.answers["singleQueryOrder"] = done({"deviceCode": ICCID, "orderList": ON_SIM})
    assert sims.sim_plans(ICCID, area="欧洲") == [
        SimPlan("DP20190726001274", "SP1", "Asia 1 GB", Decimal("12.36"), "GBP", 1, 60, 1024, may_renew=True)
    ]
    assert supplier.bodies[0]["area"] == "欧洲"
    assert sims.plans_on(ICCID) == [
        PlanOnSim("Asia 1 GB", SimPlanState.IN_USE, 30, dt.date(2024, 7, 31)),
        PlanOnSim("Asia 1 GB", SimPlanState.QUEUED, 60, None),
    ]
    supplier.answers["singleQueryOrder"] = done({"orderList": [ON_SIM[0] | {"orderStatus": "8"}]})
    with pytest.raises(Unintelligible):
        sims.plans_on(ICCID)


def test_the_life_cycle_comes_from_the_sim_else_from_the_list(sims: LinksfieldSims, supplier: Supplier) -> None:
    """The list of all SIMs is read only when the SIM itself does not say; not being on it is an empty word."""
    supplier.answers["queryDevice"] = good({"device_id": ICCID, "lifeCycle": "2"})
    assert sims.life_cycle(ICCID) == "activation"
    assert supplier.asked == ["/csss/device/queryDevice"]
    supplier.answers["queryDevice"] = good({"device_id": ICCID})
    supplier.answers["syncAssetInfo"] = good(
        [{"assetId": "8985", "lifeCycle": "1"}, {"assetId": ICCID, "lifeCycle": "3"}]
    )
    assert sims.life_cycle(ICCID) == "pre-deactivation"
    supplier.answers["syncAssetInfo"] = good([])
    assert sims.life_cycle(ICCID) == ""


LEFT = [
    {"type": "data", "remainingQuantity": "500", "msg": None},
    {"type": "call-out", "remainingQuantity": "60", "msg": None},
    {"type": "sms-out", "remainingQuantity": "0", "msg": "not supported"},
]


@pytest.mark.parametrize(
    ("flow", "left", "told"),
    [
        (usage(), good(LEFT), SimUsage(100, 900, 60, None)),
        (usage("0", "0", ""), good(LEFT), SimUsage(None, 500, 60, None)),
        (usage("0", "0", "L1"), good(LEFT), SimUsage(0, 0, 60, None)),
        (usage(), UNKNOWN_CSSS, SimUsage(100, 900, None, None)),
        (usage("0", "0", ""), BROKEN, SimUsage(0, 0, None, None)),
        (BROKEN, good(LEFT), SimUsage(None, 500, 60, None)),
        (usage("100", "-1"), good(LEFT), SimUsage(100, None, 60, None)),
    ],
)
def test_usage_is_the_most_telling_of_two(
    sims: LinksfieldSims, supplier: Supplier, flow: Any, left: Any, told: SimUsage
) -> None:
    """The order in use knows the data best, the network fills in; one of them may fail."""
    supplier.answers |= {"queryDeviceFlowUsage": flow, "getInfoByDeviceId": left}
    assert sims.usage(ICCID) == told


def test_no_usage_at_all_is_an_error(sims: LinksfieldSims, supplier: Supplier) -> None:
    """Neither source, or only causes of failure."""
    supplier.answers |= {"queryDeviceFlowUsage": UNKNOWN_CSSS, "getInfoByDeviceId": BROKEN}
    with pytest.raises(Refused):
        sims.usage(ICCID)
    supplier.answers["getInfoByDeviceId"] = good([LEFT[2]])
    with pytest.raises(Refused):
        sims.usage(ICCID)


def test_history_is_newest_first_and_knows_what_ended(sims: LinksfieldSims, supplier: Supplier) -> None:
    """By status; by dates where the status is one we do not know."""
    supplier.answers["queryOrder"] = history(
        record("queued", orderDate="20260101000000"),
        record("running", orderStatus="2", orderDate="20260103000000", activeDate="20260103000000"),
        record("ended", orderStatus="3", orderDate="20250101000000", expireDate="2025-02-01"),
        record("odd", orderStatus="77", orderDate="", activeDate="20200101000000", expireDate="20200131235959"),
        record("odder", orderStatus="77", orderDate="20260102000000"),
    )
    orders = sims.history(ICCID)
    assert [(order.order_no, order.state.value) for order in orders] == [
        ("running", "in_use"),
        ("odder", "queued"),
        ("queued", "queued"),
        ("ended", "ended"),
        ("odd", "ended"),
    ]
    assert orders[3] == SimOrder(
        "ended",
        "Asia 1 GB",
        REQUEST.package_code,
        SimPlanState.ENDED,
        dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
        None,
        dt.datetime(2025, 2, 1, tzinfo=dt.UTC),
    )


def test_a_renewal_is_closed_by_its_own_numbers(sims: LinksfieldSims, supplier: Supplier) -> None:
    """Read, close, read again."""
    supplier.answers["queryAutoRenewalRecord"] = RENEWAL
    renewal = sims.active_renewal(ICCID)
    assert renewal == SimRenewal(RENEWAL["orderNo"], RENEWAL["payId"], "Asia 1 GB", dt.date(2022, 10, 4))
    supplier.answers |= {"cancelAutoRenewalRecord": {}, "queryAutoRenewalRecord": {}}
    sims.close_renewal(ICCID, renewal)
    assert (supplier.bodies[1]["orderNo"], supplier.bodies[1]["payId"]) == (renewal.order_no, renewal.pay_id)
    assert sims.active_renewal(ICCID) is None


def test_a_top_up_has_the_same_numbers_for_ever(sims: LinksfieldSims, supplier: Supplier) -> None:
    """Order number and payment number follow from our id, are shaped like the examples, and differ between orders."""
    supplier.answers["SynOrderInfo"] = done(None)
    sims.top_up(REQUEST)
    sims.top_up(REQUEST)
    sims.top_up(replace(REQUEST, request_id="0190a5f0-0000-7000-8000-000000000002"))
    numbers = [(sent["requestOrderId"], sent["orderNo"], sent["payId"]) for sent in supplier.bodies]
    assert numbers[0] == numbers[1]
    assert not set(numbers[0]) & set(numbers[2])
    assert numbers[0][0] == REQUEST.request_id
    assert numbers[0][1] == order_no_of(REQUEST.request_id) == "NO" + numbers[0][2].removeprefix("P000270")
    assert len(numbers[0][1]) == len("NO2023060915590562022")
    assert supplier.bodies[0]["autoRenewal"] == "0"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(failed("plan is not for this card"), Refused), (BROKEN, Unintelligible), ("<html>", Unintelligible)],
)
def test_a_report_is_sent_once_whatever_comes_back(
    sims: LinksfieldSims, supplier: Supplier, answer: Any, kind: type[OutsideError]
) -> None:
    """A clear no, or an effect nobody knows."""
    supplier.answers["SynOrderInfo"] = answer
    with pytest.raises(kind):
        sims.top_up(REQUEST)
    assert len(supplier.asked) == 1


def test_the_samples_are_whole() -> None:
    """They parse, and hold what they were published with."""
    for path in sorted((Path(__file__).parent / "samples").glob("csss_*.json")):
        assert json.loads(path.read_text()).keys() & {"code", "version"}
