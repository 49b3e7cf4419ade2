"""What the desk does to orders and SIMs: shown first, done once, refused where it makes no sense, kept on record."""

import datetime as dt
import io
import re

import pytest
import sqlalchemy.exc
from sqlalchemy import text
from sqlmodel import select

from storefront.cases.open import FIRST_LOOK
from storefront.kernel.iccid import masked
from storefront.models.staff import StaffAction
from storefront.ordering.read import order_view
from tests.agent import Agent, delivered, message_id, stuck
from tests.making import mails_to, order_of
from tests.owner import open_sim, order_id, press
from tests.subscriber import bills_of, live, renewal_of, subscribe, view_of


def test_an_order_with_no_usable_code_is_ordered_again(traveller, agent, house, sandbox):
    """One money, a second profile, the case closes by itself; the suggestion stands on the case's page."""
    reference = stuck(traveller, sandbox)
    case = re.search(r"/desk/cases/([\w-]+)\"", agent.browser.get("/desk/").text).group(1)
    page = agent.browser.get(f"/desk/cases/{case}").text
    assert f"/desk/orders/{reference}/order_again" in page
    assert all(told in page for told in ("Owner</dt><dd>nobody yet<", "due in ", "a•••@traveller.example"))
    parts = ("What happened", "sent a code that cannot be installed", "Technical detail:", "does not start with 1$")
    parts += ("What usually settles it", "Done at the desk", "Take it", 'id="resolve"')
    assert [page.index(one) for one in parts] == sorted(page.index(one) for one in parts)
    planned = agent.preview(f"/desk/orders/{reference}/order_again").text
    given_up = re.search(r"give up the supplier’s order (\d+) \(US\$[\d.]+ is spent and lost\)", planned).group(1)
    assert re.search(r"once more; it costs us about US\$[\d.]+, and the traveller is not charged again", planned)
    assert "send the mail with the QR code to a•••@traveller.example" in planned
    assert "resolve the case “No usable code came” once it is delivered" in planned
    assert "network" not in planned
    done = agent.do(f"/desk/orders/{reference}/order_again", shown=planned, why="does_not_work")
    traveller.drain()
    shown = agent.browser.get(done.headers["Location"]).text
    assert "Our order is delivered" in shown
    assert re.search(r"<h1>Ordered again</h1>\s*<span[^>]*>delivered<", shown)
    assert f"Given up at the supplier: its order {given_up}" in shown
    assert f"/desk/cases/{case}" in shown
    assert "Nothing waits for a person" in agent.browser.get("/desk/").text
    assert len(sandbox.world.stripe.store.table("charge")) == 1
    assert "Support ordered it again" in traveller.look(reference).text
    assert agent.preview(f"/desk/orders/{reference}/order_again").status_code == 409
    table = agent.browser.get(f"/desk/cases/{case}/record.csv").text
    assert "order_again" in table
    assert "does_not_work" in table


def test_asking_again_delivers_what_the_supplier_has_by_now(traveller, agent, house, sandbox):
    """The cause is mended at the supplier: asked once more, the same profile is delivered."""
    reference = stuck(traveller, sandbox)
    done = agent.do(f"/desk/orders/{reference}/ask_again", why="supplier_said")
    traveller.drain()
    assert "Our order is delivered" in agent.browser.get(done.headers["Location"]).text
    assert "Nothing waits for a person" in agent.browser.get("/desk/").text


def test_two_agents_at_once(traveller, agent, lead, sandbox):
    """The second is told what happened meanwhile; nothing is done twice."""
    path = f"/desk/orders/{delivered(traveller)}/resend"
    page = lead.preview(path).text
    agent.do(path)
    late = lead.do(path, shown=page)
    assert (late.status_code, "changed after you looked at it" in late.text) == (409, True)
    traveller.drain()
    assert len(mails_to(sandbox, traveller.email)) == 2


def test_the_mail_goes_out_again_with_a_link_that_works(traveller, agent, sandbox):
    """A second letter under an id of its own, so that no mailbox hides it."""
    reference = delivered(traveller)
    done = agent.do(f"/desk/orders/{reference}/resend")
    traveller.drain()
    letters = mails_to(sandbox, traveller.email)
    assert len(letters) == 2
    assert len({message_id(sandbox, one) for one in letters}) == 2
    assert "done" in agent.browser.get(done.headers["Location"]).text


def test_a_wrong_address_is_changed_before_anybody_installed_it(traveller, agent, sandbox, house, app):
    """The right one gets the eSIM, the wrong one a word, and what it was sent before opens nothing any more."""
    reference = delivered(traveller)
    link = re.search(r"/o/[\w-]+", mails_to(sandbox, traveller.email)[-1]["text"]).group()
    stranger = app.test_client()
    assert stranger.get(link).status_code == 303
    path = f"/desk/orders/{reference}/change_email"
    bad = agent.do(path, email="nonsense", why="wrong_address")
    assert bad.status_code == 422
    done = agent.do(path, email="Right@Owner.example", why="wrong_address")
    traveller.drain()
    read_back = agent.browser.get(done.headers["Location"]).text
    assert "right@owner.example" in read_back
    assert traveller.email not in read_back
    (moved,) = [one for one in mails_to(sandbox, traveller.email) if "another address" in one["subject"]]
    assert "/o/" not in moved["text"]
    right = mails_to(sandbox, "right@owner.example")[-1]
    assert app.test_client().get(re.search(r"/o/[\w-]+", right["text"]).group()).status_code == 303
    assert app.test_client().get(link).status_code == 404
    assert stranger.get(f"/en/orders/{reference}").status_code == 403
    assert traveller.look(reference).status_code == 200


def test_an_installed_esim_stays_with_its_address(traveller, agent, sandbox, house):
    """The supplier is asked first: on a phone already, it does not move."""
    reference = delivered(traveller)
    page = agent.preview(f"/desk/orders/{reference}/change_email").text
    sandbox.world.faults.arm("linksfield.profile", "installed", 1)
    answer = agent.do(
        f"/desk/orders/{reference}/change_email", shown=page, email="other@owner.example", why="wrong_address"
    )
    assert (answer.status_code, "on a phone already" in answer.text) == (409, True)
    assert order_of(house, order_id(traveller, reference)).email == traveller.email


def test_a_renewal_is_closed_from_its_order(traveller, agent, sandbox, house):
    """Subscription and record are named first, both sides are read afterwards, the traveller reads who did it."""
    renewal_id = subscribe(traveller)
    ours = view_of(house, renewal_id)
    path = f"/desk/orders/{ours.order_reference}/close_renewals"
    page = agent.preview(path).text
    assert "close Stripe subscription sub_" in page
    done = agent.do(path, shown=page, why="renewal_unwanted")
    traveller.drain()
    proof = agent.browser.get(done.headers["Location"]).text
    assert "no further charge can come" in proof
    assert "no auto-renewal is left" in proof
    assert re.search(
        r"The mail with the proof that auto-renewal is closed, to a•••@[\w.]+</span>\s*<span[^>]*>done<", proof
    )
    assert view_of(house, renewal_id).state == "ended"
    assert "Support stopped auto-renew" in traveller.look(ours.order_reference).text


def test_a_card_sold_elsewhere_is_looked_up_and_closed(agent, sandbox, traveller):
    """From a whole number nobody knows to the proof; the number stands nowhere in full."""
    sim = sandbox.world.sims.some("auto_renewing")
    found = agent.post("/desk/search", q=f"please stop it: {sim.iccid}")
    assert "Look it up" in found.text
    page = agent.post("/desk/sims", number=sim.iccid).headers["Location"]
    traveller.drain()
    shown = agent.browser.get(page).text
    assert "this card was sold elsewhere" in shown
    assert "Auto-renewal at the supplier</dt><dd>on: <bdi>" in shown
    assert re.search(r'on: <bdi>[^<]+</bdi>, <span class="nowrap">since \d', shown)
    assert ">SIM active<" in shown
    assert sim.iccid not in shown
    preview = agent.preview(f"{page}/close_renewals").text
    told = r"close the supplier’s record ([^<(]+), and read again until none is left<small[^>]*>The supplier’s number "
    record = re.search(told + r"<code[^>]*>(\w+)</code>", preview)
    assert "mail nobody" in preview
    done = agent.do(f"{page}/close_renewals", why="renewal_unwanted")
    traveller.drain()
    read_back = agent.browser.get(done.headers["Location"]).text
    assert "no auto-renewal is left" in read_back
    assert f"Closed at the supplier: {record.group(1)}<" in read_back
    assert f">{record.group(2)}</code>" in read_back
    assert "The mail" not in read_back
    assert "Stripe: this shop has no auto-renew for this SIM, nothing to read" in read_back
    assert ("Read the supplier again" in read_back, "both sides" in read_back) == (True, False)
    assert not [one for one in sim.renewals if one.is_active]
    assert agent.post("/desk/sims", number="8985200000000000000").status_code in (404, 422)
    assert agent.post("/desk/sims", number="12345").status_code == 422


def test_the_record_cannot_be_changed(traveller, agent, house):
    """Not even by the shop itself: the database refuses."""
    agent.do(f"/desk/orders/{delivered(traveller)}/resend")
    for statement in ("UPDATE staff_actions SET reason = 'x'", "DELETE FROM staff_actions"):
        with pytest.raises(sqlalchemy.exc.DatabaseError, match="added, never changed"), house.write() as session:
            session.execute(text(statement))
    with house.read() as session:
        assert session.exec(select(StaffAction)).one().verb == "resend"


def test_somebody_elses_case_is_not_resolved_over_their_head(traveller, agent, lead, sandbox, house):
    """It says whose it is; taking it over is a step of its own, and a race for it has one winner."""
    stuck(traveller, sandbox)
    case = re.search(r"/desk/cases/([\w-]+)\"", agent.browser.get("/desk/").text).group(1)
    with house.write() as session:
        session.execute(text("UPDATE staff SET name = 'Lea' WHERE email = 'lea@desk.example'"))
    agent.post(f"/desk/cases/{case}/take", owner="desk")
    assert lead.post(f"/desk/cases/{case}/take", owner="desk").status_code == 409
    answer = lead.post(f"/desk/cases/{case}/resolve", reason="because")
    assert (answer.status_code, "Somebody else has this case" in answer.text) == (409, True)
    assert lead.post(f"/desk/cases/{case}/take", owner="Eva").status_code == 303
    assert "<dt>Owner</dt><dd>Lea</dd>" in agent.browser.get("/desk/waiting").text


def test_a_traveller_asks_and_the_desk_answers(traveller, agent, house):
    """One form, one case however often it is sent; its words reach the desk, and the refund closes it."""
    reference = delivered(traveller)
    path = f"/en/orders/{reference}/help"
    page = traveller.browser.get(path).text
    assert "What is wrong" in page
    answer_by = dt.datetime.fromisoformat(re.search(r'a person answers by <time datetime="([^"]+)', page).group(1))
    assert abs(answer_by - house.outside.clock.now() - FIRST_LOOK) < dt.timedelta(minutes=1)
    assert press(traveller, path, page, trouble="nonsense").status_code == 422
    assert press(traveller, path, page, trouble="other", words=" ").status_code == 422
    wrong = press(traveller, path, page, trouble="wrong_address", words="it is @ my name")
    assert (wrong.status_code, "Write the right e-mail address into the box" in wrong.text) == (422, True)
    assert agent.browser.get("/desk/").text.count("asks for help") == 0
    for words in ("It does not work on my <b>phone</b>", "Hello?"):
        answer = press(traveller, path, page, trouble="refund", words=words)
        assert "The answer goes to" in traveller.browser.get(answer.headers["Location"]).text
    assert traveller.other().browser.get(path).status_code == 404
    waiting = agent.browser.get("/desk/").text
    assert "It does not work on my &lt;b&gt;phone" in waiting
    assert "<p>The traveller asks: money back. Their words are in the case.</p>" in waiting
    assert "Technical detail" not in waiting
    case = re.findall(r"/desk/cases/([\w-]+)\"", waiting)
    assert len(case) == 1
    shown = agent.browser.get(f"/desk/cases/{case[0]}").text
    assert "my &lt;b&gt;phone" in shown
    assert f"Answer to {traveller.email}" in shown
    assert f"/desk/orders/{reference}/refund" in shown
    agent.do(f"/desk/orders/{reference}/refund", why="does_not_work")
    traveller.drain()
    assert "Nothing waits for a person" in agent.browser.get("/desk/").text
    right = press(traveller, path, page, trouble="wrong_address", words="It is <right@owner.example>.")
    assert right.status_code == 303


def test_a_proof_leads_to_a_closing_that_answers_whoever_sent_it(traveller, agent, sandbox):
    """From the case with the photo to the letter that says nothing renews any more; seeing the photo is on record."""
    sim = sandbox.world.sims.some("auto_renewing")
    open_sim(traveller, sim.iccid)
    form = traveller.browser.get("/en/sim/ask").text
    photo = (io.BytesIO(b"\xff\xd8\xff" + b"a card" * 20), "card.jpg")
    fields = {"wish": "close_renewal", "email": "owner@elsewhere.example", "words": "please"}
    assert press(traveller, "/en/sim/ask", form, **fields, file=photo).status_code == 200
    case = re.search(r"/desk/cases/([\w-]+)\"", agent.browser.get("/desk/").text).group(1)
    page = agent.browser.get(f"/desk/cases/{case}").text
    assert f"Somebody says that SIM {masked(sim.iccid)} is theirs, and asks: stop auto-renew." in page
    assert "Technical detail" not in page
    verb = re.search(r"/desk/sims/[\w-]+/close_renewals", page).group()
    seen = agent.post(f"/desk/cases/{case}/proofs/1")
    assert (seen.mimetype, "attachment" in seen.headers["Content-Disposition"]) == ("image/jpeg", True)
    assert "mail o•••@elsewhere.example" in agent.preview(verb).text
    done = agent.do(verb, why="renewal_unwanted")
    traveller.drain()
    assert "Resolve the case" in agent.browser.get(done.headers["Location"]).text
    assert "Auto-renew stopped" in mails_to(sandbox, "owner@elsewhere.example")[0]["subject"]
    assert agent.post(f"/desk/cases/{case}/resolve", reason="closed and answered").status_code == 303
    table = agent.browser.get(f"/desk/cases/{case}/record.csv").text
    for verb in ("see_proof", "close_renewals", "resolve_case"):
        assert verb in table, verb


def test_times_stand_on_the_clocks_of_both(app, house, run, traveller):
    """The agent's own clock first, the traveller's beside it; nonsense from a browser is taken as unknown."""
    reference = traveller.order(time_zone="America/New_York")
    tokyo = Agent(app, house, run, "aki@desk.example")
    assert tokyo.sign_in(time_zone="Asia/Tokyo").status_code == 303
    page = tokyo.browser.get(f"/desk/orders/{reference}").text
    assert re.search(r"\d\d:\d\d\sJST", page)
    assert re.search(r"theirs: <time[^>]*>[^<]+\sE[SD]T", page)
    assert "Their clock</dt><dd>America/New_York" in page
    same = Agent(app, house, run, "ida@desk.example")
    assert same.sign_in(time_zone="America/New_York").status_code == 303
    alike = same.browser.get(f"/desk/orders/{reference}").text
    assert ("Their clock" in alike, "theirs:" in alike) == (False, False)
    odd = Agent(app, house, run, "odd@desk.example")
    assert odd.sign_in(time_zone="Mars/Olympus").status_code == 303
    assert re.search(r"\d\d:\d\d\sUTC", odd.browser.get(f"/desk/orders/{reference}").text)


def test_the_renewal_of_a_charge_is_closed_from_the_charge(traveller, app, run, house):
    """The order somebody complains about is often not the one that began it: the preview names the subscription too."""
    renewal_id = subscribe(traveller)
    live(traveller, 31)
    charged = order_view(house.read, bills_of(house, renewal_id)[-1].order_id, margin_seconds=0).reference
    fresh = Agent(app, house, run, "ben@desk.example")
    fresh.sign_in()
    page = fresh.preview(f"/desk/orders/{charged}/close_renewals").text
    assert f"close Stripe subscription {renewal_of(house, renewal_id).subscription_id}" in page
    fresh.do(f"/desk/orders/{charged}/close_renewals", shown=page, why="renewal_unwanted")
    traveller.drain()
    assert view_of(house, renewal_id).state == "ended"
    for word in (renewal_of(house, renewal_id).subscription_id, bills_of(house, renewal_id)[-1].invoice_id):
        assert "/desk/orders/" in fresh.post("/desk/search", q=word).headers["Location"], word
