"""Events are believed only with a good, fresh signature, in our mode, about our account."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from storefront.gateways.stripe.notices import Notices
from storefront.kernel.errors import OutsideError, Refused, Unintelligible

SECRET = "whsec_test_of_the_house"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "livemode": False,
    "created": 1763670000,
    "data": {"object": {"id": "cs_test_1", "object": "checkout.session", "payment_intent": "pi_1"}},
}


def signed(payload: bytes, *, at: float | None = None, secret: str = SECRET) -> str:
    """A signature header as Stripe describes it, written from its description."""
    stamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def event(**changes: Any) -> bytes:
    """An event with some fields changed."""
    return json.dumps(EVENT | changes).encode()


NOTICES = Notices(SECRET, livemode=False)


def test_a_good_event_says_what_it_is_about() -> None:
    """Ids, type, mode and time are read; the payment intent comes along."""
    notice = NOTICES.read(event(), signed(event()))
    assert (notice.event_id, notice.type, notice.object_id) == ("evt_1", "checkout.session.completed", "cs_test_1")
    assert (notice.payment_id, notice.livemode) == ("pi_1", False)
    assert notice.created_at == dt.datetime.fromtimestamp(1763670000, dt.UTC)


@pytest.mark.parametrize(
    ("about", "payment"),
    [
        ({"id": "pi_2", "object": "payment_intent"}, "pi_2"),
        ({"id": "ch_1", "object": "charge", "payment_intent": "pi_3"}, "pi_3"),
        ({"id": "cs_1", "object": "checkout.session", "payment_intent": {"id": "pi_4", "object": "x"}}, "pi_4"),
        ({"id": "cs_1", "object": "checkout.session", "payment_intent": None}, None),
        ({"object": "balance"}, None),
    ],
)
def test_the_payment_of_an_event_is_found(about: dict[str, Any], payment: str | None) -> None:
    """Whatever kind of object an event is about, its payment intent is named; an object without id has an empty one."""
    payload = event(data={"object": about})
    notice = NOTICES.read(payload, signed(payload))
    assert (notice.object_id, notice.payment_id) == (about.get("id", ""), payment)


def test_one_good_signature_among_several_is_enough() -> None:
    """While a secret is rolled, Stripe signs with both."""
    good = signed(event())
    assert NOTICES.read(event(), good.replace(",v1=", ",v1=00,v0=11,v1=")).event_id == "evt_1"


@pytest.mark.parametrize(
    ("payload", "signature"),
    [
        pytest.param(event(), "", id="none"),
        pytest.param(event(), "garbage", id="garbage"),
        pytest.param(event(), "t=zero,v1=00", id="no-time"),
        pytest.param(event(), signed(event(), secret="whsec_other"), id="forged"),
        pytest.param(event() + b" ", signed(event()), id="changed"),
        pytest.param(event(), signed(event(), at=time.time() - 4000), id="stale"),
        pytest.param(event(), signed(event(), at=time.time() + 4000), id="future"),
        pytest.param(event(), signed(event()).replace("v1=", "v0="), id="old-scheme"),
    ],
)
def test_a_bad_signature_is_refused(payload: bytes, signature: str) -> None:
    """Forged, changed, stale and future notices are one refusal with one code."""
    with pytest.raises(Refused) as refused:
        NOTICES.read(payload, signature)
    assert refused.value.vendor_code == "bad_signature"


def test_without_a_secret_the_door_is_closed() -> None:
    """An empty secret is a known secret: a signature made with it must not open anything."""
    with pytest.raises(Refused) as refused:
        Notices("", livemode=False).read(event(), signed(event(), secret=""))
    assert refused.value.vendor_code == "door_closed"


@pytest.mark.parametrize(
    ("changes", "code"), [({"livemode": True}, "wrong_mode"), ({"account": "acct_other"}, "foreign_account")]
)
def test_an_event_that_is_not_ours_is_refused(changes: dict[str, Any], code: str) -> None:
    """A signed event of the other mode or of a connected account changes nothing here."""
    payload = event(**changes)
    with pytest.raises(Refused) as refused:
        NOTICES.read(payload, signed(payload))
    assert refused.value.vendor_code == code


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b"\xff",
        event(data=None),
        event(created="soon"),
        event(data={"object": "x"}),
        event(object="v2.core.event"),
        event(created=10**20),
    ],
)
def test_a_signed_riddle_is_unintelligible(payload: bytes) -> None:
    """Something that carries our signature and is no event is neither believed nor a crash."""
    with pytest.raises(OutsideError) as failed:
        NOTICES.read(payload, signed(payload))
    assert type(failed.value) in (Unintelligible, Refused)
