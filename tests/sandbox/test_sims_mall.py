"""The pretend supplier's Mall family over a real socket: signatures, strictness, envelopes, every kind of SIM."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager

import pytest
import requests

from storefront.sandbox import server
from storefront.sandbox.linksfield.sims.population import KINDS

PARTNER = "P000270"
NOBODY = "89852420180910340801"
V1 = (
    '{"deviceCode":"89852420180910340793","languageCode":"1","mark":"0","partnerCode":"P000270","terminal":"1",'
    '"tradeTime":"1645683857572","tradeType":"singleVerify","url":"https://dist.linksfield.net/login","version":"3.0",'
    '"sign":"ea7a3bba7e345e0b8ca7f7e3b43d6e72"}'
)
V2 = (
    '{"area":"欧洲","deviceCode":"89852420180910340793","languageCode":"1","mark":"0","partnerCode":"P000270",'
    '"terminal":"0","tradeTime":"1645782486394","tradeType":"singleServicePlanPage","version":"3.0",'
    '"sign":"3fdb15332726c77cd792ea2328f98a80"}'
)
PLACEHOLDERS = ("b2a9e697bdff66049803d62ffeffccaf", "481e1335274f43b0070fcd94e0449fae")
PLAN = {
    "packageCode": "DP20190726001274",
    "servicePlanCode": "SP20190726001274",
    "servicePlanShowName": "Europe 33 countries 3GB/month",
    "payAmount": "12.36",
    "payCurrency": "USD",
}
ORDER = {**PLAN, "autoRenewal": "0", "orderPeriod": "1", "requestOrderId": "0190-a"}
PAID = {
    **ORDER,
    "orderNo": "NO2023060915590562022",
    "payId": "P000000002022",
    "payAccount": "1",
    "payType": "3",
    "payRst": "SUCCESS",
    "payStatus": "1",
    "payResultDate": "2022-06-07 15:10:35",
}
CLOSE = {"orderNo": "NO1", "payId": "P1"}
PAYMENT = {
    "email": "ada@traveller.example",
    "payId": "P1",
    "plan_id": "price_1",
    "pm_id": "pm_1",
    "payAmount": "12.36",
    "payCurrency": "usd",
}
NEEDED = {
    "/vshop/singleVerify": {},
    "/vshop/singleServicePlanPage": {},
    "/vshop/singleQueryOrder": {},
    "/vshop/queryAutoRenewalRecord": {},
    "/vshop/cancelAutoRenewalRecord": CLOSE,
    "/vshop/singleOrder": ORDER,
    "/vshop/synPartner/SynOrderInfo": PAID,
    "/payment/resultQuery": {"payId": "P1"},
    "/payment/stripeSubDirectly": PAYMENT,
}
ABOUT_SIMS = [path for path in NEEDED if path.startswith("/vshop")]
MAY_BE_ABSENT = {"servicePlanCode"}


def signature(values):
    """The published rule, written down once more."""
    taken = {name: values[name] for name in sorted(values) if values[name] not in ("", None) and name != "sign"}
    return hashlib.md5(json.dumps(taken, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


class Partner:
    """One who calls the Mall family with nothing but HTTP."""

    def __init__(self, running):
        self.world = running.world
        self.url = f"{running.url}/linksfield-mall"
        self.session = requests.Session()

    def sim(self, kind, which=0):
        return self.world.sims.some(kind, which).iccid

    def values(self, path, iccid, **more):
        about_sim = {"deviceCode": iccid, "languageCode": "1", "mark": "0", "terminal": "0"} if "vshop" in path else {}
        common = {"partnerCode": PARTNER, "tradeTime": "1645683857572", "tradeType": path.rpartition("/")[2]}
        values = {**about_sim, **common, "version": "3.0", **NEEDED.get(path, {}), **more}
        return {name: value for name, value in values.items() if value is not ...}

    def post(self, path, body, content_type="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return self.session.post(self.url + path, data=data, headers={"Content-Type": content_type}, timeout=5)

    def raw(self, path, iccid="", **more):
        values = self.values(path, iccid, **more)
        return self.post(path, {**values, "sign": signature(values)})

    def ask(self, path, iccid="", **more):
        answer = self.raw(path, iccid, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def look_up(self, **wanted):
        values = {"partnerCode": PARTNER, "version": "3.0", **wanted}
        query = {**values, "sign": signature(values)}
        answer = self.session.get(f"{self.url}/topup/mall/order", params=query, timeout=5).json()
        assert answer["operateCode"] == "S", answer
        return answer["data"]["orderList"]

    def statuses(self, iccid):
        return [each["orderStatus"] for each in self.ask("/vshop/singleQueryOrder", iccid)["data"]["orderList"]]


@contextmanager
def partner_of(**options):
    running = server.start(**options)
    made = Partner(running)
    try:
        yield made
    finally:
        made.session.close()
        running.stop()


@pytest.fixture
def mall():
    with partner_of() as made:
        yield made


def test_the_published_signed_examples_are_taken(mall):
    """V1 and V2 byte for byte, with the signatures printed beside them."""
    answer = mall.post("/vshop/singleVerify", V1).json()
    assert answer["operateCode"] == "S"
    assert answer["data"] == {"partnerCode": PARTNER, "deviceCode": "89852420180910340793"}
    plans = mall.post("/vshop/singleServicePlanPage", V2).json()["data"]["packageList"]
    assert "DP20190726001274" in {plan["packageCode"] for plan in plans}
    for example, path in ((V1, "/vshop/singleVerify"), (V2, "/vshop/singleServicePlanPage")):
        assert mall.post(path, example.replace("P000270", "P000271")).json()["message"] == "sign error"


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
@pytest.mark.parametrize("path", NEEDED)
def test_a_placeholder_signature_is_refused(mall, path, placeholder):
    """The two that recur on the pages belong to no body at all."""
    values = mall.values(path, mall.sim("in_use"))
    answer = mall.post(path, {**values, "sign": placeholder}).json()
    assert answer == {"operateCode": "E", "message": "sign error", "data": None}
    assert mall.world.sims.top_ups() == []


def test_what_is_empty_is_not_signed_and_what_is_there_is(mall):
    """Empty and null count for nothing, anything else for its raw characters; upper case is another signature."""
    values = mall.values("/vshop/singleVerify", mall.sim("in_use"), url="https://shop.example/é/欧洲")
    signed = {**values, "sign": signature(values)}
    assert mall.post("/vshop/singleVerify", {**signed, "area": "", "orgOrderId": None}).json()["operateCode"] == "S"
    for odd in ({"area": "0"}, {"url": "https://shop.example/"}, {"sign": signed["sign"].upper()}):
        assert mall.post("/vshop/singleVerify", {**signed, **odd}).json()["message"] == "sign error"


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (V1, "text/plain", "Content-Type"),
        (V1[:-1], "application/json", "not JSON"),
        ("[" * 100_000, "application/json", "not JSON"),
        ("[]", "application/json", "not a JSON object"),
        (V1.replace('"1"', "1", 1), "application/json", "languageCode must be a string"),
        (V1.replace('"0"', '{"a":1}', 1), "application/json", "mark must be a string"),
        (V1.replace("dist", "\\ud800"), "application/json", "sign error"),
    ],
)
def test_an_odd_body_is_refused_and_named(mall, body, content_type, words):
    """Not JSON, no object, a value that is no text, half a character."""
    answer = mall.post("/vshop/singleVerify", body, content_type)
    assert answer.status_code == 200, answer.text
    assert answer.json()["operateCode"] == "E"
    assert words in answer.json()["message"]


@pytest.mark.parametrize("path", NEEDED)
def test_every_needed_parameter_is_missed_by_its_name(mall, path):
    """Each left out in turn: a refusal that names it, and nothing is ordered."""
    sim = mall.sim("in_use")
    for name in mall.values(path, sim).keys() - MAY_BE_ABSENT:
        answer = mall.ask(path, sim, **{name: ...})
        assert answer["operateCode"] == "E", name
        assert name in answer["message"] or answer["message"] == "the order is not paid", name
    unsigned = mall.post(path, mall.values(path, sim)).json()
    assert (unsigned["operateCode"], unsigned["message"]) == ("E", "parameter sign must not be empty")
    assert mall.world.sims.top_ups() == []


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        ("/vshop/singleVerify", {"version": "1.0"}),
        ("/vshop/singleVerify", {"tradeTime": "2018-10-31"}),
        ("/vshop/singleVerify", {"tradeType": "singleOrder"}),
        ("/payment/resultQuery", {"tradeType": "singleOrder"}),
        ("/vshop/singleOrder", {"autoRenewal": "yes"}),
        ("/vshop/singleOrder", {"orderPeriod": "0"}),
        ("/vshop/singleOrder", {"orderPeriod": "13"}),
        ("/vshop/singleOrder", {"orderPeriod": "9" * 5000}),
        ("/vshop/singleOrder", {"orderPeriod": "2"}),
        ("/vshop/singleOrder", {"packageCode": "DP0"}),
        ("/vshop/singleOrder", {"servicePlanCode": "SP0"}),
        ("/vshop/singleOrder", {"payAmount": "12.360"}),
        ("/vshop/singleOrder", {"payCurrency": "GBP"}),
        ("/vshop/synPartner/SynOrderInfo", {"payStatus": "0"}),
        ("/vshop/synPartner/SynOrderInfo", {"payRst": "FAIL"}),
        ("/vshop/synPartner/SynOrderInfo", {"payResultDate": "2022-06-07"}),
        ("/payment/stripeSubDirectly", {"pm_id": "card_1"}),
    ],
)
def test_an_odd_parameter_changes_nothing(mall, path, odd):
    """Another version, number, plan, price or payment than there is."""
    answer = mall.ask(path, mall.sim("in_use"), **odd)
    assert answer["operateCode"] == "E"
    assert mall.world.sims.top_ups() == []


def test_only_known_calls_are_answered(mall):
    """Another path or method is no call."""
    assert mall.raw("/vshop/singleVerifyAll", NOBODY).status_code == 404
    assert mall.raw("/topup/mall/order").status_code == 404
    assert mall.session.get(f"{mall.url}/vshop/singleVerify", timeout=5).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_sim(mall, kind):
    """Who may log in, what can be bought for it and what is on it."""
    sim = mall.sim(kind)
    if kind in {"locked", "foreign", "not_eligible"}:
        assert all(mall.ask(path, sim)["operateCode"] == "E" for path in ABOUT_SIMS)
        return
    assert mall.ask("/vshop/singleVerify", sim)["data"]["deviceCode"] == sim
    page = mall.ask("/vshop/singleServicePlanPage", sim)["data"]
    assert page["deviceCode"] == sim
    assert (page["packageList"] == []) is (kind in {"terminated", "no_plans"})
    assert mall.statuses(sim) == {"pre_activated": [], "expired": [], "queued": ["2", "1"]}.get(kind, ["2"])
    renewal = mall.ask("/vshop/queryAutoRenewalRecord", sim)["data"]
    assert bool(renewal) is kind.startswith("auto_renewing")


@pytest.mark.parametrize("path", ABOUT_SIMS)
def test_unknown_foreign_locked_and_not_eligible_are_told_alike(mall, path):
    """Byte for byte, headers included, whatever is asked."""
    told = [mall.raw(path, number) for number in (NOBODY, *map(mall.sim, ("foreign", "locked", "not_eligible")))]
    assert len({(each.status_code, each.content, tuple(each.headers.items())) for each in told}) == 1
    assert told[0].json()["operateCode"] == "E"


def test_a_sim_given_to_others_takes_its_orders_along(mall):
    """Its past is no longer ours to see, and comes back with it."""
    sim = mall.sim("in_use")
    assert len(mall.look_up(sim_id=sim)) == 1
    mall.world.sims.alter(sim, "foreign")
    assert mall.look_up(sim_id=sim) == mall.look_up(sim_id=NOBODY) == []
    assert mall.look_up(sim_id=mall.sim("foreign")) == []
    mall.world.sims.alter(sim, "own")
    assert len(mall.look_up(sim_id=sim)) == 1


def test_plans_of_an_area(mall):
    """In either language; an area nobody knows has none; a SIM for Asia is sold Asia only."""
    sim, asian = mall.sim("pre_activated"), mall.sim("in_use", 2)

    def codes(iccid, **area):
        page = mall.ask("/vshop/singleServicePlanPage", iccid, **area)["data"]["packageList"]
        return [plan["packageCode"] for plan in page]

    assert codes(sim, area="欧洲") == codes(sim, area="europe") != codes(sim, area="亚洲")
    assert set(codes(sim, area="欧洲")) < set(codes(sim)) == set(codes(sim, area=""))
    assert codes(sim, area="Atlantis") == []
    assert codes(asian) == codes(sim, area="Asia")


def test_the_older_answers_have_no_envelope():
    """Told to play them, only what always had an envelope keeps it; a refusal is one in either shape."""
    with partner_of(is_mall_flat=True) as mall:
        sim = mall.sim("auto_renewing")
        assert mall.ask("/vshop/singleVerify", sim) == {"partnerCode": PARTNER, "deviceCode": sim}
        assert mall.ask("/vshop/singleServicePlanPage", sim)["packageList"]
        assert mall.ask("/vshop/singleQueryOrder", sim)["operateCode"] == "S"
        record = mall.ask("/vshop/queryAutoRenewalRecord", sim)
        assert mall.ask("/vshop/cancelAutoRenewalRecord", sim, **{name: record[name] for name in CLOSE}) == {}
        assert mall.ask("/vshop/queryAutoRenewalRecord", sim) == {}
        taken = mall.ask("/vshop/synPartner/SynOrderInfo", sim)
        assert {"orderNo", "payId", "deviceCode", "partnerCode"} == set(taken)
        assert len(mall.look_up(purchase_order_id="0190-a")) == 1
        assert mall.ask("/vshop/singleVerify", NOBODY)["operateCode"] == "E"
