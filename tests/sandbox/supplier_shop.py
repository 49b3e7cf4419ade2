"""A shop in miniature for the pretend supplier's tests: it logs in, holds, notifies and asks over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from storefront.sandbox import server

SAMPLES = Path(__file__).parents[1] / "gateways" / "samples"
SAMPLE = json.loads((SAMPLES / "pre_order_request.json").read_text())
PARTNER = SAMPLE["partnerCode"]
LOGIN = {"appId": 12, "email": "shop@example.com", "partnerCode": PARTNER, "passwd": "ab" * 16, "userType": 4}


class Shop:
    """What a shop does with the supplier."""

    def __init__(self, running: server.Running) -> None:
        self.running = running
        self.world = running.world
        self.session = requests.Session()
        self.token = ""

    def ask(self, path: str, body: Any = None, *, method: str = "POST", **options: Any) -> requests.Response:
        """One call as it is answered; JSON unless told."""
        headers = {"x-access-token": self.token} if self.token else {}
        return self.session.request(
            method, f"{self.running.url}/linksfield{path}", json=body, headers=headers, timeout=10, **options
        )

    def call(self, path: str, body: Any = None, **options: Any) -> Any:
        """One call and its JSON; the supplier answers everything with HTTP 200."""
        answer = self.ask(path, body, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def log_in(self) -> None:
        self.token = self.call("/user/emailLogin", LOGIN)["data"]["token"]

    def detail(self, package: int = SAMPLE["id"]) -> Any:
        return self.call("/v1.1/package/detail", method="GET", params={"id": package})["data"]

    def pre_order(self, path: str = "/v1.1/package/preOrderPackage", **changes: Any) -> Any:
        body = {name: value for name, value in {**SAMPLE, **changes}.items() if value is not None}
        return self.call(path, body)

    def held(self) -> str:
        answer = self.pre_order()
        assert answer["code"] == 0, answer
        return str(answer["data"]["id"])

    def notice(self, order: str, **changes: Any) -> Any:
        body = {
            "dateTime": "1670228581",
            "orderId": order,
            "partnerCode": PARTNER,
            "payAmount": "5",
            "payCurrency": "USD",
            "type": "payment_intent.succeeded",
        }
        body = {name: value for name, value in {**body, **changes}.items() if value is not None}
        return self.call("/v1.1/payment/webhook", body)

    def status(self, order: str) -> Any:
        return self.call("/package/queryOrdStatusAndEmail", {"orderId": order})

    def profile(self, order: str) -> Any:
        return self.call("/v1.1/order/myEsimDetail", {"orderId": order})

    def control(self, verb: str, body: Any = None, *, method: str = "POST") -> Any:
        answer = self.session.request(method, f"{self.running.url}/control/{verb}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stock(self, package: int = SAMPLE["id"]) -> int:
        return self.world.supplier.catalogue.packages[package].stock


@contextmanager
def open_shop(**options: Any) -> Iterator[Shop]:
    running = server.start(**options)
    shop = Shop(running)
    shop.log_in()
    yield shop
    shop.session.close()
    running.stop()
