"""What the pretend supplier's CSSS family says of each kind of SIM, and what the moved clock makes of it."""

from __future__ import annotations

import pytest

from storefront.sandbox import server
from storefront.sandbox.linksfield.sims.population import KINDS
from tests.sandbox.test_sims_csss import DAY, NOBODY, ORDER, Account

LIFE_CYCLES = {"pre_activated": "1", "terminated": "3"}
IDLE = {"pre_activated", "expired"}
GB = 1024**3


@pytest.fixture
def csss():
    running = server.start()
    made = Account(running)
    yield made
    made.session.close()
    running.stop()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"foreign"}))
def test_every_kind_of_sim(csss, kind):
    """Life cycle, plan in use, data used and left, by three calls that agree."""
    sim = csss.sim(kind)
    device, usage = csss.data("/device/queryDevice", sim), csss.usage(sim)
    assert device["device_id"] == usage["device_id"] == sim
    assert device["life_cycle"] == LIFE_CYCLES.get(kind, "2")
    asset = next(each for each in csss.data("/device/syncAssetInfo") if each["assetId"] == sim)
    assert (asset["lifeCycle"], len(asset)) == (device["life_cycle"], 8)
    if kind in IDLE:
        assert "package" not in device
        assert (usage["order_code"], usage["order_used_flow"], usage["high_flow_balance"]) == ("", "0", "0")
        return
    assert device["package"]["order_code"] == usage["order_code"] == asset["orderCode"]
    (order,) = csss.orders(sim, order_status="2")["package_order"]
    assert order["orderCode"] == usage["order_code"]
    used, left = int(usage["order_used_flow"]), int(usage["high_flow_balance"])
    assert used > 0
    if kind == "unlimited":
        assert (left, order["flow"]) == (-1, "-1")
    else:
        assert used + left == int(order["flow"]) * 1024**2
        assert (left < 0.1 * (used + left)) is (kind == "nearly_used_up")


def test_what_the_network_says_is_left(csss):
    """Seconds, messages and bytes where it sells them; the cause where it cannot tell; nothing on an idle SIM."""

    def told(kind):
        return csss.data("/flow/getInfoByDeviceId", csss.sim(kind))

    assert [each["type"] for each in told("in_use")] == ["data"]
    assert sorted(each["type"] for each in told("with_minutes")) == ["call-out", "data", "sms-out"]
    assert all(int(each["remainingQuantity"]) > 0 and each["msg"] is None for each in told("with_minutes"))
    (mute,) = told("no_remaining")
    assert (mute["type"], mute["remainingQuantity"]) == ("data", None)
    assert mute["msg"]
    assert told("pre_activated") == []


@pytest.mark.parametrize("path", ["/device/queryDevice", "/flow/queryDeviceFlowUsage", "/flow/getInfoByDeviceId"])
def test_unknown_and_foreign_are_told_alike(csss, path):
    """Byte for byte; the list of all SIMs and of all orders leaves others' out."""
    foreign = csss.sim("foreign")
    told = [csss.raw(path, number) for number in (NOBODY, foreign)]
    assert len({(each.status_code, each.content, tuple(each.headers.items())) for each in told}) == 1
    assert told[0].json()["code"] == "2001"
    assert foreign not in {each["assetId"] for each in csss.data("/device/syncAssetInfo")}
    assert csss.orders(foreign)["page"]["total_count"] == 0


def test_usage_follows_the_clock(csss):
    """It grows while a plan runs, stands still while the SIM is paused, and starts anew with the next plan."""
    running, paused, queued = csss.sim("in_use"), csss.sim("paused"), csss.sim("queued")
    before = {sim: csss.usage(sim) for sim in (running, paused, queued)}
    csss.world.clock.move(DAY)
    assert int(csss.usage(running)["order_used_flow"]) > int(before[running]["order_used_flow"])
    assert csss.usage(paused) == before[paused]
    csss.world.clock.move(29 * DAY)
    assert csss.usage(running)["order_code"] == ""
    after = csss.usage(queued)
    assert after["order_code"] not in ("", before[queued]["order_code"])
    assert csss.usage(paused) == before[paused]


def test_a_plan_can_be_used_up(csss):
    """Nothing is left before its time is over; never less than nothing."""
    sim = csss.sim("nearly_used_up")
    csss.world.clock.move(5 * DAY)
    assert csss.usage(sim)["high_flow_balance"] == "0"
    assert int(csss.usage(sim)["order_used_flow"]) == 3 * GB


def test_an_order_on_the_account(csss):
    """Opened at once it runs; otherwise it waits for ever; the numbers are the supplier's own."""
    opened, waiting = csss.sim("pre_activated"), csss.sim("pre_activated", 1)
    first = csss.data("/package/orderPackage", opened, **ORDER)
    second = csss.data("/package/orderPackage", waiting, **ORDER | {"is_open": "0"})
    assert set(first) == {"sign", "order_id", "order_start_date", "order_expire_date"}
    assert first["order_id"] != second["order_id"]
    assert csss.usage(opened)["order_code"] == first["order_id"]
    assert csss.data("/device/queryDevice", opened)["life_cycle"] == "2"
    csss.world.clock.move(300 * DAY)
    assert [each["orderStatus"] for each in csss.orders(waiting)["package_order"]] == ["1"]
    assert [each["orderStatus"] for each in csss.orders(opened)["package_order"]] == ["3"]


@pytest.mark.parametrize("kind", ["not_yet", "apply_later"])
def test_an_order_that_takes_effect_later(csss, kind):
    """Hidden or waiting, by the moved clock; taken either way."""
    sim = csss.sim("pre_activated")
    csss.world.faults.arm("csss.order_package", kind, 1, seconds=50)
    code = csss.data("/package/orderPackage", sim, **ORDER)["order_id"]
    seen = csss.orders(sim)["package_order"]
    assert [each["orderStatus"] for each in seen] == ([] if kind == "not_yet" else ["1"])
    csss.world.clock.move(51)
    assert [(each["orderCode"], each["orderStatus"]) for each in csss.orders(sim)["package_order"]] == [(code, "2")]


@pytest.mark.parametrize("change", ["paused", "locked", "terminated"])
def test_a_standing_changes_the_life_cycle(csss, change):
    """Only what is over for good is a word of its own in the published list; the way back is open."""
    sim = csss.sim("in_use")
    csss.world.sims.alter(sim, change)
    assert csss.data("/device/queryDevice", sim)["life_cycle"] == ("3" if change == "terminated" else "2")
    csss.world.sims.alter(sim, "normal")
    assert csss.data("/device/queryDevice", sim)["life_cycle"] == "2"
