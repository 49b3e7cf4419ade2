"""Orders for SIMs at the pretend supplier: taken, paid, queued, begun by the clock, renewed, looked up, delivered."""

from __future__ import annotations

import html
from itertools import pairwise

import pytest

from storefront.sandbox.linksfield.profiles import luhn_digit
from storefront.sandbox.linksfield.sims import population
from storefront.sandbox.linksfield.sims.registry import FIRST_CONNECTION, Unfit, is_eligible
from tests.sandbox.supplier_shop import SAMPLE, open_shop
from tests.sandbox.test_sims_mall import PARTNER, PAYMENT, PLAN, Partner, partner_of

DAY = 86_400
SYN = "/vshop/synPartner/SynOrderInfo"


@pytest.fixture
def mall():
    with partner_of() as made:
        yield made


def closed(mall, sim):
    """Close the auto-renewal that is shown; what was shown."""
    shown = mall.ask("/vshop/queryAutoRenewalRecord", sim)["data"]
    if shown:
        named = {"orderNo": shown["orderNo"], "payId": shown["payId"]}
        assert mall.ask("/vshop/cancelAutoRenewalRecord", sim, **named)["data"] == {}
        assert mall.ask("/vshop/cancelAutoRenewalRecord", sim, **named)["operateCode"] == "E"
    return shown


def test_a_paid_order_begins_at_once_or_waits_its_turn(mall):
    """On an idle SIM it is in use; behind a plan in use it waits until the clock brings that one's end."""
    idle, busy = mall.sim("pre_activated"), mall.sim("in_use")
    answer = mall.ask(SYN, idle)
    assert answer["data"] == {
        "orderNo": "NO2023060915590562022",
        "payId": "P000000002022",
        "deviceCode": idle,
        "partnerCode": PARTNER,
    }
    assert mall.statuses(idle) == ["2"]
    assert mall.ask(SYN, busy, requestOrderId="0190-b", orderPeriod="2", payAmount="24.72")["operateCode"] == "S"
    entries = mall.ask("/vshop/singleQueryOrder", busy)["data"]["orderList"]
    assert [(each["orderStatus"], each["time"], each["unit"]) for each in entries] == [("2", "1", "2"), ("1", "2", "2")]
    assert "expireDate" not in entries[1]
    assert entries[1]["remainingDays"] == "60"
    mall.world.clock.move((int(entries[0]["remainingDays"]) + 1) * DAY)
    begun = mall.ask("/vshop/singleQueryOrder", busy)["data"]["orderList"]
    assert [each["orderStatus"] for each in begun] == ["2"]
    assert begun[0]["remainingDays"] in {"59", "58"}
    mall.world.clock.move(61 * DAY)
    assert mall.statuses(busy) == []


def test_several_queued_plans_begin_one_after_the_other(mall):
    """However far the clock jumps, each runs its own time from the end of the one before."""
    sim = mall.sim("queued", 2)
    assert mall.statuses(sim) == ["2", "1", "1", "1"]
    mall.world.clock.move(400 * DAY)
    orders = mall.world.sims.find(sim).orders
    assert mall.statuses(sim) == []
    for before, after in pairwise(orders):
        assert after.starts_at == max(before.ends_at, after.applies_at)


def test_a_pause_lets_nothing_begin(mall):
    """What waits begins when the SIM comes back."""
    sim = mall.sim("queued")
    mall.world.sims.alter(sim, "paused")
    mall.world.clock.move(40 * DAY)
    assert mall.statuses(sim) == ["1"]
    mall.world.sims.alter(sim, "normal")
    assert mall.statuses(sim) == ["2"]


def test_the_same_order_twice_is_two(mall):
    """The supplier does not recognise a repeat; a look-up by our number shows the newest paid one of them."""
    sim = mall.sim("pre_activated")
    for _ in range(2):
        assert mall.ask(SYN, sim)["operateCode"] == "S"
    mall.ask("/vshop/singleOrder", sim)
    first, second, unpaid = mall.look_up(sim_id=sim)
    assert [first["payStatus"], second["payStatus"], unpaid["payStatus"]] == ["1", "1", "0"]
    assert mall.look_up(purchase_order_id="0190-a") == [second]
    assert mall.statuses(sim) == ["2", "1"]


def test_which_key_of_a_look_up_counts(mall):
    """Our number before theirs before the SIM's, empty ones aside; none is refused; others' orders are not there."""
    one, other = mall.sim("pre_activated"), mall.sim("pre_activated", 1)
    mall.ask(SYN, one, requestOrderId="first")
    mall.ask(SYN, other, requestOrderId="second")
    (ours,), (theirs,) = mall.look_up(sim_id=one), mall.look_up(sim_id=other)
    everything = {"purchase_order_id": "first", "order_id": theirs["orderId"], "sim_id": other}
    assert mall.look_up(**everything) == [ours]
    assert mall.look_up(**everything | {"purchase_order_id": ""}) == [theirs]
    assert mall.look_up(**everything | {"purchase_order_id": "nobody's"}) == []
    assert mall.look_up(order_id="", sim_id=one) == [ours]
    assert mall.look_up(partnerCode="P000818", purchase_order_id="first") == []
    with pytest.raises(AssertionError, match="one of purchase_order_id"):
        mall.look_up(purchase_order_id="")


def test_the_suppliers_own_cashier(mall):
    """An order is unpaid until its payment method is taken; then it runs, and the supplier renews it."""
    sim = mall.sim("pre_activated")
    made = mall.ask("/vshop/singleOrder", sim, autoRenewal="1")["data"]
    assert made["payId"] == PARTNER + made["orderNo"]
    about = {"payId": made["payId"]}
    assert mall.ask("/payment/resultQuery", **about)["data"]["status"] == "pending"
    assert mall.statuses(sim) == []
    declined = mall.ask("/payment/stripeSubDirectly", **PAYMENT | about | {"pm_id": "pm_card_declined"})
    assert declined["status"] == "incomplete"
    assert mall.ask("/payment/resultQuery", **about)["data"]["status"] == "failed"
    assert mall.ask("/payment/stripeSubDirectly", **PAYMENT | about | {"payAmount": "1.00"})["operateCode"] == "E"
    taken = mall.ask("/payment/stripeSubDirectly", **PAYMENT | about)
    assert (taken["status"], set(taken)) == (
        "active",
        {"customer_id", "pay_method", "product_id", "status", "sub_id"},
    )
    assert mall.ask("/payment/stripeSubDirectly", **PAYMENT | about)["message"] == "the order is paid already"
    assert mall.ask("/payment/resultQuery", **about)["data"]["status"] == "paid"
    assert mall.statuses(sim) == ["2"]
    assert closed(mall, sim)["payId"] == made["payId"]


def test_auto_renewals_are_closed_one_after_the_other(mall):
    """Closing the newest brings up the one before; when none is left, what runs goes on until its end."""
    sim = mall.sim("auto_renewing_often")
    shown = [closed(mall, sim) for _ in range(4)]
    assert [bool(each) for each in shown] == [True, True, True, False]
    assert len({each["payId"] for each in shown[:3]}) == 3
    assert sorted((each["subscriptionTime"] for each in shown[:3]), reverse=True) == [
        each["subscriptionTime"] for each in shown[:3]
    ]
    assert mall.statuses(sim) == ["2"]
    mall.world.clock.move(60 * DAY)
    assert mall.statuses(sim) == []


def test_the_supplier_renews_by_the_clock(mall):
    """One plan follows the other for as long as an auto-renewal is active."""
    sim = mall.sim("auto_renewing")
    mall.world.clock.move(200 * DAY)
    assert mall.statuses(sim) == ["2"]
    assert len(mall.look_up(sim_id=sim)) in {7, 8}


def test_an_order_that_takes_effect_later(mall):
    """`not_yet` hides it, `apply_later` lets it wait, both by the moved clock; it is taken either way."""
    hidden, late = mall.sim("pre_activated"), mall.sim("pre_activated", 1)
    mall.world.faults.arm("mall.syn_order_info", "not_yet", 1, seconds=50)
    assert mall.ask(SYN, hidden, requestOrderId="hidden")["operateCode"] == "S"
    mall.world.faults.arm("mall.syn_order_info", "apply_later", 1, seconds=50)
    assert mall.ask(SYN, late, requestOrderId="late")["operateCode"] == "S"
    assert mall.look_up(purchase_order_id="hidden") == []
    assert mall.statuses(hidden) == []
    assert [each["orderStatus"] for each in mall.look_up(purchase_order_id="late")] == ["1"]
    assert mall.statuses(late) == ["1"]
    mall.world.clock.move(51)
    assert mall.statuses(hidden) == mall.statuses(late) == ["2"]
    assert mall.look_up(purchase_order_id="hidden")[0]["orderStatus"] == "2"


def test_a_delivered_profile_is_a_sim_from_then_on():
    """Its number logs in, its plan waits for the first connection; a few cannot be sold for by number."""
    with open_shop() as shop:
        mall = Partner(shop.running)
        found = {}
        while len(found) < 2:
            order = shop.held()
            shop.notice(order)
            number = shop.profile(order)["data"]["iccid"]
            found[mall.ask("/vshop/singleVerify", number)["operateCode"]] = number
            assert mall.world.sims.find(number).kind == "delivered"
        assert [is_eligible(found[code]) for code in "SE"] == [True, False]
        number = found["S"]
        (entry,) = mall.ask("/vshop/singleQueryOrder", number)["data"]["orderList"]
        assert (entry["orderStatus"], entry["servicePlanShowName"]) == ("1", shop.detail()["packageShowName"])
        plan = mall.ask("/vshop/singleServicePlanPage", number)["data"]["packageList"][0]
        mall.world.clock.move(FIRST_CONNECTION + 1)
        assert mall.statuses(number) == ["2"]
        mall.ask(SYN, number, **{name: plan[name] for name in PLAN})
        assert mall.statuses(number) == ["2", "1"]
        assert SAMPLE["packageCode"] in {order["packageCode"] for order in mall.look_up(sim_id=number)}
        mall.session.close()


def test_the_same_seed_makes_the_same_people():
    """Numbers of 19 and 20 digits, never given twice; the check digit is wrong on the misprinted ones only."""
    first, again, other = (list(population.first_day(seed)) for seed in (7, 7, 8))
    assert first == again
    assert {kind for _, kind, _ in first} == set(population.KINDS)
    numbers = [number for number, _, _ in first]
    assert len(set(numbers)) == len(numbers)
    assert {len(number) for number in numbers} == {19, 20}
    assert set(numbers) & {number for number, _, _ in other} == {population.PUBLISHED, population.PUBLISHED_IDLE}
    for number, kind, _ in first[2:]:
        assert (luhn_digit(number[:-1]) == int(number[-1])) is (kind != "misprinted")


def test_people_may_be_added_and_changed_by_hand(mall):
    """A new one of any kind, under a number of its own or a chosen one; what cannot be is refused with a reason."""
    sims = mall.world.sims
    for kind in population.KINDS:
        assert sims.create(kind).kind == kind
    chosen = sims.create("in_use", "8985203" + "0" * 12).iccid
    assert mall.statuses(chosen) == ["2"]
    for kind, iccid in (("", ""), ("in_use", chosen), ("in_use", "898520"), ("in_use", "8985203000000000000x")):
        with pytest.raises(Unfit):
            sims.create(kind, iccid)
    for change, may_log_in in (("locked", False), ("normal", True), ("not_eligible", False), ("eligible", True)):
        sims.alter(chosen, change)
        assert (mall.ask("/vshop/singleVerify", chosen)["operateCode"] == "S") is may_log_in
    with pytest.raises(Unfit):
        sims.alter(chosen, "lost")
    with pytest.raises(Unfit):
        sims.alter("89852030000000000009", "locked")


def test_the_control_page_shows_whom_one_can_be(mall):
    """A number of each kind, the eSIM delivered last, and a form that changes one; programs get the same as JSON."""
    control = mall.url.replace("/linksfield-mall", "/control")
    shown = mall.session.get(control, timeout=5).text
    for kind, text in population.KINDS.items():
        assert f">{mall.sim(kind)}</code>" in shown
        assert html.escape(text) in shown
    changed = mall.session.post(
        f"{control}/sims/alter", data={"iccid": mall.sim("in_use"), "change": "locked"}, timeout=5
    )
    assert "The SIM was changed." in changed.text
    assert mall.ask("/vshop/singleVerify", mall.sim("in_use"))["operateCode"] == "E"
    made = mall.session.post(f"{control}/sims/create", json={"kind": "queued"}, timeout=5).json()
    listed = mall.session.get(f"{control}/sims", params={"kind": "queued"}, timeout=5).json()["sims"]
    assert listed[-1] == made
    for verb, facts in (("create", {"kind": "lost"}), ("alter", {"iccid": made["iccid"], "change": "lost"})):
        assert mall.session.post(f"{control}/sims/{verb}", json=facts, timeout=5).status_code == 400
    with open_shop() as shop:
        order = shop.held()
        shop.notice(order)
        number = shop.profile(order)["data"]["iccid"]
        assert f">{number}</code>" in shop.session.get(f"{shop.running.url}/control", timeout=5).text
