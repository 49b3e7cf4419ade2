"""The supplier's Mall family over HTTP: cards, their plans, orders, auto-renewals, and its own cashier.

Every value travels as text. `OPERATIONS` with `prepare` and `send` are for trying an operation by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from storefront.gateways.calls import Deadline
from storefront.gateways.http import Http, HttpAnswer, HttpCall, demand_success
from storefront.gateways.linksfield import dates, inferred_mall, messages
from storefront.gateways.linksfield import mall_messages as says
from storefront.gateways.linksfield.mall_messages import (
    AutoRenewal,
    CreatedOrder,
    FoundOrder,
    MallPlan,
    NewOrder,
    OrderOnSim,
    PaidOrder,
    PaymentResult,
    Subscription,
)
from storefront.gateways.linksfield.mall_operations import (
    OPERATIONS,
    VENDOR,
    VERSION,
    MallOperation,
    MallSettings,
    SignedCall,
)
from storefront.gateways.linksfield.messages import Fields
from storefront.gateways.linksfield.signing import Signer, canonical, milliseconds_stamp
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import Refused, Unintelligible

T = TypeVar("T")


class Mall:
    """The Mall family. Each method ends within `deadline` seconds.

    All raise `Refused` for a failure, `Unintelligible` for an answer that lacks what we need (named) or a server error,
    `Throttled`, and `Unreachable` for silence.
    """

    def __init__(
        self,
        http: Http,
        settings: MallSettings,
        *,
        signer: Signer,
        deadline: float,
        now: Callable[[], dt.datetime] = wall_now,
    ) -> None:
        self._http = http
        self._settings = settings
        self._urls = {
            "shop": settings.shop_url.rstrip("/"),
            "payment": settings.payment_url.rstrip("/"),
            "order": settings.order_url.rstrip("/"),
        }
        self._signer = signer
        self._seconds = deadline
        self._now = now

    @property
    def partner_code(self) -> str:
        """Our code at the supplier."""
        return self._settings.partner_code

    def verify(self, iccid: str, *, url: str = "") -> None:
        """Whether the SIM may be used with this partner code: returns, or raises `Refused`."""

        def read(data: Fields) -> None:
            call = f"{VENDOR}.verify"
            for name in inferred_mall.VERIFIED_NAMES:
                data.text(name)
            says.demand_same(data, "deviceCode", iccid, call=call)
            says.demand_same(data, "partnerCode", self.partner_code, call=call)

        self._ask("verify", {"deviceCode": iccid} | ({"url": url} if url else {}), read)

    def plans(self, iccid: str, *, area: str = "") -> Sequence[MallPlan]:
        """What can be bought for the SIM, in one region if `area` names it."""
        call = f"{VENDOR}.plans"
        parameters = {"area": area, "deviceCode": iccid}
        return self._ask("plans", parameters, lambda data: says.read_plans(data, iccid=iccid, call=call))

    def create_order(self, order: NewOrder) -> CreatedOrder:
        """An unpaid one-off order for the supplier's own cashier; go on with the numbers it returns."""
        parameters = {
            "autoRenewal": inferred_mall.ONE_OFF,
            "deviceCode": order.iccid,
            "orderNo": inferred_mall.order_no_of(order.request_order_id),
            "orderPeriod": str(order.periods),
            "packageCode": order.package_code,
            "payAmount": says.money_text(order.amount),
            "payCurrency": order.currency.upper(),
            "payId": inferred_mall.pay_id_of(order.request_order_id, self.partner_code),
            "requestOrderId": order.request_order_id,
            "servicePlanCode": order.service_plan_code,
            "servicePlanShowName": order.name,
        }
        call = f"{VENDOR}.create_order"
        return self._ask("create_order", parameters, lambda data: says.read_created(data, iccid=order.iccid, call=call))

    def orders_on_sim(self, iccid: str) -> Sequence[OrderOnSim]:
        """The plans in use and not yet enabled."""

        def read(data: Fields) -> list[OrderOnSim]:
            says.demand_same(data, "deviceCode", iccid, call=f"{VENDOR}.orders_on_sim")
            return says.read_on_sim(data)

        return self._ask("orders_on_sim", {"deviceCode": iccid}, read)

    def active_renewal(self, iccid: str) -> AutoRenewal | None:
        """The auto-renewal in force, wherever it was sold."""

        def read(data: Fields) -> AutoRenewal | None:
            says.demand_same(data, "deviceCode", iccid, call=f"{VENDOR}.active_renewal")
            return says.read_renewal(data)

        return self._ask_for_something("active_renewal", {"deviceCode": iccid}, read, nothing=None)

    def cancel_renewal(self, iccid: str, *, order_no: str, pay_id: str) -> None:
        """Close an auto-renewal by the numbers `active_renewal` gave. The answer says nothing: read again."""

        def read(data: Fields) -> None:
            if not inferred_mall.is_empty_success(data):
                says.demand_same(data, "deviceCode", iccid, call=f"{VENDOR}.cancel_renewal")

        self._ask("cancel_renewal", {"deviceCode": iccid, "orderNo": order_no, "payId": pay_id}, read)

    def report_order(self, order: PaidOrder) -> None:
        """Report an order paid to us. The supplier does not recognise a repeat: never send it again unread."""
        parameters = {
            "autoRenewal": inferred_mall.ONE_OFF,
            "deviceCode": order.iccid,
            "orderNo": order.order_no,
            "orderPeriod": str(order.periods),
            "orgOrderId": inferred_mall.ORIGINAL_ORDER,
            "packageCode": order.package_code,
            "payAccount": inferred_mall.PAY_ACCOUNT,
            "payAmount": says.money_text(order.amount),
            "payCurrency": order.currency.upper(),
            "payId": order.pay_id,
            "payResultDate": dates.written(order.paid_at),
            "payRst": inferred_mall.PAY_RESULT,
            "payStatus": inferred_mall.PAY_STATUS_PAID,
            "payType": inferred_mall.PAY_TYPE,
            "payUnit": inferred_mall.PAY_UNIT,
            "requestOrderId": order.request_order_id,
            "servicePlanCode": order.service_plan_code,
            "servicePlanShowName": order.name,
        }
        self._ask("report_order", parameters, lambda _data: None, accepts=inferred_mall.is_accepted_report)

    def payment_result(self, pay_id: str) -> PaymentResult:
        """What became of a payment at the supplier's cashier."""
        meanings = inferred_mall.PAYMENT_RESULTS
        return self._ask("payment_result", {"payId": pay_id}, lambda data: says.read_result(data, meanings))

    def subscribe(
        self, *, pay_id: str, payment_method: str, plan_id: str, email: str, amount: str, currency: str
    ) -> Subscription:
        """A Stripe subscription at the supplier's cashier; `amount` in major units with two places."""
        parameters = {
            "email": email,
            "payAmount": amount,
            "payCurrency": currency.lower(),
            "payId": pay_id,
            "plan_id": plan_id,
            "pm_id": payment_method,
        }
        return self._ask("subscribe", parameters, says.read_subscription)

    def find_orders(self, *, purchase_order_id: str = "", order_id: str = "", sim_id: str = "") -> Sequence[FoundOrder]:
        """Orders of our enterprise, newest first, by the first of the three that is not empty; none is an answer."""
        wanted = {"purchase_order_id": purchase_order_id, "order_id": order_id, "sim_id": sim_id}
        name = next((name for name, value in wanted.items() if value), None)
        if name is None:
            raise ValueError("an order is looked up by one of its ids or its SIM")

        def read(data: Fields) -> list[FoundOrder]:
            found = says.read_found(data, by_our_id=name == "purchase_order_id")
            for order in found:
                given = {
                    "purchase_order_id": order.purchase_order_id,
                    "order_id": order.order_id,
                    "sim_id": order.iccid,
                }
                if given[name] not in ("", wanted[name]):
                    raise Unintelligible(f"{VENDOR}.find_order: field {name} is another one's", field=name)
            return found

        none: list[FoundOrder] = []
        return self._ask_for_something("find_order", {name: wanted[name]}, read, nothing=none)

    def find_order(self, *, purchase_order_id: str = "", order_id: str = "", sim_id: str = "") -> FoundOrder | None:
        """The newest paid one of `find_orders`."""
        found = self.find_orders(purchase_order_id=purchase_order_id, order_id=order_id, sim_id=sim_id)
        return next((order for order in found if order.is_paid), None)

    def prepare(self, name: str, parameters: Mapping[str, str]) -> SignedCall:
        """The call of an operation with its constants, time stamp and signature; `parameters` win over constants."""
        operation = OPERATIONS[name]
        given = self._globals(operation) | dict(parameters)
        signature = self._signer.sign(given)
        complete = {**given, "sign": signature}
        url = self._urls[operation.directory] + operation.path
        if operation.method == "GET":
            query = urlencode({key: value for key, value in complete.items() if value})
            return SignedCall(operation, f"{url}?{query}", None, canonical(given), signature)
        return SignedCall(operation, url, messages.write(complete), canonical(given), signature)

    def send(self, call: SignedCall) -> HttpAnswer:
        """The raw answer to a prepared call, whatever its status."""
        return self._http.ask(self._http_call(call), deadline=Deadline(self._seconds), understand=lambda answer: answer)

    def _globals(self, operation: MallOperation) -> dict[str, str]:
        constants = {"partnerCode": self.partner_code, "version": VERSION}
        if operation.trade_type:
            constants |= {"tradeTime": milliseconds_stamp(self._now()), "tradeType": operation.trade_type}
        if operation.has_commons:
            own = self._settings
            constants |= {"languageCode": own.language_code, "mark": own.mark, "terminal": own.terminal}
        return constants

    def _ask(
        self,
        name: str,
        parameters: Mapping[str, str],
        read: Callable[[Fields], T],
        *,
        accepts: Callable[[Fields], bool] | None = None,
    ) -> T:
        call = f"{VENDOR}.{name}"

        def understand(answer: HttpAnswer) -> T:
            body = messages.read(demand_success(call, answer).body, call=call)
            if accepts is not None and "operateCode" not in body.raw and not accepts(body):
                raise Unintelligible(f"{call}: field operateCode is missing", field="operateCode")
            return read(says.data_of(body, call=call))

        prepared = self._http_call(self.prepare(name, parameters))
        return self._http.ask(prepared, deadline=Deadline(self._seconds), understand=understand)

    def _ask_for_something(
        self, name: str, parameters: Mapping[str, str], read: Callable[[Fields], T], *, nothing: T
    ) -> T:
        try:
            return self._ask(name, parameters, read)
        except Refused as no:
            if inferred_mall.says_not_found(no.detail):
                return nothing
            raise

    def _http_call(self, call: SignedCall) -> HttpCall:
        operation = call.operation
        headers = {"Accept": "application/json", "Accept-Language": self._settings.accept_language}
        body = None if call.body is None else call.body.encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        return HttpCall(VENDOR, operation.name, operation.method, call.url, headers, body, operation.is_read)
