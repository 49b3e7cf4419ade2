"""The pretend supplier over a real socket: shapes, strictness, every code, holds and the clock, stock."""

from __future__ import annotations

import json
import re
import threading

import pytest

from storefront.sandbox import server
from tests.sandbox.supplier_shop import LOGIN, SAMPLE, SAMPLES, Shop, open_shop

CODE = re.compile(r"LPA:1\$[A-Za-z0-9.-]+\.example\.(?:com|net|org)\$[A-Za-z0-9-]+(?:\$\$1)?", re.IGNORECASE)
LIST = {"countryCode": "", "partnerCode": "1", "type": 1}


@pytest.fixture
def shop():
    with open_shop() as opened:
        yield opened


@pytest.mark.parametrize("version", ["v1.1", "v1.2"])
def test_the_published_pre_order_is_taken_and_answered_in_the_published_shape(shop: Shop, version: str) -> None:
    """The sample request works as printed, and the answer has the sample's fields in its order with its types."""
    raw = shop.session.post(
        f"{shop.running.url}/linksfield/{version}/package/preOrderPackage",
        data=(SAMPLES / "pre_order_request.json").read_bytes(),
        headers={"Content-Type": "application/json", "x-access-token": shop.token},
        timeout=5,
    ).json()
    published = json.loads((SAMPLES / "pre_order_answer.json").read_text())
    assert list(raw) == list(published)
    assert {name: type(value) for name, value in raw["data"].items()} == {
        name: type(value) for name, value in published["data"].items()
    }
    assert raw["data"]["packageName"] == published["data"]["packageName"]
    assert re.fullmatch(r"ESIM_L\d{15}", raw["data"]["orderNo"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", raw["data"]["orderTime"])


def test_a_purchase_ends_with_a_code_that_looks_real(shop: Shop) -> None:
    """Waiting, notified in the published words, paid; status and profile agree on the code."""
    order = shop.held()
    assert shop.status(order) == {"orderPayStatus": 0, "qrCode": None}
    assert shop.profile(order)["code"] == 3005
    assert shop.notice(order) == json.loads((SAMPLES / "notice_done.json").read_text())
    paid, detail = shop.status(order), shop.profile(order)["data"]
    assert paid["orderPayStatus"] == 1
    assert CODE.fullmatch(paid["qrCode"])
    assert detail["qrCode"] == paid["qrCode"]
    assert re.fullmatch(r"89\d{17,18}", detail["iccid"])
    assert shop.call("/order/myEsimDetail", {"orderId": int(order)})["data"] == detail


@pytest.mark.parametrize("field", sorted(SAMPLE))
@pytest.mark.parametrize("value", [None, []])
def test_a_pre_order_without_a_field_is_refused_by_its_name(shop: Shop, field: str, value: object) -> None:
    """Missing or of another type: code 2, the field named, nothing reserved."""
    before = shop.stock()
    answer = shop.pre_order(**{field: value})
    assert answer["code"] == 2
    assert field in answer["message"]
    assert shop.stock() == before


@pytest.mark.parametrize("field", ["dateTime", "orderId", "partnerCode", "payAmount", "payCurrency", "type"])
def test_a_notice_without_a_field_changes_nothing(shop: Shop, field: str) -> None:
    """Code 2 names the field, and the order still waits for its notice."""
    order = shop.held()
    answer = shop.notice(order, **{field: None})
    assert (answer["code"], field in answer["message"]) == (2, True)
    assert shop.status(order)["orderPayStatus"] == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": 999}, 2),
        ({"packageCode": "LP0"}, 2),
        ({"currency": "EUR"}, 2),
        ({"currencyId": 3}, 2),
        ({"packageNum": 2}, 2),
        ({"periodNum": 2}, 2),
        ({"deviceType": 10}, 2),
        ({"money": 5.01}, 10009),
        ({"money": "5"}, 2),
    ],
)
def test_a_pre_order_must_match_the_detail(shop: Shop, changes: dict[str, object], code: int) -> None:
    """What differs from the quoted package is refused, a differing price with its own code."""
    assert shop.pre_order(**changes)["code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"dateTime": "yesterday"}, 1102),
        ({"orderId": "1"}, 10008),
        ({"orderId": "x" * 5000}, 10008),
        ({"partnerCode": "other"}, 10008),
        ({"payAmount": "5.01"}, 10009),
        ({"payAmount": "sNaN"}, 2),
        ({"payCurrency": "EUR"}, 10009),
        ({"type": "payment_intent.payment_succeed"}, 2),
        ({"payAmount": 5}, 2),
    ],
)
def test_every_refusal_of_a_notice_has_its_code(shop: Shop, changes: dict[str, object], code: int) -> None:
    """1102, 10008, 10009 and 2, each for its reason."""
    assert shop.notice(shop.held(), **changes)["code"] == code


def test_a_wrong_amount_ends_the_order(shop: Shop) -> None:
    """After 10009 the profile is free again, the status is 2, and the right amount comes too late."""
    before = shop.stock()
    order = shop.held()
    assert shop.notice(order, payAmount="500")["code"] == 10009
    assert shop.notice(order)["code"] == 10009
    assert shop.status(order)["orderPayStatus"] == 2
    assert shop.stock() == before


def test_a_failed_payment_releases_the_profile(shop: Shop) -> None:
    """The notice is taken, the order is dead with status 2, and somebody else can have the profile."""
    before = shop.stock()
    order = shop.held()
    assert shop.notice(order, type="payment_intent.payment_failed")["code"] == 0
    assert shop.status(order)["orderPayStatus"] == 2
    assert shop.stock() == before


def test_a_second_notice_is_answered_as_the_first(shop: Shop) -> None:
    """A repeat changes nothing, whatever it says."""
    order = shop.held()
    first = shop.notice(order)
    code = shop.status(order)["qrCode"]
    assert shop.notice(order, type="payment_intent.payment_failed") == first
    assert shop.status(order) == {"orderPayStatus": 1, "qrCode": code}
    assert shop.world.supplier.notices_taken() == {order: 2}


@pytest.mark.parametrize("minutes", [10, 60])
def test_a_hold_lapses_by_the_moved_clock(minutes: int) -> None:
    """A second before its end a notice still counts; at its end it is 6006 for good and the profile is free."""
    with open_shop(hold_minutes=minutes) as shop:
        before = shop.stock()
        in_time, late = shop.held(), shop.held()
        shop.world.clock.move(minutes * 60 - 2)
        assert shop.notice(in_time)["code"] == 0
        assert shop.status(late)["orderPayStatus"] == 0
        shop.world.clock.move(2)
        assert shop.notice(late) == {"code": 6006, "data": None, "message": "PreOrder Timeout"}
        assert shop.notice(late)["code"] == 6006
        assert shop.status(late)["orderPayStatus"] == 3
        assert shop.stock() == before - 1


def test_tokens(shop: Shop) -> None:
    """None and unknown ones are code 7, older ones outlive a new login, three days end them all."""
    first = shop.token
    shop.log_in()
    shop.token, second = first, shop.token
    assert shop.pre_order()["code"] == 0
    for token in ("", "nonsense"):
        shop.token = token
        assert shop.pre_order()["code"] == 7
    assert shop.call("/package/countryPackageList", LIST)["code"] == 0
    shop.token = second
    shop.world.clock.move(3 * 24 * 3600 + 1)
    assert shop.pre_order()["code"] == 7
    shop.log_in()
    assert shop.pre_order()["code"] == 0


def test_logins(shop: Shop) -> None:
    """A wrong password and an address registered twice are refused; both paths of the login work."""
    assert shop.call("/user/login", LOGIN)["data"]["token"]
    assert shop.call("/user/login", {**LOGIN, "passwd": "cd" * 16})["code"] != 0
    assert shop.call("/user/emailRegister", LOGIN)["code"] != 0
    assert shop.call("/user/emailRegister", {**LOGIN, "email": "new@example.com"})["data"]["token"]
    assert shop.call("/user/emailLogin", {**LOGIN, "passwd": "in clear"})["code"] == 2


def test_the_last_profiles_are_reserved_once_each(shop: Shop) -> None:
    """Eight threads after five profiles: five get one each, the others are told it is sold out."""
    shop.world.supplier.change_stock(SAMPLE["id"], 5)
    answers = []

    def grab() -> None:
        buyer = Shop(shop.running)
        buyer.token = shop.token
        answers.extend(buyer.pre_order() for _ in range(4))
        buyer.session.close()

    threads = [threading.Thread(target=grab) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    orders = [str(answer["data"]["id"]) for answer in answers if answer["code"] == 0]
    assert len(orders) == len(set(orders)) == 5
    assert {answer["code"] for answer in answers} == {0, 10010}
    for order in orders:
        shop.notice(order)
    assert len({shop.status(order)["qrCode"] for order in orders}) == 5


def test_a_sold_out_package_is_on_sale_again_when_holds_lapse(shop: Shop) -> None:
    """The pool gets a lapsed profile back by itself, at the next pre-order."""
    shop.world.supplier.change_stock(SAMPLE["id"], 1)
    shop.held()
    assert shop.pre_order()["code"] == 10010
    assert shop.detail()["stock"] == 0
    shop.world.clock.move(601)
    assert shop.pre_order()["code"] == 0


def test_what_is_no_call_and_no_json(shop: Shop) -> None:
    """An unknown path or method is 404; a body that is not a JSON object is code 2."""
    assert shop.ask("/nothing").status_code == 404
    assert shop.ask("/v1.1/payment/webhook", method="GET").status_code == 404
    for body in ("[1]", "{", '{"id": NaN}'):
        answer = shop.session.post(
            f"{shop.running.url}/linksfield/v1.1/package/detail",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=5,
        )
        assert answer.json()["code"] == 2


def test_the_minor_unit_and_the_envelope_can_be_played() -> None:
    """Notices in cents and an order status in the envelope are one option each."""
    with open_shop(money_unit="minor", status_in_envelope=True) as shop:
        order = shop.held()
        assert shop.notice(order, payAmount="500")["code"] == 0
        assert shop.status(order)["data"]["orderPayStatus"] == 1


def test_it_starts_and_stops_at_once() -> None:
    """Starting opens the port before it returns, and stopping closes it."""
    running = server.start()
    shop = Shop(running)
    assert shop.session.get(f"{running.url}/healthz", timeout=5).text == "ok"
    running.stop()
    with pytest.raises(OSError):
        shop.session.get(f"{running.url}/healthz", timeout=5)
    shop.session.close()
