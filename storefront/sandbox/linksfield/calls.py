"""What each call of the pretend supplier checks and does; strict where its pages are clear."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from storefront.sandbox.http import Request
from storefront.sandbox.linksfield import answers, inferred
from storefront.sandbox.linksfield.accounts import Accounts
from storefront.sandbox.linksfield.answers import COVERAGE_INCLUDES, COVERAGE_IS_ONLY, Shelf, envelope
from storefront.sandbox.linksfield.catalogue import Catalogue
from storefront.sandbox.linksfield.checks import WRONG_PARAMETERS, Body, Refusal
from storefront.sandbox.linksfield.orders import (
    NO_SUCH_ORDER,
    PAYMENT_FAILED,
    PAYMENT_SUCCEEDED,
    PRICE_DIFFERS,
    Order,
    Orders,
)
from storefront.sandbox.linksfield.package import Package
from storefront.sandbox.world import World

TIME_NOT_UNDERSTOOD = 1102
_APPS = (12, 10, 14)
_USER_TYPES = (4, 3, 2, 1)
_KINDS = (COVERAGE_INCLUDES, COVERAGE_IS_ONLY)
_DEVICE_TYPES = ("10",)
_HEX = frozenset("0123456789abcdefABCDEF")
_NO_NUMBER = Decimal("NaN")
_SECONDS_DIGITS = 10
_LONGEST_ID = 18


class Calls:
    """The calls by name; each takes a request, returns the body of its answer and raises Refusal.

    They take the world's lock for as long as they read or change what is kept.
    """

    def __init__(
        self,
        world: World,
        *,
        catalogue: Catalogue,
        shelf: Shelf,
        accounts: Accounts,
        orders: Orders,
        status_in_envelope: bool,
    ) -> None:
        self._world = world
        self.catalogue = catalogue
        self.shelf = shelf
        self.accounts = accounts
        self.orders = orders
        self._status_in_envelope = status_in_envelope

    def log_in(self, request: Request) -> bytes:
        """A new token for an account."""
        return self._enter(request, self.accounts.log_in)

    def register(self, request: Request) -> bytes:
        """A new account and its first token."""
        return self._enter(request, self.accounts.register)

    def _enter(self, request: Request, enter: Callable[[str, str], str]) -> bytes:
        body = Body.of(request)
        body.one_of("appId", _APPS)
        body.text("partnerCode")
        body.one_of("userType", _USER_TYPES)
        email, digest = body.text("email"), body.text("passwd")
        if "@" not in email:
            raise Refusal(WRONG_PARAMETERS, "parameter email must be an e-mail address")
        if len(digest) != 32 or not _HEX.issuperset(digest):
            raise Refusal(WRONG_PARAMETERS, "parameter passwd must be the MD5 of the password, 32 hex digits")
        with self._world.lock:
            return envelope(inferred.token_data(enter(email, digest.lower())))

    def countries(self, request: Request) -> bytes:
        """The country list, whatever country was asked for."""
        body = Body.of(request)
        body.whole_or_text("countryCode", may_be_empty=True)
        body.text("partnerCode")
        kind = body.one_of("type", _KINDS)
        with self._world.lock:
            return self.shelf.countries(int(kind))

    def packages(self, request: Request) -> bytes:
        """The package list of a country."""
        body = Body.of(request)
        body.text("partnerCode")
        kind = body.one_of("type", _KINDS)
        has_name = body.values.get("isoCountryName") not in (None, "")
        name = body.text("isoCountryName") if has_name else ""
        # Either says which country; the code wins when both are present.
        has_code = body.values.get("countryCode") not in (None, "")
        code = body.whole_or_text("countryCode") if has_code or not has_name else ""
        with self._world.lock:
            return self.shelf.packages(code, name, int(kind))

    def detail(self, request: Request) -> bytes:
        """One package in full."""
        number = str(Body.of(request).whole("id")) if request.method == "POST" else request.query.get("id", "")
        if not number:
            raise Refusal(WRONG_PARAMETERS, "parameter id is missing")
        with self._world.lock:
            return self.shelf.detail(self.package_of(number))

    def pre_order(self, request: Request) -> bytes:
        """Reserve a profile."""
        body = Body.of(request)
        currency, currency_id = body.text("currency"), body.whole("currencyId")
        body.one_of("deviceType", _DEVICE_TYPES)
        body.one_of("discountFlag", (0, 1))
        number, money = body.whole("id"), body.number("money")
        code, package_num = body.text("packageCode"), body.whole("packageNum")
        partner, period_num = body.text("partnerCode"), body.whole("periodNum")
        if package_num != 1:
            raise Refusal(WRONG_PARAMETERS, "parameter packageNum must be 1")
        with self._world.lock:
            package = self.package_of(str(number))
            price = package.price_in(currency)
            if code != package.code:
                raise Refusal(WRONG_PARAMETERS, "parameter packageCode is not that of the package id")
            if price is None:
                raise Refusal(WRONG_PARAMETERS, "parameter currency is not quoted for this package")
            if currency_id != price.currency.number:
                raise Refusal(WRONG_PARAMETERS, "parameter currencyId is not that of the currency")
            due = inferred.due(package, price, period_num)
            if due is None:
                raise Refusal(WRONG_PARAMETERS, "parameter periodNum is outside what may be ordered")
            if money != due:
                raise Refusal(PRICE_DIFFERS, "price inconsistent")
            order = self.orders.pre_order(
                package, partner=partner, money=money, currency=price.currency, period_num=period_num
            )
            return envelope(answers.pre_order(order, package_num))

    def notice(self, request: Request) -> bytes:
        """Take the result of a payment."""
        body = Body.of(request)
        stamp, order_id = body.text("dateTime"), body.whole_or_text("orderId")
        partner, amount = body.text("partnerCode"), body.text("payAmount")
        currency, kind = body.text("payCurrency"), body.one_of("type", (PAYMENT_SUCCEEDED, PAYMENT_FAILED))
        try:
            paid = Decimal(amount)
        except InvalidOperation:
            paid = _NO_NUMBER
        if not paid.is_finite():
            raise Refusal(WRONG_PARAMETERS, "parameter payAmount must be the text of a number")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) == _SECONDS_DIGITS):
            raise Refusal(TIME_NOT_UNDERSTOOD, "time conversion error")
        with self._world.lock:
            order = self.orders.find(order_id)
            if order.partner != partner:
                raise Refusal(NO_SUCH_ORDER, "the order does not exist")
            code, message = self.orders.notice(order, kind=str(kind), amount=paid, currency=currency)
        if code != 0:
            raise Refusal(code, message)
        return envelope(None, message=message)

    def status(self, request: Request) -> bytes:
        """Where an order stands; with 1 comes the activation code. Bare as in the published sample, unless told."""
        body = Body.of(request)
        with self._world.lock:
            order = self.order_of(body)
            code = order.profile.activation_code if order.profile else None
            data = {"orderPayStatus": int(order.standing), "qrCode": code}
        return envelope(data) if self._status_in_envelope else answers.to_json(data)

    def profile(self, request: Request) -> bytes:
        """My eSIM Detail of an order that has its profile."""
        body = Body.of(request)
        with self._world.lock:
            return envelope(self.orders.detail(self.order_of(body)))

    def order_of(self, body: Body) -> Order:
        """The order a body names, as it stands now. Raises Refusal 2 or 10008. Expects the lock."""
        return self.orders.find(body.whole_or_text("orderId"))

    def package_of(self, number: str) -> Package:
        """A package by its id as text. Raises Refusal. Expects the lock."""
        known = number.isascii() and number.isdigit() and len(number) <= _LONGEST_ID
        package = self.catalogue.packages.get(int(number)) if known else None
        if package is None:
            raise Refusal(WRONG_PARAMETERS, "parameter id is not a package on sale")
        return package
