"""A supplier of SIMs that answers by path, and what it says in the tests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from storefront.gateways.http import Http
from storefront.gateways.linksfield.sims import LinksfieldSims
from storefront.kernel.clock import Clock
from storefront.sim_ports import (
    TopUpRequest,
)
from tests.gateways.making import parts, says
from tests.gateways.sim_making import ICCID, body_of, done, good, new_csss, new_mall, sample

PAID_AT = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
REQUEST = TopUpRequest(
    request_id="0190a5f0-0000-7000-8000-000000000001",
    iccid=ICCID,
    package_code="DP20190726001274",
    plan_code="SP1",
    plan_name="Asia 1 GB",
    periods=1,
    amount=Decimal("12.36"),
    currency="GBP",
    paid_at=PAID_AT,
)
BROKEN = ("503 Busy", {})
UNKNOWN_CSSS = ("200 OK", {"code": "1001", "data": None, "message": "no such device"})


def record(code: str = "L2026", **changes: Any) -> dict[str, Any]:
    """One order of the history, made just after the payment."""
    wanted = {
        "orderCode": code,
        "deviceId": ICCID,
        "device_id": ICCID,
        "packageCode": REQUEST.package_code,
        "packageName": REQUEST.plan_name,
        "orderDate": "20260301080010",
    }
    return sample("csss_orders_answer")["data"]["package_order"][0] | wanted | changes


def history(*records: dict[str, Any]) -> dict[str, Any]:
    """One page with these orders."""
    page = {"cur_page_no": 1, "page_size": 50, "total_count": len(records), "total_pages": 1}
    return good({"page": page, "package_order": list(records), "package_order_num": len(records)})


def usage(used: str = "100", left: str = "900", order: str = "L1") -> dict[str, Any]:
    """What the order in use has used and left."""
    return good({"device_id": ICCID, "order_code": order, "order_used_flow": used, "high_flow_balance": left})


@dataclass
class Supplier:
    """A server that answers by path; a pair is a status and a body."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    def __call__(self, connection: Any, request: bytes) -> None:
        """One request."""
        target = urlsplit(parts(request)[0].split(" ")[1])
        query = dict(parse_qsl(target.query))
        self.asked.append(target.path)
        self.bodies.append(query or body_of(request))
        key = next((key for key in self.answers if key in query), target.path.rsplit("/", 1)[1])
        answer = self.answers.get(key, ("404 Not Found", {}))
        status, body = answer if isinstance(answer, tuple) else ("200 OK", answer)
        says(body, status=status)(connection, request)


def nothing_to_find() -> Supplier:
    """A supplier where nothing is to be found."""
    nothing = done([])
    answers = {"purchase_order_id": nothing, "order_id": nothing, "queryOrder": history()}
    return Supplier(answers | {"singleQueryOrder": done({"deviceCode": ICCID, "orderList": []})})


def new_sims(http: Http, url: str, **changes: Any) -> LinksfieldSims:
    """The port over both families at one address."""
    return LinksfieldSims(new_mall(http, url, **changes), new_csss(http, f"{url}/csss", **changes), Clock())
