"""The CSSS family: usage, orders and state of SIMs. Signed with the account's secret, within five minutes."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any

from storefront.sandbox.http import Request
from storefront.sandbox.linksfield.answers import to_json
from storefront.sandbox.linksfield.sims import csss_inferred as inferred
from storefront.sandbox.linksfield.sims import misfortunes
from storefront.sandbox.linksfield.sims.door import Answer, Call, Refused
from storefront.sandbox.linksfield.sims.registry import Sims, plans_for
from storefront.sandbox.linksfield.sims.signatures import SIGN, csss_sign
from storefront.sandbox.linksfield.sims.sim import Sim

VERSION = "2.0"
DONE = "0000"
CLOCK_SECONDS = 300
_MILLISECOND_DIGITS = 13
_MOST_PERIODS = 12
_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_FILTERS = ("device_id", "order_id", "order_status", "order_type")
_TYPES = ("0", "1", "2", "3", "4", "5")
_FLAGS = ("0", "1")
_PAID = "2"


class Csss:
    """The calls. They expect the world's lock; `read` and the wrapping do not."""

    name = misfortunes.CSSS
    prefix = "/linksfield-csss"
    failure = "9999"

    def __init__(self, sims: Sims, accounts: Mapping[str, str]) -> None:
        self._sims = sims
        self._accounts = dict(accounts)

    def operations(self) -> Mapping[tuple[str, str], tuple[str, Answer]]:
        """By method and path."""
        return {
            ("POST", "/device/queryDevice"): ("query_device", self.device),
            ("POST", "/device/syncAssetInfo"): ("sync_asset_info", self.assets),
            ("POST", "/flow/queryDeviceFlowUsage"): ("query_device_flow_usage", self.usage),
            ("POST", "/flow/getInfoByDeviceId"): ("get_info_by_device_id", self.remaining),
            ("POST", "/package/orderPackage"): ("order_package", self.order_package),
            ("POST", "/package/queryOrder"): ("query_order", self.orders),
        }

    def read(self, request: Request) -> dict[str, Any]:
        """A JSON object of version 2.0, from a known account, signed with its secret, not older than five minutes."""
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            raise _wrong("Content-Type must be application/json")
        try:
            values = json.loads(request.body)
        except (ValueError, RecursionError):
            raise _wrong("the body is not JSON") from None
        if not isinstance(values, dict):
            raise _wrong("the body is not a JSON object")
        for name in ("access_code", "timestamp", SIGN):
            _text(values, name)
        if values.get("version") != VERSION:
            raise _wrong(f"parameter version must be {VERSION}")
        secret = self._accounts.get(values["access_code"])
        if secret is None:
            raise Refused(inferred.UNKNOWN_ACCOUNT, "unknown access_code")
        if values[SIGN] != csss_sign(values, secret):
            raise Refused(inferred.WRONG_SIGN, "sign error")
        self._check_time(values["timestamp"])
        return values

    def wrap(self, call: Call, data: Any, request: Request) -> bytes:
        """With data.sign, except where data is a list or says itself that there is none."""
        is_bad = call.fault is not None and call.fault.kind == "bad_sign"
        if isinstance(data, dict) and (is_bad or SIGN not in data):
            rest = {name: value for name, value in data.items() if name != SIGN}
            signed = {**rest, "forged": "1"} if is_bad else rest
            data = {SIGN: csss_sign(signed, self._accounts[call.values["access_code"]]), **rest}
        message = "Success" if _is_english(request) else "成功"
        return to_json({"code": DONE, "data": data, "message": message, "success": True})

    def refuse(self, refused: Refused, request: Request) -> bytes:
        """No failed answer is published: taken as the envelope without data."""
        return to_json({"code": refused.code, "data": None, "message": refused.message, "success": False})

    def usage(self, call: Call) -> Any:
        """Usage of the order in use."""
        return inferred.usage(self._sim(call), self._sims.now())

    def remaining(self, call: Call) -> Any:
        """What the operator says is left."""
        return inferred.remaining(self._sim(call), self._sims.now())

    def device(self, call: Call) -> Any:
        """Life cycle and the plan in use."""
        return inferred.device(self._sim(call), self._sims.now())

    def assets(self, call: Call) -> Any:
        """All SIMs of the account."""
        now, account = self._sims.now(), call.values["access_code"]
        return [inferred.asset(sim, now) for sim in self._sims.all() if sim.is_of(account)]

    def orders(self, call: Call) -> Any:
        """One page of the orders, oldest first; empty filters are none."""
        values, now = call.values, self._sims.now()
        page, size = _whole(values, "page_no"), _whole(values, "page_size")
        if size > inferred.MOST_ON_A_PAGE:
            raise _wrong(f"parameter page_size must be 1 to {inferred.MOST_ON_A_PAGE}")
        for name in _FILTERS:
            if not isinstance(values.get(name, ""), str):
                raise _wrong(f"parameter {name} must be a string")
        wanted = {"iccid": values.get("device_id"), "code": values.get("order_id")}
        found = [
            order
            for order in self._sims.orders()
            if order.is_paid
            and order.partner in ("", values["access_code"])
            and all(not value or getattr(order, name) == value for name, value in wanted.items())
            and values.get("order_status") in (None, "", order.stage(now).value)
            and values.get("order_type") in (None, "", order.plan.kind)
        ]
        shown = found[(page - 1) * size : page * size]
        sims = {order.iccid: self._sims.find(order.iccid) for order in shown}
        entries = [
            inferred.package_order(order, now, sim.moment(now) if (sim := sims[order.iccid]) else now)
            for order in shown
        ]
        return {
            "page": {
                "cur_page_no": page,
                "page_size": size,
                "total_count": len(found),
                "total_pages": math.ceil(len(found) / size),
            },
            "package_order": entries,
            "package_order_num": len(entries),
        }

    def order_package(self, call: Call) -> Any:
        """A plan on the account's bill; what is not opened at once waits until somebody enables it."""
        sim, values = self._sim(call), call.values
        for name, allowed in {"global_order": _FLAGS, "is_open": _FLAGS, "test_flow_flag": _FLAGS}.items():
            _one_of(values, name, allowed)
        _one_of(values, "package_type", _TYPES)
        _one_of(values, "pay_rst", (_PAID,))
        for name in ("package_name", "pay_amount", "test_flow"):
            _text(values, name)
        if not _AMOUNT.fullmatch(values["pay_amount"]):
            raise _wrong("parameter pay_amount must have two decimals")
        periods = _one_of(values, "order_period", tuple(str(number) for number in range(1, _MOST_PERIODS + 1)))
        plan = next((each for each in plans_for(sim) if each.code == _text(values, "package_code")), None)
        if plan is None:
            raise Refused(inferred.NO_SUCH_PLAN, "the package cannot be ordered")
        now = self._sims.now()
        hidden, late = misfortunes.delays(call.fault)
        soon = now + max(hidden, late or self._sims.settings.apply_after)
        order = self._sims.place(
            sim,
            plan,
            made_at=now,
            periods=int(periods),
            code=f"ORDER_{int(now * 1000)}{len(self._sims.top_ups()):04d}",
            applies_at=soon if values["is_open"] == "1" else math.inf,
            shows_at=now + hidden,
            partner=values["access_code"],
            is_top_up=True,
        )
        return {SIGN: None, "order_id": order.code, "order_start_date": None, "order_expire_date": None}

    def _sim(self, call: Call) -> Sim:
        sim = self._sims.find(_text(call.values, "device_id"))
        if sim is None or not sim.is_of(call.values["access_code"]):
            raise Refused(inferred.NO_SUCH_SIM, "the device does not exist")
        return sim

    def _check_time(self, stamp: str) -> None:
        """Seconds or milliseconds since 1970, compared with Internet time, which no moved clock moves."""
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _MILLISECOND_DIGITS):
            raise Refused(inferred.WRONG_TIME, "timestamp error")
        at = int(stamp) / 1000 if len(stamp) == _MILLISECOND_DIGITS else int(stamp)
        if abs(at - time.time()) > CLOCK_SECONDS:
            raise Refused(inferred.WRONG_TIME, "timestamp error: more than five minutes from Internet time")


def _is_english(request: Request) -> bool:
    return request.headers.get("accept-language", "").lower().startswith("en")


def _wrong(message: str) -> Refused:
    return Refused(inferred.WRONG_PARAMETERS, message)


def _text(values: dict[str, Any], name: str) -> str:
    """A string that must not be empty."""
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(f"parameter {name} must be a string and not empty")
    return value


def _whole(values: dict[str, Any], name: str) -> int:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(f"parameter {name} must be a whole number from 1")
    return value


def _one_of(values: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = _text(values, name)
    if value not in allowed:
        raise _wrong(f"parameter {name} must be one of {', '.join(allowed)}")
    return value
