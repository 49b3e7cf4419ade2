"""Money back from the desk: shown first, given once, limited by role, never over an unknown answer."""

import re

import pytest
from sqlmodel import select

from storefront.models.order import Order, OrderState
from storefront.payments import ledger
from tests.agent import delivered, message_id, refunds, stuck
from tests.events import deliver, event
from tests.making import holds_of, mails_to, order_of, payments_of
from tests.owner import order_id
from tests.subscriber import control


def test_a_refund_is_shown_first_done_once_and_read_back(traveller, agent, house, sandbox):
    """The preview does nothing; the form sent twice gives back once; Stripe's own word stands on the page."""
    reference = delivered(traveller)
    path = f"/desk/orders/{reference}/refund"
    page = agent.preview(path).text
    assert re.search(r"send US\$[\d.]+ \(pi_\w+\) back to the card", page)
    assert "goes on working" in page
    assert refunds(house) == []
    first = agent.do(path, shown=page, words="twice in the list")
    again = agent.do(path, shown=page, words="twice in the list")
    assert first.headers["Location"] == again.headers["Location"]
    before = agent.browser.get(first.headers["Location"]).text
    assert re.search(r"<h1>Refund</h1>\s*<span[^>]*>under way<", before)
    assert re.search(r"The mail about the refund, to a•••@[\w.]+</span>\s*<span[^>]*>none yet<", before)
    traveller.drain()
    proof = agent.browser.get(first.headers["Location"])
    assert "Stripe was read: refund of US$2.95 made" in proof.text
    assert re.search(r"<h1>US\$[\d.]+ refunded</h1>\s*<span[^>]*>done<", proof.text)
    assert re.search(r"The mail about the refund, to a•••@[\w.]+</span>\s*<span[^>]*>done<", proof.text)
    assert "Refresh" not in proof.headers
    assert order_of(house, order_id(traveller, reference)).state is OrderState.REFUNDED
    assert len(refunds(house)) == len(sandbox.world.stripe.store.table("refund")) == 1
    assert "Support refunded it" in traveller.look(reference).text
    assert agent.preview(path).status_code == 409


def test_of_a_double_charge_it_is_said_which_one_stays(traveller, agent):
    """Twice the same within minutes: one goes back, told once with Stripe's number, and the other is named."""
    stays, back = delivered(traveller), delivered(traveller)
    done = agent.do(f"/desk/orders/{back}/refund", why="charged_twice").headers["Location"]
    traveller.drain()
    page = agent.browser.get(done).text
    assert re.search(rf'This charge stays: US\$[\d.]+ for order <a[^>]*href="/desk/orders/{stays}">{stays}</a>', page)
    assert len(re.findall(r">re_\w+</code>", page)) == page.count("Banks usually show it within 5 to 10 days.") == 1
    other = agent.do(f"/desk/orders/{stays}/refund", why="changed_mind").headers["Location"]
    traveller.drain()
    assert "This charge stays" not in agent.browser.get(other).text + agent.browser.get(done).text


def test_a_reason_is_needed_and_other_must_be_explained(traveller, agent, house):
    """Nothing happens without one; the page says so and keeps what was typed."""
    path = f"/desk/orders/{delivered(traveller)}/refund"
    for fields in ({"why": ""}, {"why": "nonsense"}, {"why": "other", "words": " "}):
        answer = agent.do(path, **fields)
        assert (answer.status_code, "needs a reason" in answer.text) == (422, True)
    assert agent.post(path, why="not_arrived").status_code == 422
    assert refunds(house) == []


def test_large_refunds_and_codes_are_for_leads(traveller, agent, lead, house, app):
    """An agent is told so and gets no button; a lead may, and seeing a code is on record."""
    reference = delivered(traveller)
    with house.write() as session:
        order = session.exec(select(Order).where(Order.reference == reference)).one()
        order.charged_minor = 6000
        session.add(order)
    page = agent.browser.get(f"/desk/orders/{reference}").text
    assert f"/desk/orders/{reference}/refund" not in page
    assert "reveal_code" not in page
    for verb in ("refund", "reveal_code"):
        assert agent.preview(f"/desk/orders/{reference}/{verb}").status_code == 403
    assert lead.preview(f"/desk/orders/{reference}/refund").status_code == 200
    shown = lead.do(f"/desk/orders/{reference}/reveal_code", why="does_not_work")
    code = re.search(r"LPA:1\$[^<]+", shown.text).group()
    assert shown.headers["Cache-Control"] == "no-store"
    history = lead.browser.get(f"/desk/orders/{reference}").text
    assert "Code shown" in history
    assert code not in history
    assert "Support looked at the activation code" in traveller.look(reference).text


def test_money_is_not_given_back_over_an_unknown_answer_unless_somebody_asked(traveller, agent, house, sandbox):
    """The preview asks for it; without the tick nothing is done; with it the money goes back once."""
    sandbox.world.faults.arm("linksfield.payment_notice", "reset_after", 20)
    sandbox.world.faults.arm("linksfield.order_status", "reset_before", 500)
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.wait(1500)
    path = f"/desk/orders/{reference}/refund"
    assert "I asked the supplier" in agent.browser.get(path).text
    refused = agent.do(path)
    assert (refused.status_code, "Ask them, then tick the box" in refused.text) == (422, True)
    assert refunds(house) == []
    assert agent.do(path, sure="yes").status_code == 303
    traveller.drain()
    assert order_of(house, order_id(traveller, reference)).state is OrderState.REFUNDED


def test_a_refund_that_failed_may_be_tried_again(traveller, agent, house, sandbox):
    """The bank sends the first one back after it was done: a case, and the second under a key of its own."""
    reference = stuck(traveller, sandbox)
    path = f"/desk/orders/{reference}/refund"
    sandbox.world.faults.arm("stripe.refund_create", "fail_later", seconds=60)
    agent.do(path)
    traveller.drain()
    assert order_of(house, order_id(traveller, reference)).state is OrderState.REFUNDED
    traveller.wait(61)
    payment = payments_of(house, order_id(traveller, reference))[-1].payment_id
    about = {"id": "re_1", "object": "refund", "payment_intent": payment, "status": "failed"}
    assert deliver(traveller, event("refund.failed", about)) == 200
    traveller.drain()
    assert order_of(house, order_id(traveller, reference)).reason == "refund_failed"
    assert "A refund failed" in agent.browser.get("/desk/").text
    agent.do(path)
    traveller.drain()
    assert order_of(house, order_id(traveller, reference)).state is OrderState.REFUNDED
    assert sorted(one.state.value for one in refunds(house)) == ["done", "failed"]
    assert "Nothing waits for a person" in agent.browser.get("/desk/").text


@pytest.mark.parametrize("verb", ["ask_again", "order_again"])
def test_what_was_delivered_and_refunded_is_delivered_again_when_the_bank_sends_it_back(
    traveller, agent, house, sandbox, verb
):
    """The money is ours after all: the same code, or a new one, is shown, and a letter of its own tells."""
    reference = delivered(traveller)
    about = order_id(traveller, reference)
    sandbox.world.faults.arm("stripe.refund_create", "fail_later", seconds=60)
    agent.do(f"/desk/orders/{reference}/refund")
    traveller.drain()
    traveller.wait(61)
    failed = {"id": "re_1", "object": "refund", "payment_intent": payments_of(house, about)[-1].payment_id}
    assert deliver(traveller, event("refund.failed", failed | {"status": "failed"})) == 200
    traveller.drain()
    assert order_of(house, about).state is OrderState.ATTENTION
    agent.do(f"/desk/orders/{reference}/{verb}")
    traveller.drain()
    assert order_of(house, about).state is OrderState.DELIVERED
    used = [one for one in holds_of(house, about) if one.state.value == "used"]
    assert sandbox.world.supplier.activation_code(used[-1].supplier_order_id) in traveller.look(reference).text
    ready = [one for one in mails_to(sandbox, traveller.email) if "ready" in one["subject"].lower()]
    assert len({message_id(sandbox, one) for one in ready}) == 2
    assert "Nothing waits for a person" in agent.browser.get("/desk/").text


def test_a_refund_beside_ours_is_written_down_though_ours_fails(traveller, agent, house, sandbox):
    """Half went back at Stripe a moment before the desk refunded all: ours is refused, theirs stands in the ledger."""
    reference = delivered(traveller)
    about = order_id(traveller, reference)
    paid = payments_of(house, about)[-1]
    made = control(sandbox, f"outside_refund/{paid.payment_id}", amount=paid.captured_minor // 2)
    agent.do(f"/desk/orders/{reference}/refund")
    assert deliver(traveller, event("refund.created", made)) == 200
    traveller.drain()
    assert order_of(house, about).reason == "refund_failed"
    with house.read() as session:
        assert ledger.balance(session, about) == paid.captured_minor - made["amount"]
    agent.do(f"/desk/orders/{reference}/refund")
    traveller.drain()
    assert order_of(house, about).state is OrderState.REFUNDED
    with house.read() as session:
        assert ledger.balance(session, about) == 0


def test_nothing_is_ordered_with_money_that_went_back_by_hand(traveller, agent, house, sandbox):
    """Somebody refunded at Stripe: ordering again would give an eSIM away, so only giving back is left."""
    reference = stuck(traveller, sandbox)
    paid = payments_of(house, order_id(traveller, reference))[-1]
    deliver(traveller, event("refund.created", control(sandbox, f"outside_refund/{paid.payment_id}")))
    traveller.drain()
    for verb in ("order_again", "ask_again"):
        answer = agent.do(f"/desk/orders/{reference}/{verb}")
        assert (answer.status_code, "no money to return" in answer.text) == (409, True), verb
    agent.do(f"/desk/orders/{reference}/refund")
    traveller.drain()
    assert order_of(house, order_id(traveller, reference)).state is OrderState.REFUNDED
    assert len(sandbox.world.stripe.store.table("refund")) == 1
