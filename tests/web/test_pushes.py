"""The supplier's pushes at our door: verified, stored once without a SIM's number, and followed by a read."""

from __future__ import annotations

import json
import secrets
import threading
import time
from decimal import Decimal

import pytest
from sqlmodel import select
from werkzeug.serving import make_server

from storefront.jobs import outbox
from storefront.kernel.ids import new_id
from storefront.kernel.money import Money
from storefront.models.order import OrderState
from storefront.models.sim import Sim
from storefront.models.work import InboxRow, OutboxRow
from storefront.ordering import pushes
from storefront.ordering.place import TopUpWanted, place_top_up
from storefront.ordering.steps import advance
from storefront.sandbox.linksfield.sims.signatures import push_sign
from storefront.wiring import wire
from storefront.worker.run import drain
from tests import making
from tests.apps import create_app
from tests.conftest import settings_for

PATH = "/webhooks/linksfield"
SIDES = ("mall.order", "csss.query_order", "mall.single_query_order")


def signed(body, *, key_id="K1", key="pretend-push-key", at=None, payload=None):
    """The bytes and headers of a push as the supplier signs it."""
    told = {"x-lf-notification-version": "1.0", "x-lf-algo": "HMAC-SHA1", "x-lf-timestamp": str(int(at or time.time()))}
    headers = {**told, "x-lf-signature": f"{key_id}/{push_sign(body, told, key)}", "Content-Type": "application/json"}
    return payload or json.dumps(body).encode(), headers


def about(iccid="", request_id="", notice="T000000000001"):
    """A push's body."""
    return {
        "transactionId": notice,
        "notificationType": "plan_order_status",
        "deviceCode": iccid,
        "orderNo": "L202611120000000619",
        "requestOrderId": request_id,
    }


GOOD = about("89852420180910340793")


@pytest.fixture
def push(app):
    """Sends a push to the shop."""
    browser = app.test_client()

    def send(body, **how):
        payload, headers = signed(body, **how)
        return browser.post(PATH, data=payload, headers=headers)

    return send


@pytest.fixture
def sim(house, sandbox):
    """A SIM somebody signed in with, not looked at yet."""
    known = Sim(id=new_id(), iccid=sandbox.world.sims.some("in_use").iccid, seen_at=house.bench.now())
    with house.write() as session:
        session.add(known)
    return known


@pytest.fixture
def paid_top_up(house, sandbox):
    """A paid top-up whose report was taken by the supplier while its answer was lost."""
    iccid = sandbox.world.sims.some("expired").iccid
    plan = next(one for one in house.outside.sims.sim_plans(iccid) if one.plan_code == "SP20190802000311")
    wanted = TopUpWanted(
        iccid=iccid,
        package_code=plan.package_code,
        plan_code=plan.plan_code,
        plan_name=plan.name,
        data_mb=plan.data_mb,
        is_unlimited=False,
        days=plan.days,
        periods=plan.periods,
        supplier_amount=str(plan.amount),
        charged=Money.from_decimal(Decimal(plan.amount), "USD"),
        email="ada@traveller.example",
        locale="en",
        network="127.0.0.1",
        consent_text="yes",
        form_key=secrets.token_urlsafe(16),
    )
    order_id = place_top_up(house.bench, wanted).order_id
    advance(house.bench, order_id)
    making.pay_at_cashier(sandbox, house, order_id)
    sandbox.world.faults.arm("mall.syn_order_info", "timeout_after", 1, seconds=2)
    for side in SIDES:
        sandbox.world.faults.arm(side, "reset_before", 2)
    advance(house.bench, order_id)
    assert making.order_of(house, order_id).state is OrderState.PAID
    return order_id


def stored(house):
    """Every notice."""
    with house.read() as session:
        return session.exec(select(InboxRow)).all()


def staged(house, job):
    """Every piece of work of a job."""
    with house.read() as session:
        return session.exec(select(OutboxRow).where(OutboxRow.job == job)).all()


def sim_of(house, sim_id):
    """The SIM as it stands."""
    with house.read() as session:
        return session.exec(select(Sim).where(Sim.id == sim_id)).one()


def test_a_push_about_a_known_sim_leads_to_a_read(push, house, sim):
    """Stored by our own id, answered empty, and the workers ask the supplier about that SIM."""
    answer = push(about(sim.iccid))
    assert (answer.status_code, answer.data) == (200, b"")
    (row,) = stored(house)
    assert (row.source, row.external_id, row.type, row.object_id) == ("linksfield", "T000000000001", "push.sim", sim.id)
    assert sim.iccid not in str(row.model_dump())
    assert [work.arguments for work in staged(house, pushes.JOB)] == [{"inbox_id": row.id}]
    assert not making.is_done(house, pushes.JOB)
    drain(house)
    assert making.is_done(house, pushes.JOB)
    assert sim_of(house, sim.id).plans
    assert [work.arguments for work in staged(house, "sims.refresh")] == [{"sim_id": sim.id}]


def test_a_push_about_our_top_up_finds_it_at_once(push, house, sandbox, paid_top_up):
    """The lost answer need not be waited for: the push is a hint, three sides are read, the order is delivered."""
    order = making.order_of(house, paid_top_up)
    assert push(about(order.iccid, paid_top_up)).status_code == 200
    (row,) = stored(house)
    assert (row.type, row.object_id) == ("push.top_up", paid_top_up)
    assert order.iccid not in str(row.model_dump())
    pushes.handle(house.bench, row.id)
    assert making.order_of(house, paid_top_up).state is OrderState.DELIVERED
    assert len(sandbox.world.sims.top_ups(order.iccid)) == 1


def test_the_claim_itself_is_believed_nowhere(push, house, sandbox, paid_top_up):
    """The supplier pushes success and its reads show nothing: the order stays where it was."""
    for side in SIDES:
        sandbox.world.faults.arm(side, "reset_before", 9)
    assert push(about(request_id=paid_top_up)).status_code == 200
    drain(house)
    assert making.order_of(house, paid_top_up).state is OrderState.PAID
    assert making.is_done(house, pushes.JOB)


def test_a_repeated_push_changes_nothing(push, house, sandbox, paid_top_up):
    """The same bytes are one row; a resend under a new number is read again, and nothing happens twice."""
    iccid = making.order_of(house, paid_top_up).iccid
    for _ in range(3):
        assert push(about(iccid, paid_top_up)).status_code == 200
    assert len(stored(house)) == len(staged(house, pushes.JOB)) == 1
    drain(house)
    events = making.events_of(house, paid_top_up)
    assert "delivered" in events
    assert push(about(iccid, paid_top_up, notice="T000000000002")).status_code == 200
    drain(house)
    pushes.handle(house.bench, stored(house)[0].id)
    assert len(stored(house)) == 2
    assert making.events_of(house, paid_top_up) == events
    assert len(sandbox.world.sims.top_ups(iccid)) == 1
    assert len(making.mails_to(sandbox, "ada@traveller.example")) == 1


def test_a_later_change_of_a_delivered_top_up_refreshes_its_sim(push, house, paid_top_up):
    """Its plan began: what the SIM's page shows is read anew."""
    drain(house)
    iccid = making.order_of(house, paid_top_up).iccid
    known = Sim(id=new_id(), iccid=iccid, seen_at=house.bench.now())
    with house.write() as session:
        session.add(known)
    push(about(request_id=paid_top_up))
    drain(house)
    assert sim_of(house, known.id).looked_at is not None


@pytest.mark.parametrize("iccid", ["89852420180910340793", "not a number", "8985\x00", ""])
def test_a_push_about_nobody_we_know_is_kept_and_forgotten(push, house, iccid):
    """Genuine, so stored and answered; nothing of it names a SIM, and nothing is asked."""
    assert push(about(iccid, "somebody else's\x00")).status_code == 200
    (row,) = stored(house)
    assert (row.type, row.object_id) == ("push.unknown", "")
    drain(house)
    assert making.is_done(house, pushes.JOB)
    assert staged(house, "sims.refresh") == []


def test_the_order_of_a_new_esim_is_none_of_a_pushs_business(push, house):
    """Only top-ups are reported under our id, so only they are looked for."""
    order_id = making.make_order(house)
    push(about(request_id=order_id))
    assert stored(house)[0].object_id == ""


@pytest.mark.parametrize("notice", ["89852420180910340793", "x" * 500, "a\x00b", 'T"1', "n-8985242018091034079"])
def test_an_odd_number_of_a_push_is_stored_as_its_hash(push, house, notice):
    """It may hold anything, a SIM's number too; the same one is still the same."""
    for _ in range(2):
        assert push(about("89852420180910340793", notice=notice)).status_code == 200
    (row,) = stored(house)
    assert len(row.external_id) == 64
    assert notice not in str(row.model_dump())


@pytest.mark.parametrize(
    ("body", "how"),
    [
        (GOOD, {"key": "another-key"}),
        (GOOD, {"key": ""}),
        (GOOD, {"key_id": "K2"}),
        (GOOD, {"key_id": ""}),
        (GOOD, {"at": 1_643_251_754}),
        (GOOD, {"at": time.time() + 3600}),
        (GOOD, {"payload": json.dumps(about("89852420180910340794")).encode()}),
        (GOOD, {"payload": b"{"}),
        (GOOD, {"payload": b"[]"}),
        (GOOD, {"payload": b'{"a":' * 5000}),
        (about("89852420180910340793", notice="\ud800"), {}),
        ({"transactionId": "T1"}, {}),
        ({"transactionId": "T1", "deviceCode": ["8985"]}, {}),
    ],
)
def test_what_is_not_a_genuine_push_of_now_is_refused(push, house, body, how):
    """Forged, stale, of an unknown key, unreadable, about nothing: 400, and nothing is stored."""
    answer = push(body, **how)
    assert answer.status_code == 400
    assert b"8985" not in answer.data
    assert stored(house) == []
    assert staged(house, pushes.JOB) == []


def test_a_push_without_headers_is_refused(app, house):
    """As anybody could send it."""
    assert app.test_client().post(PATH, json=GOOD).status_code == 400
    assert stored(house) == []


@pytest.mark.parametrize("keys", [{}, {"K1": ""}])
def test_without_a_key_every_push_is_refused(sandbox, house, tmp_path, database_url, keys):
    """A shop that was told no key hears nobody, not even somebody who signs with an empty one."""
    deaf = wire(settings_for(sandbox, tmp_path, database_url=database_url, push_keys=keys))
    try:
        for key in ("pretend-push-key", ""):
            payload, headers = signed(GOOD, key=key)
            assert create_app(deaf).test_client().post(PATH, data=payload, headers=headers).status_code == 400
        assert stored(deaf) == []
    finally:
        deaf.engine.dispose()


def test_the_answer_follows_the_commit(push, house, sim, monkeypatch):
    """When the work cannot be staged nothing is stored, and the supplier is told to come again."""

    def broken(*_args, **_options):
        raise RuntimeError

    monkeypatch.setattr(outbox, "stage", broken)
    assert push(about(sim.iccid)).status_code == 500
    assert stored(house) == []


def test_the_suppliers_own_push_comes_through_over_the_wire(app, house, sandbox, paid_top_up):
    """The sandbox sends what it signed itself; the shop answers, stores and reads."""
    order = making.order_of(house, paid_top_up)
    server, sender = make_server("127.0.0.1", 0, app), sandbox.world.pushes
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        sender.dispatcher.url = f"http://127.0.0.1:{server.port}{PATH}"
        sender.recharged(sandbox.world.sims.top_ups(order.iccid)[0])
        until = time.monotonic() + 5
        while not (tries := sender.dispatcher.history()) and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        server.shutdown()
        serving.join(5)
        server.server_close()
    assert [one["status"] for one in tries] == [200]
    assert [(row.type, row.object_id) for row in stored(house)] == [("push.top_up", paid_top_up)]
    drain(house)
    assert making.order_of(house, paid_top_up).state is OrderState.DELIVERED
