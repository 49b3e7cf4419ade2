"""Carries the Stripe library's requests over our own HTTP door, so that its calls end in time like all others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import stripe

from storefront.gateways.calls import Deadline
from storefront.gateways.http import Http, HttpAnswer, HttpCall

VENDOR = "stripe"
_AN_ID = re.compile(r"/[a-z]{2,}_[A-Za-z0-9_]+(?=/|$)")


class Transport(stripe.HTTPClient):
    """An HTTP client for `stripe.StripeClient`; our `Unreachable` passes through the library as it is."""

    name = "storefront"

    def __init__(self, http: Http, *, seconds: float) -> None:
        super().__init__()
        self._http = http
        self._seconds = seconds

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        """One request of the library; raises `Unreachable` and `Unintelligible`, which it lets through."""
        body = post_data.encode() if isinstance(post_data, str) else post_data
        verb = method.upper()
        call = HttpCall(VENDOR, _operation(verb, url), verb, url, headers or {}, body, is_read=verb == "GET")
        answer = self._http.ask(call, deadline=Deadline(self._seconds), understand=_as_it_is)
        return answer.body.decode("utf-8", "replace"), answer.status, answer.headers

    def close(self) -> None:
        """Nothing to close: the sessions belong to the shared door."""


def _as_it_is(answer: HttpAnswer) -> HttpAnswer:
    return answer


def _operation(verb: str, url: str) -> str:
    """The request without ids and parameters, to be counted by: ``POST checkout/sessions/expire``."""
    path = url.split("?", 1)[0].split("/v1/", 1)[-1]
    return f"{verb} " + _AN_ID.sub("", "/" + path).strip("/")
