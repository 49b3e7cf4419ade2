"""The supplier's CSSS family over HTTP: usage, orders and life cycle of SIMs, signed with the enterprise's secret.

`OPERATIONS` with `prepare` and `send` are for trying an operation by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from storefront.gateways.calls import Deadline
from storefront.gateways.http import Http, HttpAnswer, HttpCall, demand_success
from storefront.gateways.linksfield import csss_messages as says
from storefront.gateways.linksfield import inferred_csss, messages
from storefront.gateways.linksfield.csss_messages import (
    Device,
    FlowUsage,
    OrderedPackage,
    OrderPage,
    PackageOrder,
    PackageRequest,
    Remainder,
)
from storefront.gateways.linksfield.mall_messages import money_text
from storefront.gateways.linksfield.messages import Fields, Json
from storefront.gateways.linksfield.signing import CsssSigner, canonical, seconds_stamp
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import Unintelligible

T = TypeVar("T")

VENDOR: Final = "linksfield_csss"
VERSION: Final = "2.0"
_MOST_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class CsssOperation:
    """One operation of the family; all are POST."""

    name: str
    path: str
    is_read: bool = True


OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        CsssOperation("flow_usage", "/flow/queryDeviceFlowUsage"),
        CsssOperation("remainders", "/flow/getInfoByDeviceId"),
        CsssOperation("orders", "/package/queryOrder"),
        CsssOperation("order_package", "/package/orderPackage", is_read=False),
        CsssOperation("device", "/device/queryDevice"),
        CsssOperation("assets", "/device/syncAssetInfo"),
    )
}


@dataclass(frozen=True, slots=True)
class CsssCall:
    """A call ready to leave, with the text that was signed."""

    operation: CsssOperation
    url: str
    body: str = field(repr=False)
    canonical: str = field(repr=False)
    signature: str = field(repr=False)


class Csss:
    """The CSSS family. Each method ends within `deadline` seconds, however many pages it reads.

    All raise `Refused` for a code other than 0000 (`Unintelligible` where the call has an effect), `Unintelligible` for
    an answer that lacks what we need (named), is signed wrongly or is a server error, `Throttled`, and `Unreachable`.
    """

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        access_code: str,
        signer: CsssSigner,
        deadline: float,
        language: Literal["zh-CN", "en-US"] = "en-US",
        checks_answers: bool = True,
        page_size: int = 50,
        now: Callable[[], dt.datetime] = wall_now,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._access_code = access_code
        self._signer = signer
        self._seconds = deadline
        self._language = language
        self._checks_answers = checks_answers
        self._page_size = page_size
        self._now = now

    def flow_usage(self, iccid: str) -> FlowUsage:
        """Data used and left in the current cycle of the order in use."""
        call = f"{VENDOR}.flow_usage"
        return self._ask(
            "flow_usage", {"device_id": iccid}, _inside(lambda data: says.read_flow(data, iccid=iccid, call=call))
        )

    def remainders(self, iccid: str) -> Sequence[Remainder]:
        """What the network has left for the SIM: seconds of ``call-out``, messages of ``sms-out``, bytes of ``data``.

        It knows one IMSI only: for a SIM with several the figures may be another IMSI's.
        """
        return self._ask("remainders", {"device_id": iccid}, says.read_remainders)

    def orders(self, iccid: str = "", *, order_id: str = "", status: str = "", kind: str = "") -> list[PackageOrder]:
        """All orders that fit, from every page, each once. Raises `Unintelligible` when pages are missing."""
        deadline = Deadline(self._seconds)
        wanted: dict[str, Json] = {
            "device_id": iccid,
            "order_id": order_id,
            "order_status": status,
            "order_type": kind,
            "page_size": self._page_size,
        }
        first = self._page(wanted, 1, deadline)
        if first.pages > _MOST_PAGES:
            raise Unintelligible(f"{VENDOR}.orders: field data.page.total_pages is too large", field="total_pages")
        found = {order.order_code: order for order in first.orders}
        for number in range(2, first.pages + 1):
            # An order made meanwhile moves the others to the next page: they are met twice and count once.
            found |= {order.order_code: order for order in self._page(wanted, number, deadline).orders}
        if len(found) < first.total:
            raise Unintelligible(f"{VENDOR}.orders: field data.package_order is incomplete", field="package_order")
        if iccid and any(iccid not in (order.device_id, order.main_iccid) for order in found.values()):
            raise Unintelligible(f"{VENDOR}.orders: field deviceId is another one's", field="deviceId")
        return list(found.values())

    def order_package(self, request: PackageRequest) -> OrderedPackage:
        """Order a plan of the account's tariff. The effect of any failure is unknown: there is no table of codes."""
        parameters: dict[str, Json] = {
            "device_id": request.iccid,
            "global_order": "1" if request.is_for_host_number else "0",
            "is_open": "1" if request.starts_at_once else "0",
            "order_period": str(request.periods),
            "package_code": request.package_code,
            "package_name": request.package_name,
            "package_type": request.package_type,
            "pay_amount": money_text(request.amount),
            "pay_rst": inferred_csss.PAY_RESULT_PAID,
            "test_flow": request.test_flow,
            "test_flow_flag": "0" if request.test_flow == "0" else "1",
        }
        return self._ask("order_package", parameters, _inside(says.read_ordered))

    def device(self, iccid: str) -> Device:
        """The SIM with the package it has in use."""
        call = f"{VENDOR}.device"
        return self._ask(
            "device", {"device_id": iccid}, _inside(lambda data: says.read_device(data, iccid=iccid, call=call))
        )

    def assets(self) -> Sequence[Device]:
        """Every SIM of the account with its life cycle."""
        return self._ask("assets", {}, says.read_assets)

    def prepare(self, name: str, parameters: Mapping[str, Json]) -> CsssCall:
        """The call of an operation with its globals and signature; `parameters` win over globals."""
        operation = OPERATIONS[name]
        given: dict[str, Json] = {
            "access_code": self._access_code,
            "timestamp": seconds_stamp(self._now()),
            "version": VERSION,
            **parameters,
        }
        signature = self._signer.sign(given)
        body = messages.write({**given, "sign": signature})
        return CsssCall(operation, self._base_url + operation.path, body, canonical(given), signature)

    def send(self, call: CsssCall) -> HttpAnswer:
        """The raw answer to a prepared call, whatever its status."""
        return self._http.ask(self._http_call(call), deadline=Deadline(self._seconds), understand=lambda answer: answer)

    def _page(self, wanted: Mapping[str, Json], number: int, deadline: Deadline) -> OrderPage:
        page = self._ask("orders", {**wanted, "page_no": number}, _inside(says.read_page), deadline)
        if page.number != number:
            raise Unintelligible(f"{VENDOR}.orders: field data.page.cur_page_no is another page's", field="cur_page_no")
        return page

    def _ask(
        self, name: str, parameters: Mapping[str, Json], read: Callable[[Fields], T], deadline: Deadline | None = None
    ) -> T:
        prepared = self.prepare(name, parameters)
        call = f"{VENDOR}.{name}"

        def understand(answer: HttpAnswer) -> T:
            body = messages.read(demand_success(call, answer).body, call=call)
            code = body.text("code")
            if code != says.SUCCESS:
                raise says.failure(code, body.raw.get("message"), call=call, is_read=prepared.operation.is_read)
            self._check_sign(body, call)
            return read(body)

        http_call = self._http_call(prepared)
        return self._http.ask(http_call, deadline=deadline or Deadline(self._seconds), understand=understand)

    def _check_sign(self, body: Fields, call: str) -> None:
        data = body.raw.get("data")
        if not self._checks_answers or not isinstance(data, Mapping) or not data.get("sign"):
            return
        signature = data["sign"]
        texts = inferred_csss.signed_texts(data)
        if not isinstance(signature, str) or not any(self._signer.is_sign_of(signature, text) for text in texts):
            raise Unintelligible(f"{call}: field data.sign does not fit the data", field="data.sign")

    def _http_call(self, call: CsssCall) -> HttpCall:
        headers = {
            "Accept": "application/json",
            "Accept-Language": self._language,
            "Content-Type": "application/json",
        }
        operation = call.operation
        return HttpCall(VENDOR, operation.name, "POST", call.url, headers, call.body.encode(), operation.is_read)


def _inside(read: Callable[[Fields], T]) -> Callable[[Fields], T]:
    return lambda body: read(body.inside("data"))
