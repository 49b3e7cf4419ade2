"""The client of Mall and CSSS against the pretend supplier on a socket: every call, the port for SIMs, the pushes."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storefront import wiring
from storefront.gateways.http import Http
from storefront.gateways.linksfield import csss as csss_module
from storefront.gateways.linksfield import mall_operations
from storefront.gateways.linksfield.csss import Csss
from storefront.gateways.linksfield.csss_messages import PackageRequest
from storefront.gateways.linksfield.mall import Mall
from storefront.gateways.linksfield.mall_messages import MallPlan, NewOrder, PaidOrder, PaymentResult
from storefront.gateways.linksfield.push import PushDoor
from storefront.gateways.linksfield.sims import LinksfieldSims
from storefront.kernel.clock import Clock
from storefront.kernel.errors import Refused, SimUnknown
from storefront.sandbox import server
from storefront.settings import Settings
from storefront.sim_ports import SimPlan, SimPlanState, TopUpRequest
from tests.conftest import settings_for
from tests.gateways.making import Observed, parts, says

NOBODY = "89852420180910340801"


@dataclass
class Shop:
    """What the shop has to speak to the supplier about SIMs, and the world it speaks to."""

    world: Any
    settings: Settings
    mall: Mall
    csss: Csss
    sims: LinksfieldSims
    clock: Clock

    def sim(self, kind: str, which: int = 0) -> str:
        """The number of a SIM made as this kind."""
        return str(self.world.sims.some(kind, which).iccid)

    def taken(self) -> int:
        """How many orders arrived, shown or not."""
        return len(self.world.sims.top_ups())

    def request(self, iccid: str, plan: SimPlan | None = None, *, request_id: str = "0190-a") -> TopUpRequest:
        """A top-up paid just now, by default with the first plan on sale."""
        plan = plan or self.sims.sim_plans(iccid)[0]
        return TopUpRequest(
            request_id=request_id,
            iccid=iccid,
            package_code=plan.package_code,
            plan_code=plan.plan_code,
            plan_name=plan.name,
            periods=plan.periods,
            amount=plan.amount,
            currency=plan.currency,
            paid_at=self.clock.now(),
        )


@contextmanager
def shop_at(http: Http, folder: Path, options: dict[str, Any] | None = None, **changes: Any) -> Iterator[Shop]:
    """A shop with a pretend supplier of its own; `changes` are settings, `options` the supplier's."""
    running = server.start(offset_file=folder / "clock-offset", **(options or {}))
    settings = settings_for(running, folder, **changes)
    clock = Clock(settings.offset_file)
    mall, csss = wiring.mall(settings, http), wiring.csss(settings, http)
    try:
        yield Shop(running.world, settings, mall, csss, LinksfieldSims(mall, csss, clock), clock)
    finally:
        running.stop()


def paid_order(iccid: str, plan: MallPlan) -> PaidOrder:
    """A plan as it is on sale, paid to us."""
    sold = (plan.package_code, plan.service_plan_code, plan.name, 1, plan.amount, plan.currency)
    return PaidOrder(iccid, "NO2023060915590562022", "P000000002022", "0190-a", *sold, dt.datetime.now(dt.UTC))


def package_request(iccid: str, plan: MallPlan) -> PackageRequest:
    """The same plan on the account's own bill."""
    return PackageRequest(iccid, plan.package_code, plan.name, "2", 1, plan.amount, starts_at_once=True)


@pytest.fixture
def shop(http: Http, tmp_path: Path) -> Iterator[Shop]:
    """A shop as the settings have it."""
    with shop_at(http, tmp_path) as made:
        yield made


@pytest.mark.parametrize("is_flat", [False, True])
def test_every_operation_of_mall(http: Http, tmp_path: Path, observed: Observed, is_flat: bool) -> None:
    """Once and good, in either shape of answers."""
    with shop_at(http, tmp_path, {"is_mall_flat": is_flat}) as shop:
        mall, sim, renewing = shop.mall, shop.sim("pre_activated"), shop.sim("auto_renewing")
        mall.verify(sim, url="https://shop.example/login")
        plan = mall.plans(sim, area="欧洲")[0]
        sold = (plan.package_code, plan.service_plan_code, plan.name, 1, plan.amount, "usd")
        made = mall.create_order(NewOrder(sim, "0190-b", *sold))
        assert mall.payment_result(made.pay_id) is PaymentResult.PENDING
        who = {"pay_id": made.pay_id, "payment_method": "pm_1", "plan_id": "price_1", "email": "ada@traveller.example"}
        assert mall.subscribe(**who, amount=f"{plan.amount:.2f}", currency="USD").status == "active"
        assert mall.payment_result(made.pay_id) is PaymentResult.PAID
        mall.report_order(paid_order(sim, plan))
        assert [(order.name, order.status) for order in mall.orders_on_sim(sim)] == [(plan.name, "2"), (plan.name, "1")]
        found = mall.find_order(purchase_order_id="0190-a")
        assert found is not None
        assert (found.iccid, found.package_code, found.status) == (sim, plan.package_code, "1")
        assert mall.find_order(order_id=found.order_id) == found
        assert [order.is_paid for order in mall.find_orders(sim_id=sim)] == [True, True]
        assert mall.find_order(purchase_order_id="nobody's") is None
        renewal = mall.active_renewal(renewing)
        assert renewal is not None
        mall.cancel_renewal(renewing, order_no=renewal.order_no, pay_id=renewal.pay_id)
        assert mall.active_renewal(renewing) is None
    assert {operation for _, operation, _ in observed} == set(mall_operations.OPERATIONS)
    assert {outcome for _, _, outcome in observed} == {"ok"}


def test_every_operation_of_csss(shop: Shop, observed: Observed) -> None:
    """Once and good; a long history comes whole, from all its pages."""
    csss, sim, idle = shop.csss, shop.sim("with_minutes"), shop.sim("pre_activated")
    assert csss.flow_usage(sim).used_bytes > 0
    assert {each.kind for each in csss.remainders(sim) if each.quantity} == {"data", "call-out", "sms-out"}
    assert csss.device(sim).package_name == csss.orders(sim)[0].package_name
    ordered = csss.order_package(package_request(idle, shop.mall.plans(idle)[0]))
    assert [order.order_code for order in csss.orders(idle, status="2")] == [ordered.order_id]
    assert len(csss.orders(shop.sim("long_history", 1))) == 130
    assert {device.iccid for device in csss.assets()} > {sim, idle}
    assert {name for vendor, name, _ in observed if vendor == "linksfield_csss"} == set(csss_module.OPERATIONS)
    assert {outcome for _, _, outcome in observed} == {"ok"}


def test_a_number_that_is_not_ours_is_told_alike(shop: Shop) -> None:
    """Unknown, foreign, locked and not eligible: one error in the same words; others log in."""
    told = set()
    for number in (NOBODY, *map(shop.sim, ("foreign", "locked", "not_eligible"))):
        with pytest.raises(SimUnknown) as unknown:
            shop.sims.verify(number)
        told.add((unknown.value.detail, unknown.value.vendor_code, unknown.value.field))
    assert len(told) == 1
    for kind in ("published", "pre_activated", "expired", "paused", "terminated", "misprinted", "no_plans"):
        shop.sims.verify(shop.sim(kind))


def test_what_the_shop_learns_of_a_sim(shop: Shop) -> None:
    """Plans, usage with and without a limit, history newest first, the auto-renewals one after the other."""
    sims = shop.sims
    assert [plan.state for plan in sims.plans_on(shop.sim("queued", 1))] == [
        SimPlanState.IN_USE,
        SimPlanState.QUEUED,
        SimPlanState.QUEUED,
    ]
    assert sims.sim_plans(shop.sim("no_plans")) == sims.sim_plans(shop.sim("terminated")) == []
    assert sims.life_cycle(shop.sim("terminated")) == "pre-deactivation"
    unlimited, mute = sims.usage(shop.sim("unlimited")), sims.usage(shop.sim("no_remaining"))
    assert (unlimited.remaining_bytes, unlimited.call_seconds) == (None, None)
    assert unlimited.used_bytes
    assert mute.remaining_bytes
    talks = sims.usage(shop.sim("with_minutes"))
    assert talks.call_seconds
    assert talks.messages
    history = sims.history(shop.sim("long_history"))
    assert len(history) == 57
    dates = [order.ordered_at for order in history]
    assert dates == sorted(dates, key=str, reverse=True)
    often, closed = shop.sim("auto_renewing_often"), 0
    while renewal := sims.active_renewal(often):
        sims.close_renewal(often, renewal)
        closed += 1
    assert closed == 3


def test_every_plan_on_sale_can_be_topped_up(shop: Shop) -> None:
    """Just as it is offered: number of periods, price and currency are what the supplier asks; all are found again."""
    plans = shop.sims.sim_plans(shop.sim("pre_activated"))
    assert {plan.currency for plan in plans} == {"USD", "EUR", "GBP"}
    assert {plan.days for plan in plans} == {7, 15, 30, 90}
    for nth, plan in enumerate(plans):
        request = shop.request(shop.sim("pre_activated"), plan, request_id=f"0190-{nth}")
        shop.sims.top_up(request)
        seen = shop.sims.find_top_up(request)
        assert seen is not None
        assert seen.state is (SimPlanState.QUEUED if nth else SimPlanState.IN_USE)
    with pytest.raises(Refused):
        shop.sims.top_up(shop.request(shop.sim("locked"), plans[0]))
    with pytest.raises(Refused):
        shop.sims.top_up(shop.request(shop.sim("in_use"), replace(plans[0], amount=Decimal("1.00"))))
    assert shop.taken() == len(plans)


def test_the_account_must_be_ours(http: Http, tmp_path: Path) -> None:
    """Another secret, or a keyed signature the supplier does not know, is refused."""
    with shop_at(http, tmp_path, csss_secret="another", mall_sign_key="another") as shop:
        with pytest.raises(Refused, match="1002"):
            shop.csss.device(shop.sim("in_use"))
        with pytest.raises(Refused, match="sign error"):
            shop.mall.verify(shop.sim("in_use"))


def heard(ear: Any, count: int) -> list[tuple[bytes, dict[str, str]]]:
    """The pushes that came, once there are so many; three seconds at most."""
    until = time.monotonic() + 3
    while len(ear.requests) < count:
        assert time.monotonic() < until, "no push came"
        time.sleep(0.01)
    return [(body.encode(), headers) for _, headers, body in map(parts, ear.requests)]


def test_a_push_is_understood(wire: Any, http: Http, tmp_path: Path) -> None:
    """Our door reads what the supplier sends, twice the same; with another key, stamp or byte it is refused."""
    ear = wire(says({}))
    with shop_at(http, tmp_path, {"shop_push_url": f"{ear.url}/notices"}) as shop:
        door, sim = wiring.push_door(shop.settings), shop.sim("in_use")
        shop.world.faults.arm("linksfield.push", "duplicate")
        shop.sims.top_up(shop.request(sim))
        (payload, headers), again = heard(ear, 2)
        notice = door.read(payload, headers)
        assert (notice.iccid, notice.request_id) == (sim, "0190-a")
        assert notice.order_no == shop.sims.history(sim)[0].order_no
        assert door.read(*again) == notice
        strangers = PushDoor({"K1": "another"}), PushDoor({"K2": "pretend-push-key"})
        later = PushDoor({"K1": "pretend-push-key"}, now=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6))
        for reader in (*strangers, later):
            with pytest.raises(Refused):
                reader.read(payload, headers)
        for forged in (payload.replace(b"0190-a", b"0190-b"), payload[:-1], b""):
            with pytest.raises(Refused):
                door.read(forged, headers)
