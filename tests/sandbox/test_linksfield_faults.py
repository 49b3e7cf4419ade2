"""Every misfortune the pretend supplier can be ordered to have, once, over a real socket."""

from __future__ import annotations

import time

import pytest
import requests

from storefront.sandbox.linksfield.faults import KINDS, TARGETS
from tests.sandbox.supplier_shop import LOGIN, SAMPLE, Shop, open_shop

CALLS = {
    "linksfield.login": lambda shop: shop.ask("/user/emailLogin", LOGIN),
    "linksfield.country_list": lambda shop: shop.ask(
        "/package/countryPackageList", {"countryCode": "", "partnerCode": "1", "type": 1}
    ),
    "linksfield.package_list": lambda shop: shop.ask(
        "/v1.1/package/packageList", {"countryCode": 440, "partnerCode": "1", "type": 1}
    ),
    "linksfield.package_detail": lambda shop: shop.ask("/v1.1/package/detail", {"id": SAMPLE["id"]}),
    "linksfield.pre_order": lambda shop: shop.ask("/v1.2/package/preOrderPackage", SAMPLE),
    "linksfield.payment_notice": lambda shop: shop.ask("/v1.1/payment/webhook", {}),
    "linksfield.order_status": lambda shop: shop.ask("/package/queryOrdStatusAndEmail", {}),
    "linksfield.profile": lambda shop: shop.ask("/order/myEsimDetail", {}),
}


@pytest.fixture
def shop():
    with open_shop() as opened:
        yield opened


def arm(shop: Shop, kind: str, target: str = "pre_order", **params: object) -> None:
    """One misfortune for the next call."""
    shop.world.faults.arm(f"linksfield.{target}", kind, 1, **params)


def answers_ever(shop: Shop) -> bool:
    """Whether a pre-order gets an answer at all."""
    try:
        shop.pre_order()
    except requests.ConnectionError:
        return False
    return True


@pytest.mark.parametrize("target", sorted(CALLS))
def test_every_call_has_its_target(shop: Shop, target: str) -> None:
    """A fault for one operation, or for any, hits that operation, once, and is gone."""
    for wanted in (target, "linksfield.*"):
        shop.world.faults.arm(wanted, "status", 1, status=503)
        assert CALLS[target](shop).status_code == 503
        assert CALLS[target](shop).status_code == 200
    assert set(CALLS) | {"linksfield.*"} == set(TARGETS)


@pytest.mark.parametrize(
    ("kind", "params", "has_effect"),
    [
        ("timeout_before", {"seconds": 0.05}, False),
        ("timeout_after", {"seconds": 0.05}, True),
        ("reset_before", {}, False),
        ("reset_after", {}, True),
    ],
)
def test_an_answer_is_lost(shop: Shop, kind: str, params: dict[str, float], has_effect: bool) -> None:
    """The connection ends without a byte; the hold was made or was not, as the kind says."""
    before = shop.stock()
    arm(shop, kind, **params)
    started = time.monotonic()
    assert not answers_ever(shop)
    assert time.monotonic() - started >= params.get("seconds", 0)
    assert before - shop.stock() == int(has_effect)


@pytest.mark.parametrize(
    ("kind", "params", "status", "has_effect"),
    [
        ("status", {"status": 502}, 502, False),
        ("status", {"effect": True}, 500, True),
        ("html", {}, 200, False),
        ("malformed", {}, 200, True),
        ("hang", {"seconds": 0.05}, 504, False),
    ],
)
def test_an_answer_cannot_be_read(
    shop: Shop, kind: str, params: dict[str, object], status: int, has_effect: bool
) -> None:
    """A page, a server error or half a JSON comes back."""
    before = shop.stock()
    arm(shop, kind, **params)
    answer = CALLS["linksfield.pre_order"](shop)
    assert answer.status_code == status
    with pytest.raises(ValueError):
        answer.json()
    assert before - shop.stock() == int(has_effect)


def test_an_answer_is_slow(shop: Shop) -> None:
    """After the seconds all is well."""
    arm(shop, "slow", seconds=0.1)
    started = time.monotonic()
    assert shop.pre_order()["code"] == 0
    assert time.monotonic() - started >= 0.1


def test_an_answer_drips(shop: Shop) -> None:
    """Each byte comes alone, so that no read ever times out, yet the whole takes its time."""
    arm(shop, "drip", "package_detail", pause=0.0005)
    started = time.monotonic()
    answer = CALLS["linksfield.package_detail"](shop)
    assert answer.json()["code"] == 0
    assert time.monotonic() - started >= 0.0005 * len(answer.content)


def test_a_code_is_answered_without_effect(shop: Shop) -> None:
    """Any code can be ordered, and nothing happens behind it."""
    before = shop.stock()
    arm(shop, "code", code=3004)
    assert shop.pre_order()["code"] == 3004
    assert shop.stock() == before


def test_sold_out(shop: Shop) -> None:
    """A pre-order is refused and a detail shows no stock, for one call each."""
    arm(shop, "sold_out")
    arm(shop, "sold_out", "package_detail")
    assert shop.pre_order()["code"] == 10010
    assert shop.detail()["stock"] == 0
    assert shop.pre_order()["code"] == 0


@pytest.mark.parametrize(("target", "code"), [("payment_notice", 6006), ("order_status", 0)])
def test_a_hold_lapses_under_the_buyer(shop: Shop, target: str, code: int) -> None:
    """The hold a call is about is gone just before it, its profile free again."""
    before = shop.stock()
    order = shop.held()
    arm(shop, "hold_lapsed", target)
    if target == "payment_notice":
        assert shop.notice(order)["code"] == code
    assert shop.status(order)["orderPayStatus"] == 3
    assert shop.stock() == before


def test_a_hold_is_made_lapsed(shop: Shop) -> None:
    """A pre-order can hand out a hold that is over already."""
    arm(shop, "hold_lapsed")
    order = shop.held()
    assert shop.notice(order)["code"] == 6006


def test_a_price_changes(shop: Shop) -> None:
    """A rise just before the pre-order refuses the old price, shows in the detail and holds at the new one."""
    arm(shop, "price_changed", factor="1.5")
    assert shop.pre_order()["code"] == 10009
    assert shop.detail()["currencyInfos"][0]["price"] == 7.5
    assert shop.pre_order(money=7.5)["code"] == 0


def test_a_price_changes_under_a_notice(shop: Shop) -> None:
    """The notice is told 10009 and the order is dead."""
    order = shop.held()
    arm(shop, "price_changed", "payment_notice")
    assert shop.notice(order)["code"] == 10009
    assert shop.status(order)["orderPayStatus"] == 2


def test_a_newer_login_kills_the_token(shop: Shop) -> None:
    """The call is refused with 7 and has no effect; a new login mends it."""
    before = shop.stock()
    arm(shop, "token_killed")
    assert shop.pre_order()["code"] == 7
    assert shop.stock() == before
    shop.log_in()
    assert shop.pre_order()["code"] == 0


def test_a_field_is_missing(shop: Shop) -> None:
    """It is dropped from the data, from each entry of a list, or from an answer that has no envelope."""
    arm(shop, "missing_field", field="id")
    arm(shop, "missing_field", "package_list", field="id")
    arm(shop, "missing_field", "order_status", field="orderPayStatus")
    assert "id" not in shop.pre_order()["data"]
    assert all("id" not in each for each in CALLS["linksfield.package_list"](shop).json()["data"])
    assert shop.status(shop.held()) == {"qrCode": None}


@pytest.mark.parametrize(
    ("value", "start"), [("image", "https://"), ("base64", "data:image/"), ("html", "<p>"), ("LPA:2$x", "LPA:2$x")]
)
def test_a_code_is_unusable(shop: Shop, value: str, start: str) -> None:
    """An address, a picture, a page or any text stands where the code should, for one call."""
    order = shop.held()
    shop.notice(order)
    arm(shop, "bad_qr", "order_status", value=value)
    arm(shop, "bad_qr", "profile", value=value)
    assert shop.status(order)["qrCode"].startswith(start)
    assert shop.profile(order)["data"]["qrCode"].startswith(start)
    assert shop.status(order)["qrCode"].startswith("LPA:1$")


def test_a_profile_is_shown_as_installed(shop: Shop) -> None:
    """For one call, whatever it says otherwise."""
    order = shop.held()
    shop.notice(order)
    arm(shop, "installed", "profile")
    assert [shop.profile(order)["data"]["status"] for _ in range(2)] == ["installed", "1"]


def test_no_kind_is_without_a_test() -> None:
    """Every kind on the control page is one of those tried above."""
    tried = {"timeout_before", "timeout_after", "reset_before", "reset_after", "status", "html", "malformed", "hang"}
    tried |= {"slow", "drip", "code", "sold_out", "hold_lapsed", "price_changed", "token_killed", "missing_field"}
    assert tried | {"bad_qr", "installed"} == set(KINDS)
