"""Every misfortune of the pretend supplier's Mall and CSSS families, as the client sees it, and top-ups looked for."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storefront.gateways.http import Http
from storefront.gateways.linksfield.mall_messages import NewOrder
from storefront.kernel.errors import OutsideError, Refused, Throttled, Unintelligible, Unreachable
from storefront.sandbox.linksfield.sims import misfortunes
from storefront.sandbox.linksfield.sims.misfortunes import CSSS, MALL
from storefront.sim_ports import SimPlanState, TopUpSeen
from tests.gateways.test_sims_over_the_wire import Shop, package_request, paid_order, shop_at

SHORT = 0.1
"""The deadline where a test waits for its end; elsewhere it is the usual second."""


@dataclass(frozen=True)
class Trouble:
    """A misfortune: what a read and a write raise (None: they succeed), and whether the write had its effect."""

    kind: str
    params: dict[str, Any]
    read: type[OutsideError] | None
    write: type[OutsideError] | None
    has_effect: bool

    def __str__(self) -> str:
        return " ".join([self.kind, *map(str, self.params.values())])


def both(kind: str, error: type[OutsideError] | None, *, effect: bool, **params: Any) -> Trouble:
    """A misfortune that looks the same to a read and a write."""
    return Trouble(kind, params, error, error, effect)


SHARED = (
    both("timeout_before", Unreachable, effect=False, seconds=0.05),
    both("timeout_after", Unreachable, effect=True, seconds=0.05),
    both("reset_before", Unreachable, effect=False),
    both("reset_after", Unreachable, effect=True),
    both("hang", Unintelligible, effect=False, seconds=0.05),
    both("slow", None, effect=True, seconds=0.05),
    both("drip", None, effect=True, pause=0.0001),
    both("status", Unintelligible, effect=False, status=503),
    both("status", Unintelligible, effect=True, status=500),
    both("status", Throttled, effect=False, status=429),
    both("html", Unintelligible, effect=False),
    both("html", Unintelligible, effect=True),
    both("malformed", Unintelligible, effect=True),
    both("missing_field", Unintelligible, effect=True),
    both("odd_field", Unintelligible, effect=True),
    both("odd_field", Unintelligible, effect=True, value=["much"]),
)
OF_MALL = (
    *SHARED,
    both("code", Refused, effect=False),
    both("code", Unintelligible, effect=False, message="system busy, try again"),
)
OF_CSSS = (
    *SHARED,
    # Without a table of codes an order that was told one may have been taken all the same.
    Trouble("code", {}, Refused, Unintelligible, False),
    both("bad_sign", Unintelligible, effect=True),
)
LOST = ("timeout_before", "timeout_after", "reset_before", "reset_after")
SILENCES = ("timeout_before", "timeout_after", "hang", "slow", "drip")


@dataclass(frozen=True)
class Call:
    """One call of a family: where its misfortunes are ordered, a field its answer needs, the call itself."""

    target: str
    field: str
    make: Callable[[Shop], object]


def reported(shop: Shop) -> object:
    """A paid top-up, told to the supplier."""
    sim = shop.sim("pre_activated")
    return shop.mall.report_order(paid_order(sim, shop.mall.plans(sim)[0]))


def created(shop: Shop) -> object:
    """An order for the supplier's own cashier."""
    sim = shop.sim("pre_activated")
    plan = shop.mall.plans(sim)[0]
    sold = (plan.package_code, plan.service_plan_code, plan.name, 1, plan.amount, plan.currency)
    return shop.mall.create_order(NewOrder(sim, "0190-a", *sold))


def ordered(shop: Shop) -> object:
    """An order on the account's bill."""
    sim = shop.sim("pre_activated")
    return shop.csss.order_package(package_request(sim, shop.mall.plans(sim)[0]))


READS = {
    MALL: Call("mall.single_query_order", "orderStatus", lambda shop: shop.mall.orders_on_sim(shop.sim("in_use"))),
    CSSS: Call(
        "csss.query_device_flow_usage", "order_used_flow", lambda shop: shop.csss.flow_usage(shop.sim("in_use"))
    ),
}
# The answer to a reported order holds nothing we need; what is missing or odd in an answer shows on a created one.
REPORT = Call("mall.syn_order_info", "", reported)
CREATE = Call("mall.single_order", "payId", created)
ORDER = Call("csss.order_package", "order_id", ordered)
EVERYTHING = [(MALL, trouble) for trouble in OF_MALL] + [(CSSS, trouble) for trouble in OF_CSSS]


def write_of(family: str, trouble: str) -> Call:
    """The call with an effect that shows a misfortune."""
    return ORDER if family == CSSS else CREATE if trouble.endswith("_field") else REPORT


@pytest.fixture
def shop(http: Http, tmp_path: Path) -> Iterator[Shop]:
    """A shop as the settings have it."""
    with shop_at(http, tmp_path) as made:
        yield made


def outcome(shop: Shop, call: Call, deadline: float = 1.0) -> type[OutsideError] | None:
    """What a call raises; it must end within its deadline and a second."""
    started = time.monotonic()
    try:
        call.make(shop)
    except OutsideError as error:
        return type(error)
    finally:
        assert time.monotonic() - started < deadline + 1
    return None


def test_no_kind_is_without_a_test() -> None:
    """Every kind the supplier can be ordered to have, of either family, is tried here."""
    for family, troubles in ((MALL, OF_MALL), (CSSS, OF_CSSS)):
        tried = {trouble.kind for trouble in troubles}
        assert tried | set(misfortunes.ONLY_AT) == set(misfortunes.KINDS[family])


@pytest.mark.parametrize(("family", "trouble"), EVERYTHING, ids=str)
def test_a_read_in_trouble(shop: Shop, family: str, trouble: Trouble) -> None:
    """Its shape; the next read is well. A lost connection is tried once more, so only two in a row are seen."""
    call = READS[family]
    times = 2 if trouble.kind in LOST else 1
    shop.world.faults.arm(call.target, trouble.kind, times, **{"field": call.field} | trouble.params)
    assert outcome(shop, call) is trouble.read
    assert shop.world.faults.armed() == []
    assert outcome(shop, call) is None


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("family", [MALL, CSSS])
def test_one_lost_read_is_not_noticed(shop: Shop, family: str, kind: str) -> None:
    """The second try, within the same deadline, brings the answer."""
    shop.world.faults.arm(READS[family].target, kind, 1, seconds=0.05)
    assert outcome(shop, READS[family]) is None
    assert shop.world.faults.armed() == []


@pytest.mark.parametrize(("family", "trouble"), EVERYTHING, ids=str)
def test_a_write_in_trouble(shop: Shop, family: str, trouble: Trouble) -> None:
    """Its shape, and it was sent once, whatever came of it."""
    call = write_of(family, trouble.kind)
    effect = {"effect": True} if trouble.kind in {"status", "html"} and trouble.has_effect else {}
    shop.world.faults.arm(call.target, trouble.kind, 1, **{"field": call.field} | effect | trouble.params)
    assert outcome(shop, call) is trouble.write
    assert shop.taken() == trouble.has_effect
    assert [each["target"] for each in shop.world.faults.history] == [call.target]


@pytest.mark.parametrize("kind", SILENCES)
@pytest.mark.parametrize("family", [MALL, CSSS])
def test_silence_ends_at_the_deadline(http: Http, tmp_path: Path, family: str, kind: str) -> None:
    """Half a minute without an answer, or with one that comes byte by byte, is waited for no longer than allowed."""
    params = {"pause": 0.05} if kind == "drip" else {"seconds": 30}
    with shop_at(http, tmp_path, supplier_deadline_seconds=SHORT) as shop:
        for call in (READS[family], write_of(family, "")):
            shop.world.faults.arm(call.target, kind, 1, **params)
            assert outcome(shop, call, SHORT) is Unreachable


@pytest.mark.parametrize("family", [MALL, CSSS])
@pytest.mark.parametrize("kind", sorted(misfortunes.ONLY_AT))
def test_an_order_that_shows_later_is_taken_now(shop: Shop, family: str, kind: str) -> None:
    """No error: the supplier said yes. Both kinds belong to orders; a read never meets them."""
    call = write_of(family, kind)
    assert call.target in misfortunes.ONLY_AT[kind]
    assert READS[family].target not in misfortunes.ONLY_AT[kind]
    shop.world.faults.arm(call.target, kind, 1, seconds=60)
    assert outcome(shop, call) is None
    assert shop.taken() == 1


def test_a_top_up_is_found_wherever_it_stands(shop: Shop) -> None:
    """In use on an idle SIM with its end, queued behind another; one we never sent is not taken for either."""
    idle, busy = shop.request(shop.sim("pre_activated")), shop.request(shop.sim("queued"), request_id="0190-b")
    assert shop.sims.find_top_up(idle) is None
    for request in (idle, busy):
        shop.sims.top_up(request)
    running, waiting = shop.sims.find_top_up(idle), shop.sims.find_top_up(busy)
    assert running is not None
    assert waiting is not None
    assert (running.state, waiting.state) == (SimPlanState.IN_USE, SimPlanState.QUEUED)
    assert running.expires_on == (idle.paid_at + dt.timedelta(days=30)).date()
    assert waiting.expires_on is None
    assert shop.sims.find_top_up(shop.request(shop.sim("pre_activated", 1), request_id="0190-c")) is None
    with pytest.raises(Unintelligible):
        shop.sims.find_top_up(shop.request(idle.iccid, request_id="0190-c"))


def test_a_hidden_top_up_appears_by_the_clock(shop: Shop) -> None:
    """Not there at first; where a plan of its name runs already, that is no answer either."""
    for kind, request_id in (("pre_activated", "0190-a"), ("published", "0190-b")):
        request = shop.request(shop.sim(kind), request_id=request_id)
        shop.world.faults.arm("mall.syn_order_info", "not_yet", 1, seconds=60)
        shop.sims.top_up(request)
        if kind == "pre_activated":
            assert shop.sims.find_top_up(request) is None
        else:
            with pytest.raises(Unintelligible):
                shop.sims.find_top_up(request)
        shop.world.clock.move(61)
        seen = shop.sims.find_top_up(request)
        assert seen is not None
        assert seen.state is (SimPlanState.IN_USE if kind == "pre_activated" else SimPlanState.QUEUED)


def test_a_late_top_up_is_queued_first(shop: Shop) -> None:
    """It shows at once and begins when the clock says so."""
    request = shop.request(shop.sim("pre_activated"))
    shop.world.faults.arm("mall.syn_order_info", "apply_later", 1, seconds=60)
    shop.sims.top_up(request)
    first = shop.sims.find_top_up(request)
    assert first is not None
    assert first == TopUpSeen(first.order_no, SimPlanState.QUEUED, None)
    shop.world.clock.move(61)
    then = shop.sims.find_top_up(request)
    assert then is not None
    assert (then.order_no, then.state) == (first.order_no, SimPlanState.IN_USE)


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_is_settled_by_looking(shop: Shop, kind: str) -> None:
    """There if the supplier took it, nowhere if it did not; looked for again and again without another order."""
    request = shop.request(shop.sim("pre_activated"))
    shop.world.faults.arm("mall.syn_order_info", kind, 1, seconds=0.05)
    with pytest.raises(Unreachable):
        shop.sims.top_up(request)
    for _ in range(2):
        assert (shop.sims.find_top_up(request) is not None) is kind.endswith("after")
    assert shop.taken() == kind.endswith("after")


def test_a_top_up_is_found_by_the_sides_that_answer(shop: Shop) -> None:
    """The look-up dark: the history has it. The history dark: the look-up has it. Nowhere and one dark: its error."""
    request = shop.request(shop.sim("in_use"))
    shop.sims.top_up(request)
    usual = shop.sims.find_top_up(request)
    assert usual is not None
    for dark in ("mall.order", "csss.query_order", "mall.single_query_order"):
        shop.world.faults.arm(dark, "status", 1, status=503)
        assert shop.sims.find_top_up(request) == usual
        shop.world.faults.arm(dark, "status", 1, status=503)
        with pytest.raises(Unintelligible):
            shop.sims.find_top_up(shop.request(shop.sim("expired"), request_id="0190-none"))


def test_a_supplier_gone_dark_is_waited_for_three_times_at_most(http: Http, tmp_path: Path) -> None:
    """Each side has its own deadline."""
    with shop_at(http, tmp_path, supplier_deadline_seconds=2 * SHORT) as shop:
        request = shop.request(shop.sim("pre_activated"))
        for family in (MALL, CSSS):
            shop.world.faults.arm(f"{family}.*", "hang", 9, seconds=30)
        started = time.monotonic()
        with pytest.raises(Unreachable):
            shop.sims.find_top_up(request)
        assert time.monotonic() - started < 3 * 2 * SHORT + 1
