"""The supplier's eSIM QR family over HTTP: catalogue, pre-order, payment notice, order status, profile."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from storefront.gateways.calls import Deadline
from storefront.gateways.http import Http, HttpAnswer, HttpCall, demand_success
from storefront.gateways.linksfield import catalogue, errors, inferred, messages
from storefront.gateways.linksfield.messages import Fields, Json
from storefront.gateways.linksfield.tokens import Tokens
from storefront.kernel.errors import Unintelligible
from storefront.ports import (
    Hold,
    HoldRequest,
    PaymentNotice,
    SupplierCountry,
    SupplierOrder,
    SupplierOrderStatus,
    SupplierPlan,
    SupplierProfile,
)

T = TypeVar("T")

VENDOR: Final = "linksfield"
_PRE_ORDER_PATHS: Final = {"v1.1": "/v1.1/package/preOrderPackage", "v1.2": "/v1.2/package/preOrderPackage"}
_ONE_PACKAGE: Final = 1
_NO_DISCOUNT: Final = 0
_DEVICE_TYPE: Final = "10"
_STATUS: Final = {
    0: SupplierOrderStatus.WAITING,
    1: SupplierOrderStatus.PAID,
    2: SupplierOrderStatus.FAILED,
    3: SupplierOrderStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class _Ask:
    operation: str
    path: str
    body: dict[str, Json] | None
    is_read: bool
    needs_token: bool = True
    is_pre_order: bool = False

    @property
    def name(self) -> str:
        return f"{VENDOR}.{self.operation}"


class Linksfield:
    """`ports.Supplier` over HTTP. Each method ends within `deadline` seconds, logins included."""

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        partner_code: str,
        email: str,
        password: str,
        language: str,
        catalogue_api: str,
        deadline: float,
        tokens: Tokens,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._partner_code = partner_code
        self._email = email
        self._password = password
        self._language = language
        self._catalogue_prefix = inferred.CATALOGUE_PREFIX[catalogue_api]
        self._catalogue_needs_token = inferred.CATALOGUE_NEEDS_TOKEN[catalogue_api]
        self._seconds = deadline
        self._tokens = tokens

    def countries(self) -> Sequence[SupplierCountry]:
        """Every country the supplier lets this partner sell."""
        body: dict[str, Json] = {
            "countryCode": inferred.ALL_COUNTRIES,
            "partnerCode": self._partner_code,
            "type": inferred.COVERAGE_INCLUDES,
        }
        ask = _Ask("countries", inferred.COUNTRY_LIST_PATH, body, True, self._catalogue_needs_token)
        return self._answer(ask, catalogue.read_countries)

    def plans(self, country: SupplierCountry) -> Sequence[int]:
        """Package ids sold for a country."""
        body: dict[str, Json] = {
            "countryCode": int(country.mcc) if country.mcc.isdecimal() else country.mcc,
            "isoCountryName": country.iso_name,
            "partnerCode": self._partner_code,
            "type": inferred.COVERAGE_INCLUDES,
        }
        path = f"{self._catalogue_prefix}/package/packageList"
        return self._answer(_Ask("plans", path, body, True, self._catalogue_needs_token), catalogue.read_plan_ids)

    def plan(self, package_id: int) -> SupplierPlan:
        """One package in full."""
        path = f"{self._catalogue_prefix}/package/detail?" + urlencode({"id": package_id})
        return self._answer(_Ask("plan", path, None, True, self._catalogue_needs_token), catalogue.read_plan)

    def pre_order(self, request: HoldRequest) -> Hold:
        """Reserve a profile over the path version the request names. Raises `SoldOut`, `PriceChanged`, `Refused`."""
        body: dict[str, Json] = {
            "currency": request.currency,
            "currencyId": request.currency_id,
            "deviceType": _DEVICE_TYPE,
            "discountFlag": _NO_DISCOUNT,
            "id": request.package_id,
            "money": request.amount,
            "packageCode": request.package_code,
            "packageNum": _ONE_PACKAGE,
            "partnerCode": self._partner_code,
            "periodNum": request.period_num,
        }
        return self._answer(_Ask("pre_order", _PRE_ORDER_PATHS[request.api], body, False, is_pre_order=True), _hold)

    def notify_payment(self, notice: PaymentNotice) -> None:
        """Report a payment; returns on code 0 only. Raises `HoldLapsed`, `Refused`, else the effect is unknown."""
        body: dict[str, Json] = {
            "dateTime": str(int(notice.paid_at.timestamp())),
            "orderId": notice.order_id,
            "partnerCode": self._partner_code,
            "payAmount": notice.amount,
            "payCurrency": notice.currency,
            "type": "payment_intent.succeeded" if notice.succeeded else "payment_intent.payment_failed",
        }
        self._answer(_Ask("notify_payment", "/v1.1/payment/webhook", body, False), _nothing)

    def order_status(self, order_id: str) -> SupplierOrder:
        """Where a supplier order stands; with PAID comes the activation code, as the supplier wrote it."""

        def read(body: Fields) -> SupplierOrder:
            data = inferred.data_of_order_status(body)
            status = _STATUS.get(data.whole("orderPayStatus"))
            if status is None:
                raise Unintelligible("linksfield.order_status: field orderPayStatus is unknown", field="orderPayStatus")
            code = data.text_or("qrCode", "") if status is SupplierOrderStatus.PAID else ""
            return SupplierOrder(order_id, status, code or None)

        return self._answer(_Ask("order_status", "/package/queryOrdStatusAndEmail", {"orderId": order_id}, True), read)

    def profile(self, order_id: str) -> SupplierProfile:
        """My eSIM Detail of a delivered order."""

        def read(body: Fields) -> SupplierProfile:
            return inferred.profile_of_detail(order_id, body.inside("data"))

        return self._answer(_Ask("profile", "/v1.1/order/myEsimDetail", {"orderId": order_id}, True), read)

    def _answer(self, ask: _Ask, read: Callable[[Fields], T]) -> T:
        """One call, and after code 7 the same call again with a new token; code 7 has no effect, so that is safe.

        A token of our own login that is refused at once ends it. One taken over from another process earns a second
        try: our login and its login may have crossed, and the later one may have killed the token that was kept.
        """
        deadline = Deadline(self._seconds)
        if not ask.needs_token:
            return self._exchange(ask, "", deadline, read)
        logins: list[str] = []

        def log_in(until: Deadline) -> str:
            logins.append(self._log_in(until))
            return logins[-1]

        token = self._tokens.current(log_in, deadline)
        for _ in range(2):
            try:
                return self._exchange(ask, token.text, deadline, read)
            except errors.TokenRejected:
                token = self._tokens.after_rejection(token, log_in, deadline)
            if token.text in logins:
                break
        try:
            return self._exchange(ask, token.text, deadline, read)
        except errors.TokenRejected:
            raise errors.no_token(ask.name) from None

    def _exchange(self, ask: _Ask, token: str, deadline: Deadline, read: Callable[[Fields], T]) -> T:
        def understand(answer: HttpAnswer) -> T:
            body = messages.read(demand_success(ask.name, answer).body, call=ask.name)
            _demand_done(body, ask)
            return read(body)

        return self._http.ask(self._call(ask, token), deadline=deadline, understand=understand)

    def _log_in(self, deadline: Deadline) -> str:
        ask = _Ask(
            "log_in",
            "/user/emailLogin",
            {
                "appId": inferred.LOGIN_APP_ID,
                "email": self._email,
                "partnerCode": self._partner_code,
                # The supplier's protocol, not a way to keep passwords: it takes the MD5 instead of the password.
                "passwd": hashlib.md5(self._password.encode(), usedforsecurity=False).hexdigest(),
                "userType": inferred.LOGIN_USER_TYPE,
            },
            is_read=True,
        )

        def understand(answer: HttpAnswer) -> str:
            body = messages.read(demand_success(ask.name, answer).body, call=ask.name)
            code = body.whole("code")
            if code != errors.DONE:
                # Whatever the reason, the order we log in for was not refused.
                raise Unintelligible(f"{ask.name}: the login was refused", vendor_code=str(code))
            token = inferred.token_of_login(body.raw, answer.headers)
            if token is None:
                raise Unintelligible(f"{ask.name}: field token is missing", field="token")
            return token

        return self._http.ask(self._call(ask, ""), deadline=deadline, understand=understand)

    def _call(self, ask: _Ask, token: str) -> HttpCall:
        headers = {"Accept": "application/json", "Accept-Language": self._language}
        body = None if ask.body is None else messages.write(ask.body).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token:
            headers["x-access-token"] = token
        method = "GET" if body is None else "POST"
        return HttpCall(VENDOR, ask.operation, method, self._base_url + ask.path, headers, body, ask.is_read)


def _demand_done(body: Fields, ask: _Ask) -> None:
    if inferred.is_bare_answer(body.raw):
        return
    code = body.whole("code")
    if code == errors.TOKEN_EXPIRED:
        raise errors.TokenRejected(ask.name, vendor_code=str(code))
    if code != errors.DONE:
        message: Any = body.raw.get("message")
        words = message if isinstance(message, str) else ""
        raise errors.error_for(code, words, call=ask.name, is_pre_order=ask.is_pre_order)


def _hold(body: Fields) -> Hold:
    data = body.inside("data")
    return Hold(
        order_id=data.text("id"),
        order_no=data.text("orderNo"),
        plan_name=data.text_or("packageName", ""),
        ordered_at=_moment(data.text_or("orderTime", "")),
    )


def _moment(text: str) -> dt.datetime | None:
    """The supplier's time stamp, aware; None when there is none we can read, since nothing hangs on it."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(dt.UTC) if moment.tzinfo else None


def _nothing(_body: Fields) -> None:
    return None
