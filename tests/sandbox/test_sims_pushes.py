"""The pretend supplier's pushes about SIMs: what is told when, signed, repeated until taken, spoiled on purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from dataclasses import dataclass, field

import pytest

from storefront.sandbox.linksfield.sims.population import KINDS
from tests.sandbox.test_sims_mall import PAYMENT, partner_of

KEY = "pretend-push-key"
SYN = "/vshop/synPartner/SynOrderInfo"
RECHARGED, PLAN_CHANGED = "recharge_success", "plan_order_status"
TARGET = "linksfield.push"


@dataclass
class Ear:
    """Where a shop hears pushes; it keeps them raw and answers as it is told, with 200 in the end."""

    heard: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""

    def bodies(self):
        return [json.loads(payload) for payload, _ in self.heard]

    def requests(self):
        """Our numbers of the orders told about, as they came."""
        return [body["requestOrderId"] for body in self.bodies()]

    def kinds(self):
        return [body["notificationType"] for body in self.bodies()]


def is_signed(payload, headers, key):
    """What is known of the rule: body and the other x-lf headers together, HMAC-SHA1 in Base64, the key's id before."""
    told = {name: value for name, value in headers.items() if name.startswith("x-lf-") and name != "x-lf-signature"}
    content = json.dumps(json.loads(payload) | told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    mac = base64.b64encode(hmac.new(key.encode(), content.encode(), hashlib.sha1).digest()).decode()
    return headers["x-lf-signature"] == f"K1/{mac}"


def eventually(condition):
    """Wait until it holds, three seconds at most."""
    until = time.monotonic() + 3
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


@pytest.fixture
def ear():
    made = Ear()

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            made.heard.append((payload, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(made.statuses.pop(0) if made.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            """Tests stay quiet."""

    house = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    house.daemon_threads = True
    thread = threading.Thread(target=house.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{house.server_address[1]}/notices/linksfield"
    yield made
    house.shutdown()
    thread.join()
    house.server_close()


@pytest.fixture
def mall(ear):
    with partner_of(shop_push_url=ear.url) as made:
        yield made


def top_up(mall, request_id="0190-a", kind="in_use"):
    """A paid order; on a SIM with a plan in use it waits, so that one push is all there is."""
    assert mall.ask(SYN, mall.sim(kind), requestOrderId=request_id)["operateCode"] == "S"


def test_a_top_up_is_told_and_signed(mall, ear):
    """It names itself, the SIM and both numbers of the order; another key or another byte does not fit."""
    top_up(mall)
    eventually(lambda: ear.heard)
    ((payload, headers),) = ear.heard
    (order,) = mall.world.sims.top_ups()
    body = json.loads(payload)
    assert body.pop("transactionId")
    assert body == {
        "notificationType": RECHARGED,
        "deviceCode": order.iccid,
        "orderNo": order.code,
        "requestOrderId": "0190-a",
    }
    assert (headers["x-lf-notification-version"], headers["x-lf-algo"]) == ("1.0", "HMAC-SHA1")
    assert abs(int(headers["x-lf-timestamp"]) - time.time()) < 5
    assert is_signed(payload, headers, KEY)
    assert not is_signed(payload, headers, "another")
    assert not is_signed(payload, headers | {"x-lf-timestamp": "1643251754"}, KEY)
    assert not is_signed(payload.replace(b"0190-a", b"0190-b"), headers, KEY)


def test_stamps_stay_on_internet_time(mall, ear):
    """A moved clock does not make a push stale."""
    mall.world.clock.move(-400 * 86_400)
    top_up(mall)
    eventually(lambda: ear.heard)
    assert abs(int(ear.heard[0][1]["x-lf-timestamp"]) - time.time()) < 5


def test_a_plan_that_begins_is_told(mall, ear):
    """At once on an idle SIM; else when the moved clock brings its turn and somebody looks."""
    top_up(mall, "idle", "pre_activated")
    eventually(lambda: sorted(ear.kinds()) == [PLAN_CHANGED, RECHARGED])
    assert set(ear.requests()) == {"idle"}
    top_up(mall, "waiting")
    eventually(lambda: len(ear.heard) == 3)
    mall.world.clock.move(31 * 86_400)
    mall.statuses(mall.sim("in_use"))
    eventually(lambda: ear.kinds()[2:] == [RECHARGED, PLAN_CHANGED])
    assert ear.requests()[2:] == ["waiting", "waiting"]
    assert len({body["transactionId"] for body in ear.bodies()}) == 4


def test_the_suppliers_own_cashier_tells_too(mall, ear):
    """Not of an order that is not paid, but when it is; what began before our time is never told."""
    made = mall.ask("/vshop/singleOrder", mall.sim("in_use"))["data"]
    for kind in KINDS:
        mall.sim(kind)
    assert mall.world.pushes.dispatcher.pending() == 0
    assert mall.ask("/payment/stripeSubDirectly", **PAYMENT | {"payId": made["payId"]})["status"] == "active"
    eventually(lambda: ear.kinds() == [RECHARGED])


def test_a_refusing_shop_is_told_again(mall, ear):
    """Anything but 2xx is tried again as the same notice, signed anew, until it is taken."""
    ear.statuses = [500]
    top_up(mall)
    eventually(lambda: len(ear.heard) == 2)
    first, second = ear.heard
    assert first[0] == second[0]
    assert is_signed(*second, KEY)
    eventually(lambda: len(mall.world.pushes.dispatcher.history()) == 2)
    tries = mall.world.pushes.dispatcher.history()
    assert [(each["attempt"], each["status"]) for each in tries] == [(1, 500), (2, 200)]
    assert mall.world.pushes.dispatcher.pending() == 0


def test_duplicate_and_drop(mall, ear):
    """The same notice twice under one number; and one that never comes, although the order was taken."""
    mall.world.faults.arm(TARGET, "duplicate", 1)
    top_up(mall, "twice")
    eventually(lambda: ear.requests() == ["twice", "twice"])
    assert len({body["transactionId"] for body in ear.bodies()}) == 1
    mall.world.faults.arm(TARGET, "drop", 1)
    top_up(mall, "dropped")
    top_up(mall, "after")
    eventually(lambda: ear.requests()[2:] == ["after"])
    assert len(mall.world.sims.top_ups()) == 3
    assert [each["error"] for each in mall.world.pushes.dispatcher.history() if each["error"]] == ["dropped on purpose"]


def test_late_and_out_of_order(mall, ear):
    """`late` waits its seconds, `reorder` lets the next one overtake."""
    mall.world.faults.arm(TARGET, "late", 1, seconds=0.3)
    began = time.monotonic()
    top_up(mall, "late")
    eventually(lambda: ear.heard)
    assert time.monotonic() - began >= 0.3
    mall.world.faults.arm(TARGET, "reorder", 1)
    top_up(mall, "first")
    top_up(mall, "second")
    eventually(lambda: ear.requests()[1:] == ["second", "first"])


def test_a_world_made_anew_forgets_what_it_had_to_tell(mall, ear):
    """What waited is never sent; what happens from then on is."""
    mall.world.faults.arm(TARGET, "late", 1, seconds=30)
    top_up(mall, "before")
    old = mall.world.pushes.dispatcher
    assert old.pending() == 1
    mall.session.post(f"{mall.url.removesuffix('/linksfield-mall')}/control/reset", timeout=5).raise_for_status()
    assert old.pending() == 0
    top_up(mall, "after")
    eventually(lambda: ear.requests() == ["after"])


def test_without_an_address_nothing_is_told(ear):
    """And nothing waits to be."""
    with partner_of() as mall:
        top_up(mall)
        assert mall.world.pushes.dispatcher.pending() == 0
        assert mall.world.pushes.dispatcher.history() == []
    assert ear.heard == []
