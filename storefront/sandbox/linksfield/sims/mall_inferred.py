"""What the Mall pages leave open, each choice once; the file to mend when the supplier tells."""

from __future__ import annotations

import datetime as dt
from typing import Any

from storefront.sandbox.linksfield.countries import ASIA, EUROPE, NORTH_AMERICA
from storefront.sandbox.linksfield.sims.plans import GLOBAL, Plan, Unit
from storefront.sandbox.linksfield.sims.sim import DAY, PlanOrder, Renewal, Sim, Stage

Json = dict[str, Any]

# No failure value is published; whatever is not S is one.
REFUSED = "E"

# One sentence for unknown, foreign and locked numbers: a caller must not learn which it was.
NO_SUCH_SIM = "the SIM card is not valid"

# Published examples carry these on other calls' pages; a genuine caller sends the last part of the path.
SLOPPY_TRADE_TYPES = ("verify", "singleVerify", "payPalPay")

# Older pages show answers without an envelope: one such is played always, these never, the others when told.
ALWAYS_BARE = ("stripe_sub_directly",)
NEVER_BARE = ("single_query_order", "order")

# The one published filter is 欧洲; the others follow it, in either language.
AREAS = {
    "欧洲": EUROPE,
    "亚洲": ASIA,
    "北美": NORTH_AMERICA,
    "北美洲": NORTH_AMERICA,
    "全球": GLOBAL,
    **{name.casefold(): name for name in (EUROPE, ASIA, NORTH_AMERICA, GLOBAL)},
}

# Only "2" beside periods of thirty days is published.
UNITS = {Unit.DAY: "1", Unit.MONTH: "2"}
UNLIMITED_FLOW = "-1"

PAID, PENDING, FAILED = "paid", "pending", "failed"


def amount(plan: Plan, periods: int = 1) -> str:
    """`payAmount`: two decimals whatever the currency, for all periods together."""
    return f"{plan.amount * periods:.2f}"


def verified(sim: Sim, partner: str) -> Json:
    """SingleVerify."""
    return {"partnerCode": partner, "deviceCode": sim.iccid}


def plan_page(sim: Sim, partner: str, plans: list[Plan]) -> Json:
    """singleServicePlanPage: what singleOrder needs of each plan."""
    entries = [
        {
            "packageCode": plan.code,
            "servicePlanCode": plan.service_code,
            "servicePlanShowName": plan.name,
            "payAmount": amount(plan),
            "payCurrency": plan.currency,
            "packageType": plan.kind,
            "time": str(plan.time),
            "unit": UNITS[plan.unit],
            "flow": str(plan.megabytes) if plan.megabytes else UNLIMITED_FLOW,
            "autoRenewal": "1" if plan.renews else "0",
        }
        for plan in plans
    ]
    return {"partnerCode": partner, "deviceCode": sim.iccid, "packageList": entries}


def ordered(order: PlanOrder, partner: str) -> Json:
    """SingleOrder as published; SynOrderInfo is taken to answer alike."""
    return {"orderNo": order.order_no, "payId": order.pay_id, "deviceCode": order.iccid, "partnerCode": partner}


def open_order(order: PlanOrder, now: float) -> Json:
    """An entry of singleQueryOrder; an order not enabled yet has its whole time left and no end."""
    entry = {
        "orderStatus": order.stage(now).value,
        "servicePlanShowName": order.plan.name,
        "time": str(order.plan.time * order.periods),
        "unit": UNITS[order.plan.unit],
        "remainingDays": str(order.plan.days * order.periods),
    }
    if order.stage(now) is Stage.IN_USE and order.ends_at is not None:
        entry |= {"expireDate": _day(order.ends_at), "remainingDays": str(int((order.ends_at - now) // DAY))}
    return entry


def renewal(sim: Sim, partner: str, record: Renewal | None) -> Json:
    """queryAutoRenewalRecord: the newest when several are active, nothing at all when none is."""
    if record is None:
        return {}
    return {
        "deviceCode": sim.iccid,
        "orderNo": record.order_no,
        "orderPeriod": str(record.periods),
        "packageType": record.plan.kind,
        "partnerCode": partner,
        "payId": record.pay_id,
        "servicePlanShowName": record.plan.name,
        "subscriptionTime": f"{_utc(record.since):%Y.%m.%d}",
    }


def paid_result(order: PlanOrder, partner: str) -> Json:
    """ResultQuery."""
    status = PAID if order.is_paid else FAILED if order.has_failed else PENDING
    return {"partnerCode": partner, "payId": order.pay_id, "status": status}


def subscribed(order: PlanOrder, serial: int, method: str) -> Json:
    """stripeSubDirectly; the status is one of Stripe's own."""
    return {
        "customer_id": f"cus_pretend{serial:08d}",
        "pay_method": method,
        "product_id": f"prod_{order.plan.service_code}",
        "status": "active" if order.is_paid else "incomplete",
        "sub_id": f"sub_pretend{serial:08d}",
    }


def order_entry(order: PlanOrder, now: float) -> Json:
    """An entry of GET /mall/order; what has not begun has no end yet."""
    entry = {
        "purchaseOrderId": order.purchase_order_id,
        "orderId": order.code,
        "simId": order.iccid,
        "packageCode": order.plan.code,
        "orderStatus": order.stage(now).value,
        "payStatus": "1" if order.is_paid else "0",
        "createTime": f"{_utc(order.made_at):%Y-%m-%d %H:%M:%S}",
    }
    if order.ends_at is not None:
        entry["expireDate"] = _day(order.ends_at)
    return entry


def _day(at: float) -> str:
    """Dates and times name no zone: taken as UTC."""
    return f"{_utc(at):%Y-%m-%d}"


def _utc(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
