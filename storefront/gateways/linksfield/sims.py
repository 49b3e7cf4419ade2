"""SIMs that travellers own: what the Mall and CSSS families say together, in the shop's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TypeVar

from storefront.gateways.linksfield import inferred_csss, inferred_mall
from storefront.gateways.linksfield.csss import Csss
from storefront.gateways.linksfield.csss_messages import FlowUsage, PackageOrder, Remainder
from storefront.gateways.linksfield.inferred import SUPPLIER_ZONE
from storefront.gateways.linksfield.mall import Mall
from storefront.gateways.linksfield.mall_messages import FoundOrder, MallPlan, OrderOnSim, PaidOrder
from storefront.kernel.clock import Clock
from storefront.kernel.errors import OutsideError, Refused, SimUnknown, Unintelligible
from storefront.sim_ports import (
    PlanOnSim,
    SimOrder,
    SimPlan,
    SimPlanState,
    SimRenewal,
    SimUsage,
    TopUpRequest,
    TopUpSeen,
)

T = TypeVar("T")

_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STATE_ON_SIM = {inferred_mall.NOT_ENABLED: SimPlanState.QUEUED, inferred_mall.IN_USE: SimPlanState.IN_USE}


class LinksfieldSims:
    """`SimSupplier` over Mall and CSSS. A method that asks several times takes that many deadlines at most."""

    def __init__(self, mall: Mall, csss: Csss, clock: Clock) -> None:
        self._mall = mall
        self._csss = csss
        self._clock = clock

    def verify(self, iccid: str) -> None:
        """Returns for a SIM of ours; raises `SimUnknown` for an unknown, foreign or locked one alike."""
        try:
            self._mall.verify(iccid)
        except Refused as no:
            raise SimUnknown(no.detail, vendor_code=no.vendor_code) from no

    def sim_plans(self, iccid: str, *, area: str = "") -> Sequence[SimPlan]:
        """The plans sold for the SIM."""
        return [_plan(plan) for plan in self._mall.plans(iccid, area=area)]

    def plans_on(self, iccid: str) -> Sequence[PlanOnSim]:
        """The plans in use and not yet enabled."""
        return [_on_sim(order) for order in self._mall.orders_on_sim(iccid)]

    def life_cycle(self, iccid: str) -> str:
        """The supplier's word for where the SIM stands; from the list of all SIMs when the SIM itself does not say."""
        device = self._csss.device(iccid)
        if device.life_cycle:
            return device.life_cycle
        return next((one.life_cycle for one in self._csss.assets() if one.iccid == iccid), "")

    def usage(self, iccid: str) -> SimUsage:
        """Data, calls and messages from both sources; raises the first one's error when neither tells anything.

        For data the order in use has the last word, since the network knows one IMSI only; it stands in when no order
        tells anything.
        """
        flow, flow_error = _tried(lambda: self._csss.flow_usage(iccid))
        left, _ = _tried(lambda: self._csss.remainders(iccid))
        usage = _usage(flow, left or ())
        if flow_error is not None and usage == SimUsage(None, None, None, None):
            raise flow_error
        return usage

    def history(self, iccid: str) -> Sequence[SimOrder]:
        """Every order of the SIM, newest first; those without a date come last."""
        orders = [self._order(order) for order in self._csss.orders(iccid)]
        return sorted(orders, key=lambda order: order.ordered_at or _LONG_AGO, reverse=True)

    def active_renewal(self, iccid: str) -> SimRenewal | None:
        """The auto-renewal in force, wherever it was sold."""
        renewal = self._mall.active_renewal(iccid)
        if renewal is None:
            return None
        return SimRenewal(renewal.order_no, renewal.pay_id, renewal.name, renewal.since)

    def close_renewal(self, iccid: str, renewal: SimRenewal) -> None:
        """Ask to close it; the answer says nothing, so read `active_renewal` again."""
        self._mall.cancel_renewal(iccid, order_no=renewal.order_no, pay_id=renewal.pay_id)

    def top_up(self, request: TopUpRequest) -> None:
        """Report a paid order under numbers that are the same for the same `request_id` for ever."""
        self._mall.report_order(
            PaidOrder(
                iccid=request.iccid,
                order_no=inferred_mall.order_no_of(request.request_id),
                pay_id=inferred_mall.pay_id_of(request.request_id, self._mall.partner_code),
                request_order_id=request.request_id,
                package_code=request.package_code,
                service_plan_code=request.plan_code,
                name=request.plan_name,
                periods=request.periods,
                amount=request.amount,
                currency=request.currency,
                paid_at=request.paid_at,
            )
        )

    def find_top_up(self, request: TopUpRequest) -> TopUpSeen | None:
        """The top-up as three sides show it; None only when all could be read and none has it.

        Raises the error of a side that could not be read when the others have nothing, and `Unintelligible` when the
        SIM carries a plan of this name and no side says whose it is: such a plan proves nothing and rules nothing out.
        """
        found, lookup_error = _tried(lambda: self._mall.find_order(purchase_order_id=request.request_id))
        history, history_error = _tried(lambda: self._csss.orders(request.iccid))
        on_sim, plans_error = _tried(lambda: self._mall.orders_on_sim(request.iccid))
        same_name = [plan for plan in on_sim or () if plan.name == request.plan_name]
        if found is not None:
            if found.iccid not in ("", request.iccid):
                raise Unintelligible("linksfield_mall.find_order: field sim_id is another one's", field="sim_id")
            record = next((order for order in history or () if order.order_code == found.order_id), None)
            return self._seen(record) if record else _seen_by_name(found, same_name)
        record, record_error = self._record(request, history or ())
        if record is not None:
            return self._seen(record)
        for error in (lookup_error, history_error, record_error, plans_error):
            if error is not None:
                raise error
        if same_name:
            raise Unintelligible("linksfield: a plan of this name is on the SIM and no side says whose it is")
        return None

    def _record(
        self, request: TopUpRequest, history: Sequence[PackageOrder]
    ) -> tuple[PackageOrder | None, OutsideError | None]:
        """The history's order that is the top-up: by our number, else of this plan, since we were paid."""
        order_no = inferred_mall.order_no_of(request.request_id)
        for order in history:
            if inferred_csss.made_for(order.order_code, order_no, request.request_id):
                return order, None
        earliest = request.paid_at - inferred_csss.CLOCK_SKEW
        alike = [
            order
            for order in history
            if order.package_code == request.package_code
            and order.order_date is not None
            and order.order_date >= earliest
        ]
        for order in sorted(alike, key=lambda order: order.order_date or _LONG_AGO):
            known, error = _tried(lambda code=order.order_code: self._mall.find_orders(order_id=code))  # type: ignore[misc]
            if error is not None:
                return None, error
            if all(one.purchase_order_id in ("", request.request_id) for one in known or ()):
                return order, None
        return None, None

    def _seen(self, order: PackageOrder) -> TopUpSeen:
        expires = order.expire_date
        return TopUpSeen(order.order_code, self._state(order), expires and _local_day(expires))

    def _order(self, order: PackageOrder) -> SimOrder:
        return SimOrder(
            order_no=order.order_code,
            name=order.package_name,
            package_code=order.package_code,
            state=self._state(order),
            ordered_at=order.order_date,
            activated_at=order.active_date,
            expires_at=order.expire_date,
        )

    def _state(self, order: PackageOrder) -> SimPlanState:
        """By the order's status; by its dates when the status is one we do not know."""
        if order.order_status == inferred_csss.QUEUED:
            return SimPlanState.QUEUED
        if order.order_status == inferred_csss.IN_USE:
            return SimPlanState.IN_USE
        if order.order_status in inferred_csss.ENDED:
            return SimPlanState.ENDED
        if order.active_date is None:
            return SimPlanState.QUEUED
        has_ended = order.expire_date is not None and order.expire_date < self._clock.now()
        return SimPlanState.ENDED if has_ended else SimPlanState.IN_USE


def _plan(plan: MallPlan) -> SimPlan:
    return SimPlan(
        package_code=plan.package_code,
        plan_code=plan.service_plan_code,
        name=plan.name,
        amount=plan.amount,
        currency=plan.currency,
        periods=inferred_mall.PERIODS_OF_AN_ORDER,
        days=plan.days,
        data_mb=plan.data_mb,
        may_renew=plan.may_renew,
    )


def _on_sim(order: OrderOnSim) -> PlanOnSim:
    state = _STATE_ON_SIM.get(order.status)
    if state is None:
        raise Unintelligible("linksfield_mall.orders_on_sim: field orderStatus is unknown", field="orderStatus")
    return PlanOnSim(order.name, state, order.remaining_days, order.expires_on)


def _usage(flow: FlowUsage | None, left: Sequence[Remainder]) -> SimUsage:
    quantities = {item.kind: item.quantity for item in left}
    tells = flow is not None and (flow.order_code or flow.used_bytes or flow.remaining_bytes)
    used = flow.used_bytes if flow is not None else None
    remaining = flow.remaining_bytes if flow is not None else None
    if not tells and quantities.get("data") is not None:
        used, remaining = None, quantities["data"]
    return SimUsage(used, remaining, quantities.get("call-out"), quantities.get("sms-out"))


def _seen_by_name(found: FoundOrder, same_name: Sequence[OrderOnSim]) -> TopUpSeen:
    """An order the history does not have yet: what the SIM carries under its name, the waiting ones first."""
    waiting = any(plan.status == inferred_mall.NOT_ENABLED for plan in same_name)
    running = next((plan for plan in same_name if plan.status == inferred_mall.IN_USE), None)
    if running is None or waiting:
        return TopUpSeen(found.order_id, SimPlanState.QUEUED, found.expires_on)
    return TopUpSeen(found.order_id, SimPlanState.IN_USE, found.expires_on or running.expires_on)


def _local_day(at: dt.datetime) -> dt.date:
    return at.astimezone(SUPPLIER_ZONE).date()


def _tried(look: Callable[[], T]) -> tuple[T | None, OutsideError | None]:
    try:
        return look(), None
    except OutsideError as error:
        return None, error
