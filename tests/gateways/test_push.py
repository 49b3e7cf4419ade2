"""Pushes: only those signed with one of our keys in these five minutes, about something, are heard."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from typing import Any

import pytest

from storefront.gateways.linksfield.push import PushDoor, PushNotice
from storefront.kernel.errors import Refused

NOW = dt.datetime.fromtimestamp(1643251754, dt.UTC)
KEYS = {"k1": "first", "k2": "second", "empty": ""}
BODY = {"transaction_id": "T1", "deviceCode": "89852420180910340793", "orderNo": "L1", "requestOrderId": "0190-a"}


def pushed(body: Any, *, key: str = "k1", secret: str = "first", **changes: str) -> tuple[bytes, dict[str, str]]:
    """A push signed the provisional way, written down here a second time."""
    headers = {
        "X-LF-Notification-Version": "1.0",
        "x-lf-algo": "HMAC-SHA1",
        "x-lf-timestamp": "1643251754",
        "Content-Type": "application/json",
    } | changes
    covered = {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-lf-")}
    kept = {name: value for name, value in (body | covered).items() if value not in ("", None)}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()
    return json.dumps(body).encode(), headers | {"x-lf-signature": f"{key}/{signature}"}


@pytest.fixture
def door() -> PushDoor:
    """The door under test."""
    return PushDoor(KEYS, now=lambda: NOW)


def test_a_good_push_is_a_plain_notice(door: PushDoor) -> None:
    """Under each of several keys, with seconds or milliseconds, whatever the case of the header names."""
    notice = PushNotice("T1", "89852420180910340793", "L1", "0190-a")
    assert door.read(*pushed(BODY)) == notice
    assert door.read(*pushed(BODY, key="k2", secret="second")) == notice
    assert door.read(*pushed(BODY, **{"x-lf-timestamp": "1643251754999"})) == notice


def test_what_it_is_about_may_stand_inside_and_in_other_words(door: PushDoor) -> None:
    """A body inside ``data``; without a number of its own the push is known by its bytes."""
    payload, headers = pushed({"data": {"sim_id": "8985", "purchase_order_id": "0190-a"}})
    notice = door.read(payload, headers)
    assert (notice.iccid, notice.order_no, notice.request_id) == ("8985", "", "0190-a")
    assert len(notice.notice_id) == 64


def test_a_changed_push_is_refused(door: PushDoor) -> None:
    """Another SIM, another time, another key."""
    payload, headers = pushed(BODY)
    for odd_payload, odd_headers in (
        (payload.replace(b"0793", b"0794"), headers),
        (payload, headers | {"x-lf-timestamp": "1643251755"}),
        (payload, headers | {"x-lf-signature": headers["x-lf-signature"].replace("k1/", "k2/")}),
        (payload, headers | {"x-lf-new": "1"}),
    ):
        with pytest.raises(Refused):
            door.read(odd_payload, odd_headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-lf-signature", ""),
        ("x-lf-signature", "k1"),
        ("x-lf-signature", "nobody/AAAA"),
        ("x-lf-signature", "k1/é"),
        ("x-lf-signature", "empty/AAAA"),
        ("x-lf-algo", "md5"),
        ("x-lf-algo", ""),
        ("X-LF-Notification-Version", "2.0"),
        ("x-lf-timestamp", ""),
        ("x-lf-timestamp", str(1643251754 - 301)),
        ("x-lf-timestamp", str((1643251754 + 301) * 1000)),
        ("x-lf-timestamp", "now"),
    ],
)
def test_headers_that_do_not_fit_are_refused(door: PushDoor, name: str, value: str) -> None:
    """Each names the header that is wrong."""
    payload, headers = pushed(BODY, **({} if name == "x-lf-signature" else {name: value}))
    with pytest.raises(Refused) as no:
        door.read(payload, headers | {name: value})
    assert no.value.field == name.lower()


def test_without_keys_nothing_comes_in() -> None:
    """An empty secret is no key."""
    for keys in ({}, {"k1": ""}):
        with pytest.raises(Refused):
            PushDoor(keys, now=lambda: NOW).read(*pushed(BODY, secret=""))


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b'{"a":"\\ud800"}', b'{"a":' * 900 + b"1" + b"}" * 900])
def test_a_body_that_is_no_json_is_refused(door: PushDoor, payload: bytes) -> None:
    """Whatever stands in it, nothing but a refusal comes out."""
    _, headers = pushed(BODY)
    with pytest.raises(Refused):
        door.read(payload, headers)


def test_a_push_about_nothing_is_refused(door: PushDoor) -> None:
    """Signed well, but it names neither SIM nor order."""
    with pytest.raises(Refused):
        door.read(*pushed({"transaction_id": "T1"}))
    with pytest.raises(Refused):
        door.read(*pushed({"deviceCode": ["8985"]}))


def test_what_the_signature_covers_can_be_exchanged() -> None:
    """Until the supplier says, the text is a plug-in."""
    signature = base64.b64encode(hmac.digest(b"first", b"1643251754", "sha1")).decode()
    _, headers = pushed(BODY)
    door = PushDoor(KEYS, texts_of=lambda named, _body: [named["x-lf-timestamp"]], now=lambda: NOW)
    assert door.read(json.dumps(BODY).encode(), headers | {"x-lf-signature": f"k1/{signature}"}).order_no == "L1"
