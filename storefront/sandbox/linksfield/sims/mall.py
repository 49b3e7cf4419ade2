"""The Mall family: Vshop, Payment and Order calls. Signed with MD5 and no secret; every value is text."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Mapping
from typing import Any

from storefront.sandbox.http import Request
from storefront.sandbox.linksfield.answers import to_json
from storefront.sandbox.linksfield.sims import mall_inferred as inferred
from storefront.sandbox.linksfield.sims import misfortunes
from storefront.sandbox.linksfield.sims.door import Answer, Call, Refused
from storefront.sandbox.linksfield.sims.plans import Plan
from storefront.sandbox.linksfield.sims.registry import Sims, plans_for
from storefront.sandbox.linksfield.sims.signatures import SIGN, mall_sign
from storefront.sandbox.linksfield.sims.sim import PlanOrder, Renewal, Sim, Stage, Standing

VERSION = "3.0"
MOST_PERIODS = 12
_PERIODS = [str(number) for number in range(1, MOST_PERIODS + 1)]
_SIM_COMMONS = ("deviceCode", "mark", "terminal")
_SYN_ORDER = ("orderNo", "payId", "payAccount", "payType", "requestOrderId", "servicePlanShowName")


class Mall:
    """The calls. They expect the world's lock; `read` and the wrapping do not."""

    name = misfortunes.MALL
    prefix = "/linksfield-mall"
    failure = inferred.REFUSED

    def __init__(self, sims: Sims, *, is_flat: bool) -> None:
        self._sims = sims
        self._is_flat = is_flat
        self._serial = itertools.count(1)

    def operations(self) -> Mapping[tuple[str, str], tuple[str, Answer]]:
        """By method and path; the base addresses of the three directories are part of the path."""
        return {
            ("POST", "/vshop/singleVerify"): ("single_verify", self.single_verify),
            ("POST", "/vshop/singleServicePlanPage"): ("single_service_plan_page", self.plan_page),
            ("POST", "/vshop/singleOrder"): ("single_order", self.single_order),
            ("POST", "/vshop/singleQueryOrder"): ("single_query_order", self.open_orders),
            ("POST", "/vshop/queryAutoRenewalRecord"): ("query_auto_renewal_record", self.renewal),
            ("POST", "/vshop/cancelAutoRenewalRecord"): ("cancel_auto_renewal_record", self.cancel_renewal),
            ("POST", "/vshop/synPartner/SynOrderInfo"): ("syn_order_info", self.syn_order),
            ("POST", "/payment/resultQuery"): ("result_query", self.result),
            ("POST", "/payment/stripeSubDirectly"): ("stripe_sub_directly", self.subscribe),
            ("GET", "/topup/mall/order"): ("order", self.order),
        }

    def read(self, request: Request) -> dict[str, Any]:
        """Query parameters of a GET, the JSON object of a POST: all text, version 3.0, signed."""
        values: Any = request.query
        if request.method == "POST":
            if not request.headers.get("content-type", "").lower().startswith("application/json"):
                raise _refused("Content-Type must be application/json")
            try:
                values = json.loads(request.body)
            except (ValueError, RecursionError):
                raise _refused("the body is not JSON") from None
        if not isinstance(values, dict):
            raise _refused("the body is not a JSON object")
        for name, value in values.items():
            if value is not None and not isinstance(value, str):
                raise _refused(f"parameter {name} must be a string")
        for name in ("version", "partnerCode", SIGN):
            _text(values, name)
        if values["version"] != VERSION:
            raise _refused(f"parameter version must be {VERSION}")
        if values[SIGN] != mall_sign(values):
            raise _refused("sign error")
        return values

    def wrap(self, call: Call, data: Any, request: Request) -> bytes:
        """In the newer envelope, or bare as the older pages show it."""
        may_be_bare = self._is_flat and call.operation not in inferred.NEVER_BARE
        if may_be_bare or call.operation in inferred.ALWAYS_BARE:
            return to_json(data)
        return to_json({"operateCode": "S", "message": "success", "data": data})

    def refuse(self, refused: Refused, request: Request) -> bytes:
        """No failed answer is published: taken as the envelope without data."""
        return to_json({"operateCode": refused.code, "message": refused.message, "data": None})

    def single_verify(self, call: Call) -> Any:
        """Whether this SIM is one of the caller's and fit to be sold for."""
        return inferred.verified(self._sim(call), call.values["partnerCode"])

    def plan_page(self, call: Call) -> Any:
        """What can be bought for it; an area nobody knows has nothing."""
        sim, wanted = self._sim(call), call.values.get("area") or ""
        area = inferred.AREAS.get(wanted.casefold(), wanted)
        return inferred.plan_page(sim, call.values["partnerCode"], plans_for(sim, area))

    def single_order(self, call: Call) -> Any:
        """An unpaid order, to be paid at the supplier's own cashier."""
        sim, values = self._sim(call), call.values
        plan, periods = self._wanted(sim, values)
        for name in ("servicePlanShowName", "requestOrderId"):
            _text(values, name)
        made = dt.datetime.fromtimestamp(self._sims.now(), dt.UTC)
        order_no = values.get("orderNo") or f"{made:%Y%m%d%H%M%S}{next(self._serial):06d}"
        order = self._sims.place(
            sim,
            plan,
            made_at=self._sims.now(),
            periods=periods,
            partner=values["partnerCode"],
            purchase_order_id=values["requestOrderId"],
            order_no=order_no,
            pay_id=values.get("payId") or values["partnerCode"] + order_no,
            is_paid=False,
            is_top_up=True,
        )
        return inferred.ordered(order, values["partnerCode"])

    def open_orders(self, call: Call) -> Any:
        """What is in use and what is not enabled yet."""
        sim, now = self._sim(call), self._sims.now()
        shown = [order for order in sim.shown(now) if order.is_paid and order.stage(now) is not Stage.ENDED]
        shown.sort(key=lambda order: order.stage(now), reverse=True)
        return {
            "partnerCode": call.values["partnerCode"],
            "deviceCode": sim.iccid,
            "orderList": [inferred.open_order(order, now) for order in shown],
        }

    def renewal(self, call: Call) -> Any:
        """The active auto-renewal."""
        sim = self._sim(call)
        return inferred.renewal(sim, call.values["partnerCode"], sim.renewal())

    def cancel_renewal(self, call: Call) -> Any:
        """Close the auto-renewal that order and payment name; what runs goes on until its end."""
        sim = self._sim(call)
        wanted = (_text(call.values, "orderNo"), _text(call.values, "payId"))
        found = next((each for each in sim.renewals if (each.order_no, each.pay_id) == wanted and each.is_active), None)
        if found is None:
            raise _refused("there is no such auto-renewal")
        found.is_active = False
        return {}

    def syn_order(self, call: Call) -> Any:
        """A plan the partner was paid for. Never compared with earlier orders: the same twice is two orders."""
        sim, values = self._sim(call), call.values
        for name in _SYN_ORDER:
            _text(values, name)
        if values.get("payRst") != "SUCCESS" or values.get("payStatus") != "1":
            raise _refused("the order is not paid")
        try:
            dt.datetime.strptime(_text(values, "payResultDate"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
        except ValueError:
            raise _refused("parameter payResultDate must be yyyy-MM-dd HH:mm:ss") from None
        plan, periods = self._wanted(sim, values)
        now = self._sims.now()
        hidden, late = misfortunes.delays(call.fault)
        order = self._sims.place(
            sim,
            plan,
            made_at=now,
            periods=periods,
            applies_at=now + max(hidden, late or self._sims.settings.apply_after),
            shows_at=now + hidden,
            partner=values["partnerCode"],
            purchase_order_id=values["requestOrderId"],
            order_no=values["orderNo"],
            pay_id=values["payId"],
            is_top_up=True,
        )
        return inferred.ordered(order, values["partnerCode"])

    def result(self, call: Call) -> Any:
        """Whether the supplier's cashier was paid."""
        _check_trade(call)
        return inferred.paid_result(self._payment(call), call.values["partnerCode"])

    def subscribe(self, call: Call) -> Any:
        """Pay an order with a payment method and renew it from then on; a method named ``…declined`` fails."""
        _check_trade(call)
        for name in ("email", "payAmount", "payCurrency", "plan_id", "pm_id"):
            _text(call.values, name)
        order, method = self._payment(call), call.values["pm_id"]
        if not method.startswith("pm_"):
            raise _refused("parameter pm_id must be a payment method")
        due = inferred.amount(order.plan, order.periods)
        if order.is_paid:
            raise _refused("the order is paid already")
        self._check_price(order.plan, due, call.values)
        order.has_failed = method.endswith("declined")
        sim = self._sims.find(order.iccid)
        if not order.has_failed and sim is not None:
            self._sims.pay(order.pay_id)
            sim.renewals.append(Renewal(order.order_no, order.pay_id, order.plan, order.periods, self._sims.now()))
        return inferred.subscribed(order, next(self._serial), method)

    def order(self, call: Call) -> Any:
        """The caller's orders by the first of the three keys that is given; of duplicates the newest paid one."""
        values = call.values
        now = self._sims.now()
        mine = [order for order in self._sims.orders() if order.partner in ("", values["partnerCode"])]
        if wanted := values.get("purchase_order_id"):
            found = [order for order in mine if order.purchase_order_id == wanted and order.is_paid][-1:]
        elif wanted := values.get("order_id"):
            found = [order for order in mine if order.code == wanted]
        elif wanted := values.get("sim_id"):
            found = [order for order in mine if order.iccid == wanted]
        else:
            raise _refused("one of purchase_order_id, order_id and sim_id is needed")
        return {"orderList": [inferred.order_entry(order, now) for order in found]}

    def _sim(self, call: Call) -> Sim:
        """The SIM a call is about. Unknown, foreign, locked and not eligible ones are refused in one place alike."""
        values = call.values
        for name in _SIM_COMMONS:
            _text(values, name)
        if "languageCode" not in values:
            raise _refused("parameter languageCode is missing")
        _check_trade(call)
        sim = self._sims.find(values["deviceCode"])
        is_fit = sim is not None and sim.is_of(values["partnerCode"]) and sim.is_known_to_mall
        if sim is None or not is_fit or sim.standing is Standing.LOCKED:
            raise _refused(inferred.NO_SUCH_SIM)
        return sim

    def _payment(self, call: Call) -> PlanOrder:
        order = self._sims.with_pay_id(_text(call.values, "payId"))
        if order is None or order.partner not in ("", call.values["partnerCode"]):
            raise _refused("the payment does not exist")
        return order

    def _wanted(self, sim: Sim, values: dict[str, Any]) -> tuple[Plan, int]:
        """The plan and the number of periods an order asks for, at today's price."""
        code, text = _text(values, "packageCode"), _text(values, "orderPeriod")
        plan = next((each for each in plans_for(sim) if each.code == code), None)
        if plan is None:
            raise _refused("the package cannot be ordered for this SIM card")
        if values.get("servicePlanCode") not in (None, "", plan.service_code):
            raise _refused("parameter servicePlanCode is not that of the package")
        if values.get("autoRenewal") not in ("0", "1"):
            raise _refused("parameter autoRenewal must be 0 or 1")
        if text not in _PERIODS:
            raise _refused(f"parameter orderPeriod must be 1 to {MOST_PERIODS}")
        self._check_price(plan, inferred.amount(plan, int(text)), values)
        return plan, int(text)

    def _check_price(self, plan: Plan, due: str, values: dict[str, Any]) -> None:
        if _text(values, "payCurrency").upper() != plan.currency or _text(values, "payAmount") != due:
            raise _refused("price inconsistent")


def _refused(message: str) -> Refused:
    return Refused(inferred.REFUSED, message)


def _check_trade(call: Call) -> None:
    """Every call but the order look-up says when it was made and which it is."""
    if not _text(call.values, "tradeTime").isdigit():
        raise _refused("parameter tradeTime must be a timestamp")
    if _text(call.values, "tradeType") not in (call.path.rpartition("/")[2], *inferred.SLOPPY_TRADE_TYPES):
        raise _refused("parameter tradeType is not this interface")


def _text(values: dict[str, Any], name: str) -> str:
    """A value that must not be empty."""
    value = values.get(name)
    if not value:
        raise _refused(f"parameter {name} must not be empty")
    return str(value)
