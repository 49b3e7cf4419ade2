"""What CSSS says and is asked in the tests: pages of orders and one call of each kind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from storefront.gateways.linksfield.csss import Csss
from storefront.gateways.linksfield.csss_messages import (
    PackageRequest,
)
from tests.gateways.making import says
from tests.gateways.sim_making import CSSS_ICCID, body_of, good, sample, signed

ORDER_ICCID = "89860012018111220455"
PACKAGE = PackageRequest(CSSS_ICCID, "DP20190726001274", "Asia 1 GB", "2", 1, Decimal("4.9"))
ORDERED = {"sign": None, "order_id": "ORDER_47452122261749760", "order_start_date": None, "order_expire_date": None}


def ask_everything(csss: Csss) -> list[Callable[[], Any]]:
    """One call of each operation, not yet made."""
    return [
        lambda: csss.flow_usage(CSSS_ICCID),
        lambda: csss.remainders(CSSS_ICCID),
        lambda: csss.orders(CSSS_ICCID),
        lambda: csss.order_package(PACKAGE),
        lambda: csss.device(CSSS_ICCID),
        csss.assets,
    ]


def paged(total: int, size: int, **odd: Any) -> Callable[[Any, bytes], None]:
    """A server with so many orders, in pages."""

    def behave(connection: Any, request: bytes) -> None:
        number = body_of(request)["page_no"]
        template = sample("csss_orders_answer")["data"]["package_order"][0]
        rows = [template | {"orderCode": f"L{at}"} for at in range((number - 1) * size, min(number * size, total))]
        page = {"cur_page_no": number, "page_size": size, "total_count": total, "total_pages": -(-total // size)} | odd
        answer = signed(good({"page": page, "package_order": rows, "package_order_num": len(rows)}))
        says(answer)(connection, request)

    return behave
