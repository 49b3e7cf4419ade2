"""Makers for the tests of SIMs: clients of both families, answers in both shapes, signed answers."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from storefront.gateways.http import Http
from storefront.gateways.linksfield.csss import Csss
from storefront.gateways.linksfield.mall import Mall
from storefront.gateways.linksfield.mall_operations import MallSettings
from storefront.gateways.linksfield.signing import CsssSigner, MallSigner

SAMPLES = Path(__file__).parent / "samples"
ICCID = "89852420180910340793"
CSSS_ICCID = "89852022018041800192"
SECRET = "csss-secret"
NOW = dt.datetime.fromtimestamp(1643251754, dt.UTC)


def sample(name: str) -> Any:
    """A published sample."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


def new_mall(http: Http, url: str, **changes: Any) -> Mall:
    """A Mall client whose directories are told apart by a prefix."""
    wanted: dict[str, Any] = {"partner_code": "P000270"} | {
        name: changes.pop(name)
        for name in ("language_code", "mark", "terminal", "accept_language", "partner_code")
        if name in changes
    }
    settings = MallSettings(shop_url=f"{url}/vshop", payment_url=f"{url}/payment/", order_url=f"{url}/topup", **wanted)
    return Mall(http, settings, **({"signer": MallSigner(), "deadline": 3.0, "now": lambda: NOW} | changes))


def new_csss(http: Http, url: str, **changes: Any) -> Csss:
    """A CSSS client."""
    wanted: dict[str, Any] = {
        "access_code": "P000270",
        "signer": CsssSigner(SECRET),
        "deadline": 3.0,
        "now": lambda: NOW,
    }
    return Csss(http, base_url=url, **(wanted | changes))


def done(data: Any) -> dict[str, Any]:
    """A good Mall answer in its envelope."""
    return {"operateCode": "S", "message": "success", "data": data}


def failed(message: str = "card is not usable", code: str = "E") -> dict[str, Any]:
    """A failure of Mall."""
    return {"operateCode": code, "message": message, "data": None}


def good(data: Any) -> dict[str, Any]:
    """A good CSSS answer without a signature."""
    return {"code": "0000", "data": data, "message": "成功", "success": True}


def signed(answer: dict[str, Any], secret: str = SECRET) -> dict[str, Any]:
    """The same CSSS answer, its data signed with our secret."""
    data = {name: value for name, value in answer["data"].items() if name != "sign"}
    return answer | {"data": data | {"sign": CsssSigner(secret).sign(data)}}


def body_of(request: bytes) -> Any:
    """The JSON a server was sent."""
    return json.loads(request.partition(b"\r\n\r\n")[2])
