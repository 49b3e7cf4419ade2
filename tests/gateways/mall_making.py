"""What Mall says and is asked in the tests: one answer and one call of each kind."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from storefront.gateways.linksfield.mall import Mall
from storefront.gateways.linksfield.mall_messages import (
    NewOrder,
    PaidOrder,
)
from tests.gateways.sim_making import ICCID

PAID_AT = dt.datetime(2022, 6, 7, 7, 10, 35, tzinfo=dt.UTC)
PLAN = {
    "packageCode": "DP20190726001274",
    "servicePlanCode": "SP1",
    "servicePlanShowName": "Asia 1 GB",
    "price": "12.36",
    "currency": "GBP",
    "packageType": "2",
    "time": "2",
    "unit": "2",
    "flow": "1024",
    "autoRenewal": "1",
}
ON_SIM = [
    {
        "orderStatus": "2",
        "servicePlanShowName": "Asia 1 GB",
        "time": "1",
        "unit": "2",
        "expireDate": "2024-07-31",
        "remainingDays": "30",
    },
    {"orderStatus": "1", "servicePlanShowName": "Asia 1 GB", "time": "2", "unit": "2", "remainingDays": "60"},
]
RENEWAL = {
    "deviceCode": ICCID,
    "orderNo": "2020061214140465562",
    "orderPeriod": "5",
    "packageType": "5",
    "partnerCode": "P000270",
    "payId": "P0008182020061214140465562",
    "servicePlanShowName": "Asia 1 GB",
    "subscriptionTime": "2022.10.04",
}
CREATED = {"deviceCode": ICCID, "orderNo": "NO7", "partnerCode": "P000270", "payId": "P7"}
SUBSCRIBED = {
    "customer_id": "cus_1",
    "pay_method": "pm_1",
    "product_id": "prod_1",
    "status": "active",
    "sub_id": "sub_1",
}
NEW_ORDER = NewOrder(ICCID, "000000000001", "PACKAGE20180428000007", "SP1", "Asia", 1, Decimal("4.99"), "usd")
PAID_ORDER = PaidOrder(
    ICCID,
    "NO2023060915590562022",
    "P000000002022",
    "0190-a",
    "DP20190726001274",
    "SP1",
    "Asia 1 GB",
    1,
    Decimal("12.3"),
    "GBP",
    PAID_AT,
)


def ask_everything(mall: Mall) -> list[Any]:
    """One call of each operation, not yet made."""
    return [
        lambda: mall.verify(ICCID, url="https://shop.example/login"),
        lambda: mall.plans(ICCID, area="欧洲"),
        lambda: mall.create_order(NEW_ORDER),
        lambda: mall.orders_on_sim(ICCID),
        lambda: mall.active_renewal(ICCID),
        lambda: mall.cancel_renewal(ICCID, order_no="NO7", pay_id="P7"),
        lambda: mall.report_order(PAID_ORDER),
        lambda: mall.payment_result("P7"),
        lambda: mall.subscribe(
            pay_id="P7", payment_method="pm_1", plan_id="price_1", email="a@example.com", amount="19.99", currency="USD"
        ),
        lambda: mall.find_orders(purchase_order_id="0190-a"),
    ]
