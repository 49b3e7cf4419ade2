"""What an ordered misfortune does to one call of the pretend supplier. No lock is held while anything here sleeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from storefront.sandbox.http import Response
from storefront.sandbox.linksfield.answers import envelope, to_json
from storefront.sandbox.world import Fault, World

PREFIX = "linksfield."
TARGETS = {
    "linksfield.login": "/user/emailLogin, /user/login, /user/emailRegister",
    "linksfield.country_list": "/package/countryPackageList",
    "linksfield.package_list": "/package/packageList, also v1.1",
    "linksfield.package_detail": "/package/detail, also v1.1",
    "linksfield.pre_order": "/v1.1/package/preOrderPackage, /v1.2/…",
    "linksfield.payment_notice": "/v1.1/payment/webhook",
    "linksfield.order_status": "/package/queryOrdStatusAndEmail",
    "linksfield.profile": "/order/myEsimDetail, also v1.1",
    "linksfield.*": "whichever of them is called next",
}
KINDS = {
    "timeout_before": "waits `seconds` (30), then closes the connection; nothing happened",
    "timeout_after": "it happens, then `seconds` (30) of silence and a closed connection",
    "reset_before": "a TCP reset at once; nothing happened",
    "reset_after": "it happens, then a TCP reset",
    "hang": "silence for `seconds` (30), then HTTP 504; nothing happened",
    "slow": "waits `seconds` (2), then all is well",
    "drip": "it happens; the answer comes one byte every `pause` (0.3) seconds, head included",
    "status": "HTTP `status` (500) with a web page; nothing happened, or with `effect` true it did",
    "html": "HTTP 200 with a web page instead of JSON; nothing happened, or with `effect` true it did",
    "malformed": "it happens, but the JSON of the answer breaks off half-way",
    "code": "answers `code` (9999) with `message` in the envelope; nothing happened",
    "sold_out": "the pre-order is told that no profile is left; a detail shows stock 0",
    "hold_lapsed": "the hold this call is about (or makes) lapses at once; its profile is released",
    "price_changed": "prices of the package rise by `factor` (1.1) just before the call; a notice is told 10009",
    "token_killed": "a newer login elsewhere ends every token just before the call",
    "missing_field": "the answer comes without `field` (of data, or of each entry of a list)",
    "bad_qr": "qrCode is `value`: `image` (an address), `base64`, `html`, or any text you give",
    "installed": "the profile is shown as installed on a phone",
}
ONLY_AT = {
    "sold_out": ("pre_order", "package_detail"),
    "hold_lapsed": ("pre_order", "payment_notice", "order_status", "profile"),
    "price_changed": ("pre_order", "package_detail", "payment_notice"),
    "bad_qr": ("order_status", "profile"),
    "installed": ("profile",),
}
PAGE = b"<!doctype html><html><head><title>Error</title></head><body><h1>We will be back soon</h1></body></html>"
_BAD_CODES = {
    "image": "https://qr.example.com/images/8985224000000000001.png",
    "base64": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA",
    "html": '<p>Your code: <img src="https://qr.example.com/8985.png" alt="QR"></p>',
}
JSON_TYPE = ("Content-Type", "application/json;charset=UTF-8")
_HTML_TYPE = ("Content-Type", "text/html;charset=UTF-8")


def seconds(fault: Fault, default: float = 30.0) -> float:
    """How long the misfortune lasts."""
    return float(fault.params.get("seconds", default))


def before(world: World, fault: Fault) -> Response | None:
    """What goes wrong before the call has any effect; a response ends the call here."""
    match fault.kind:
        case "timeout_before":
            world.pause(seconds(fault))
            return Response(abort=True)
        case "reset_before":
            return Response(abort=True, reset=True)
        case "hang":
            world.pause(seconds(fault))
            return _page(504)
        case "slow":
            world.pause(seconds(fault, 2.0))
        case "status" | "html" if not fault.params.get("effect"):
            return _page(_status(fault))
        case "code":
            code = int(fault.params.get("code", 9999))
            return answered(envelope(None, code=code, message=str(fault.params.get("message", "ordered fault"))))
    return None


def after(world: World, fault: Fault, response: Response) -> Response:
    """What goes wrong although the call had its effect."""
    match fault.kind:
        case "timeout_after":
            world.pause(seconds(fault))
            return Response(abort=True)
        case "reset_after":
            return Response(abort=True, reset=True)
        case "drip":
            response.drip = max(0.0001, float(fault.params.get("pause", 0.3)))
        case "status" | "html":
            return _page(_status(fault))
        case "malformed":
            response.body = response.body[: max(1, len(response.body) // 2)]
        case "missing_field":
            field = str(fault.params.get("field", ""))
            response.body = _changed(response.body, lambda data: data.pop(field, None))
        case "bad_qr":
            value = str(fault.params.get("value", "image"))
            response.body = _changed(response.body, lambda data: _replace_code(data, _BAD_CODES.get(value, value)))
        case "installed":
            response.body = _changed(response.body, lambda data: data.update(status="installed"))
        case "sold_out":
            response.body = _changed(response.body, lambda data: data.update(stock=0) if "stock" in data else None)
    return response


def answered(body: bytes) -> Response:
    """An ordinary answer."""
    return Response(200, [JSON_TYPE], body)


def _page(status: int) -> Response:
    return Response(status, [_HTML_TYPE], PAGE)


def _status(fault: Fault) -> int:
    return int(fault.params.get("status", 500)) if fault.kind == "status" else 200


def _replace_code(data: dict[str, Any], value: str) -> None:
    if data.get("qrCode"):
        data["qrCode"] = value


def _changed(body: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The answer with its data changed: the object, each entry of a list, or all of it when there is no envelope."""
    answer = json.loads(body)
    data = answer.get("data") if "code" in answer else answer
    for each in data if isinstance(data, list) else [data]:
        if isinstance(each, dict):
            change(each)
    return to_json(answer)
