"""What the CSSS pages leave open, each choice once; the file to mend when the supplier tells."""

from __future__ import annotations

import datetime as dt
from typing import Any

from storefront.sandbox.linksfield.sims.sim import LifeCycle, PlanOrder, Sim

Json = dict[str, Any]

# Only 0000 is published.
WRONG_PARAMETERS = "1001"
WRONG_SIGN = "1002"
WRONG_TIME = "1003"
UNKNOWN_ACCOUNT = "1004"
NO_SUCH_SIM = "2001"
NO_SUCH_PLAN = "2002"

MOST_ON_A_PAGE = 100
UNLIMITED_FLOW = "-1"
_MEGABYTE = 1024 * 1024
_LIFE_CYCLES = {LifeCycle.PRE_ACTIVATED: "1", LifeCycle.TERMINATED: "3"}
_SECONDS, _MESSAGES = 3600, 100
_CANNOT_TELL = "the operator of this IMSI does not support the query"


def life_cycle(sim: Sim, now: float) -> str:
    """1 pre-activation, 2 activation, 3 pre-deactivation; the rest of the list is cut off."""
    return _LIFE_CYCLES.get(sim.life_cycle(now), "2")


def usage(sim: Sim, now: float) -> Json:
    """QueryDeviceFlowUsage in bytes; with nothing in use no order and zeros, without a limit -1 left."""
    moment = sim.moment(now)
    order = sim.in_use(moment)
    if order is None:
        return {"device_id": sim.iccid, "order_code": "", "order_used_flow": "0", "high_flow_balance": "0"}
    return {
        "device_id": sim.iccid,
        "order_code": order.code,
        "order_used_flow": str(order.used(moment)),
        "high_flow_balance": _left(order, moment),
    }


def remaining(sim: Sim, now: float) -> list[Json]:
    """getInfoByDeviceId: what is left by the operator's count; a failure has its cause and no quantity."""
    moment = sim.moment(now)
    order = sim.in_use(moment)
    if not sim.can_tell_remaining:
        return [{"type": "data", "remainingQuantity": None, "msg": _CANNOT_TELL}]
    if order is None or order.ends_at is None or order.starts_at is None:
        return []
    amounts = {"data": _left(order, moment)}
    if sim.has_minutes:
        share = (order.ends_at - moment) / (order.ends_at - order.starts_at)
        amounts |= {"call-out": str(int(_SECONDS * share)), "sms-out": str(int(_MESSAGES * share))}
    return [{"type": name, "remainingQuantity": quantity, "msg": None} for name, quantity in amounts.items()]


def package_order(order: PlanOrder, now: float, usage_at: float) -> Json:
    """An entry of queryOrder: `flow` and `usedFlow` in megabytes, `orderUsedFlow` in bytes, dates as `orderDate`."""
    used = order.used(usage_at)
    return {
        "buyType": "2",
        "expireDate": _stamp(order.ends_at),
        "flow": str(order.plan.megabytes) if order.plan.megabytes else UNLIMITED_FLOW,
        "orderCode": order.code,
        "orderStatus": order.stage(now).value,
        "orderDate": _stamp(order.made_at),
        "orderPeriod": str(order.periods),
        "packageCode": order.plan.code,
        "packageName": order.plan.name,
        "packageType": order.plan.kind,
        "usedFlow": str(used // _MEGABYTE),
        "flowUseRate": None,
        "orderUsedFlow": str(used),
        "supplierCode": None,
        "refuelingPackageList": [],
        "hasTestFlow": "0",
        "profileList": None,
        "isFlowPlus": None,
        "deviceId": order.iccid,
        "device_id": order.iccid,
        "activeDate": _stamp(order.starts_at),
        "main_iccid": None,
    }


def device(sim: Sim, now: float) -> Json:
    """queryDevice: the package in use, absent when none is."""
    facts: Json = {"device_id": sim.iccid, "life_cycle": life_cycle(sim, now)}
    order = sim.in_use(now)
    if order is not None and order.ends_at is not None:
        facts["package"] = {
            "order_code": order.code,
            "package_name": order.plan.name,
            "expire_date": f"{_utc(order.ends_at):%Y-%m-%d}",
        }
    return facts


def asset(sim: Sim, now: float) -> Json:
    """An entry of syncAssetInfo: eight fields, of which two are named."""
    order = sim.in_use(now)
    return {
        "assetId": sim.iccid,
        "lifeCycle": life_cycle(sim, now),
        "imsi": f"45403{sim.iccid[-10:]}",
        "msisdn": "",
        "orderCode": order.code if order else "",
        "packageName": order.plan.name if order else "",
        "activeDate": _stamp(order.starts_at) if order else "",
        "expireDate": _stamp(order.ends_at) if order else "",
    }


def _left(order: PlanOrder, moment: float) -> str:
    left = order.left(moment)
    return UNLIMITED_FLOW if left is None else str(left)


def _stamp(at: float | None) -> str:
    """Dates name no zone: taken as UTC; empty while there is none."""
    return "" if at is None else f"{_utc(at):%Y%m%d%H%M%S}"


def _utc(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
