"""The pretend supplier's CSSS family over a real socket: signatures, the clock rule, usage, paging, life cycles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest
import requests

from storefront.sandbox import server

ACCESS_CODE, SECRET = "1000000005", "pretend-csss-secret"
NOBODY = "89852420180910340801"
SAMPLES = Path(__file__).parents[1] / "gateways" / "samples"
DAY = 86_400
PAGE = {"page_no": 1, "page_size": 20}
ORDER = {
    "global_order": "0",
    "is_open": "1",
    "order_period": "1",
    "package_code": "DP20190726001274",
    "package_name": "Europe 33 countries 3GB/month",
    "package_type": "2",
    "pay_amount": "12.36",
    "pay_rst": "2",
    "test_flow": "0",
    "test_flow_flag": "0",
}
CALLS = {
    "/device/queryDevice": {},
    "/flow/queryDeviceFlowUsage": {},
    "/flow/getInfoByDeviceId": {},
    "/package/orderPackage": ORDER,
}


def signature(values, secret=SECRET):
    """The published rule, written down once more; whole numbers stand as they are sent, inner names are in order."""
    taken = {name: value for name, value in values.items() if value not in ("", None) and name != "sign"}
    content = json.dumps(taken, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha1).digest()).decode()


class Account:
    """One who calls the CSSS family with nothing but HTTP."""

    def __init__(self, running):
        self.world = running.world
        self.url = f"{running.url}/linksfield-csss"
        self.session = requests.Session()

    def sim(self, kind, which=0):
        return self.world.sims.some(kind, which).iccid

    def post(self, path, body, language="", content_type="application/json"):
        headers = {"Content-Type": content_type} | ({"Accept-Language": language} if language else {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.post(self.url + path, data=data, headers=headers, timeout=5)

    def raw(self, path, iccid=..., *, language="", secret=SECRET, **more):
        common = {"access_code": ACCESS_CODE, "timestamp": str(int(time.time())), "version": "2.0"}
        values = {**common, "device_id": iccid, **more}
        values = {name: value for name, value in values.items() if value is not ...}
        return self.post(path, {**values, "sign": signature(values, secret)}, language)

    def ask(self, path, iccid=..., **more):
        answer = self.raw(path, iccid, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def data(self, path, iccid=..., **more):
        answer = self.ask(path, iccid, **more)
        assert (answer["code"], answer["success"]) == ("0000", True), answer
        return answer["data"]

    def orders(self, iccid="", **more):
        return self.data("/package/queryOrder", iccid, **PAGE | more)

    def usage(self, iccid):
        return self.data("/flow/queryDeviceFlowUsage", iccid)


@pytest.fixture
def csss():
    running = server.start()
    made = Account(running)
    yield made
    made.session.close()
    running.stop()


def test_a_good_answer_is_signed_with_the_same_secret(csss):
    """Its data, without sign; a list carries none and an order's is null."""
    sim = csss.sim("in_use")
    for path in ("/device/queryDevice", "/flow/queryDeviceFlowUsage"):
        data = csss.data(path, sim)
        assert data["sign"] == signature(data)
    page = csss.orders(sim)
    assert page["sign"] == signature(page)
    assert isinstance(csss.data("/flow/getInfoByDeviceId", sim), list)
    assert isinstance(csss.data("/device/syncAssetInfo"), list)
    assert csss.data("/package/orderPackage", sim, **ORDER)["sign"] is None


def test_a_signature_of_other_data(csss):
    """When ordered, for one answer."""
    sim = csss.sim("in_use")
    csss.world.faults.arm("csss.query_device", "bad_sign", 1)
    spoilt, good = csss.data("/device/queryDevice", sim), csss.data("/device/queryDevice", sim)
    assert spoilt["sign"] != signature(spoilt)
    assert good["sign"] == signature(good)


@pytest.mark.parametrize(("seconds", "is_taken"), [(0, True), (-290, True), (290, True), (-310, False), (310, False)])
@pytest.mark.parametrize("unit", [1, 1000])
def test_the_five_minute_rule(csss, seconds, is_taken, unit):
    """In seconds or milliseconds, before or after; a moved clock of the sandbox moves no Internet time."""
    csss.world.clock.move(400 * DAY)
    answer = csss.ask("/device/queryDevice", csss.sim("in_use"), timestamp=str(int((time.time() + seconds) * unit)))
    assert (answer["code"] == "0000") is is_taken
    assert is_taken or answer == {
        "code": "1003",
        "data": None,
        "message": "timestamp error: more than five minutes from Internet time",
        "success": False,
    }


@pytest.mark.parametrize("stamp", ["now", "9" * 5000, "-1643251754", "1643251754", "1643251754.5"])
def test_a_stamp_that_is_none(csss, stamp):
    """Letters, a sign, a fraction, far too many digits, the example's of 2022."""
    assert csss.ask("/device/queryDevice", csss.sim("in_use"), timestamp=stamp)["code"] == "1003"


def test_who_may_ask(csss):
    """A wrong secret, an unknown account, another version, no signature: each its code, and no data."""
    sim = csss.sim("in_use")
    assert csss.ask("/device/queryDevice", sim, secret="another")["code"] == "1002"
    assert csss.ask("/device/queryDevice", sim, access_code="P012345")["code"] == "1004"
    assert csss.ask("/device/queryDevice", sim, version="1.0")["code"] == "1001"
    values = {"access_code": ACCESS_CODE, "timestamp": str(int(time.time())), "version": "2.0", "device_id": sim}
    assert csss.post("/device/queryDevice", values).json()["code"] == "1001"
    signed = {**values, "sign": signature(values)}
    assert csss.post("/device/queryDevice", {**signed, "order_id": "", "x": None}).json()["code"] == "0000"
    for odd in ({"device_id": csss.sim("in_use", 1)}, {"extra": "1"}, {"extra": "\ud800"}):
        assert csss.post("/device/queryDevice", {**signed, **odd}).json()["code"] == "1002"
    published = (SAMPLES / "csss_flow_usage_request.json").read_bytes()
    assert csss.post("/flow/queryDeviceFlowUsage", published).json()["data"] is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"{}", "text/plain"), (b"{", "application/json"), (b"[]", "application/json"), (b"\xff", "application/json")],
)
def test_an_odd_body_is_refused(csss, body, content_type):
    """No JSON, no object."""
    answer = csss.post("/device/queryDevice", body, content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (200, "1001")
    assert csss.session.get(f"{csss.url}/device/queryDevice", timeout=5).status_code == 404


@pytest.mark.parametrize("path", CALLS)
def test_every_needed_parameter_is_missed(csss, path):
    """Each left out, empty and of another type in turn: refused by its name, nothing ordered."""
    sim = csss.sim("in_use")
    needed = {"device_id": sim, **CALLS[path]}
    for name in ("access_code", "timestamp", "version", *needed):
        for odd in (..., "", 7):
            answer = csss.ask(path, **needed | {name: odd})
            assert (answer["code"], name in answer["message"]) == ("1001", True), (name, odd, answer)
    assert csss.world.sims.top_ups() == []


@pytest.mark.parametrize(
    "odd",
    [
        {"order_period": "13"},
        {"order_period": "9" * 5000},
        {"package_code": "DP0"},
        {"package_type": "6"},
        {"pay_rst": "1"},
        {"is_open": "yes"},
        {"pay_amount": "12.3"},
        {"pay_amount": "twelve"},
        {"device_id": NOBODY},
    ],
)
def test_an_odd_order_changes_nothing(csss, odd):
    """More periods, other plans, an order that is not paid, an amount without its two places."""
    answer = csss.ask("/package/orderPackage", **{"device_id": csss.sim("in_use"), **ORDER, **odd})
    assert answer["code"] != "0000"
    assert csss.world.sims.top_ups() == []


@pytest.mark.parametrize(
    "odd",
    [
        *({"page_no": odd} for odd in (..., 0, -1, "1", True, 1.5, None)),
        *({"page_size": odd} for odd in (..., 0, 101, "20")),
        *({name: 7} for name in ("device_id", "order_id", "order_status", "order_type")),
    ],
)
def test_an_odd_question_for_orders(csss, odd):
    """Pages are whole numbers from 1, of 1 to 100 orders; filters are text."""
    answer = csss.ask("/package/queryOrder", **PAGE | odd)
    assert (answer["code"], next(iter(odd)) in answer["message"]) == ("1001", True)


@pytest.mark.parametrize(("which", "pages"), [(0, [20, 20, 17, 0]), (1, [20] * 6 + [10, 0])])
def test_orders_come_in_pages(csss, which, pages):
    """Oldest first, each once, the last page short, none behind it; the counts say the same on every page."""
    sim = csss.sim("long_history", which)
    found = []
    for number, size in enumerate(pages, start=1):
        data = csss.orders(sim, page_no=number)
        assert data["page"] == {
            "cur_page_no": number,
            "page_size": 20,
            "total_count": sum(pages),
            "total_pages": len(pages) - 1,
        }
        assert data["package_order_num"] == len(data["package_order"]) == size
        found += data["package_order"]
    assert len({each["orderCode"] for each in found}) == sum(pages)
    assert [each["orderDate"] for each in found] == sorted(each["orderDate"] for each in found)
    assert {each["deviceId"] for each in found} == {each["device_id"] for each in found} == {sim}


def test_an_order_has_the_published_fields(csss):
    """All 22 of the sample, in its order and of its types; what has not begun has no dates; filters choose."""
    published = json.loads((SAMPLES / "csss_orders_answer.json").read_text())["data"]["package_order"][0]
    sim = csss.sim("queued", 1)
    orders = csss.orders(sim)["package_order"]
    for order in orders:
        assert set(order) == set(published)
        assert len(order) == 22
        for name, value in order.items():
            assert value is None or published[name] is None or type(value) is type(published[name]), name
    running, *waiting = orders
    assert [running["orderStatus"], *(each["orderStatus"] for each in waiting)] == ["2", "1", "1"]
    assert {(each["activeDate"], each["expireDate"]) for each in waiting} == {("", "")}
    assert csss.orders(sim, order_status="1")["package_order"] == waiting
    assert csss.orders(order_id=waiting[1]["orderCode"])["package_order"] == waiting[1:]
    assert csss.orders(sim, order_type="5")["page"]["total_count"] == 0
    assert csss.orders()["page"]["total_count"] > csss.orders(sim)["page"]["total_count"] == 3


def test_the_language_of_an_answer(csss):
    """Chinese unless English is asked for."""
    sim = csss.sim("in_use")
    for language, words in (("", "成功"), ("zh-CN", "成功"), ("en-US", "Success"), ("fr-FR", "成功")):
        assert csss.ask("/device/queryDevice", sim, language=language)["message"] == words
