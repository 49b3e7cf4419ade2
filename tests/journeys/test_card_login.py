"""Journeys of card login: who gets in, what the number alone shows, and what the second factor adds."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from sqlmodel import select

from storefront.cases.ask import MOST_BYTES
from storefront.identity.sessions import EMAIL_LIFE
from storefront.models.case import Case, CaseProof
from storefront.models.sim import Sim
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal
from storefront.sims.status import status
from tests.driver import hidden_fields
from tests.making import mails_to
from tests.owner import buy_esim, newest_code, open_sim, press, see_sim

PICTURE = b"\xff\xd8\xff" + b"a photo of a card" * 20


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type the number"),
        ("my card", "letters"),
        ("8944", "Some digits are missing"),
        ("89441100324167010031234", "too many digits"),
        ("35699900001234567", "begin with 89"),
    ],
)
def test_what_is_no_number_is_told_apart_and_never_asked(traveller, sandbox, typed, said):
    """Each slip has its own sentence and remedy, and the supplier hears of none."""
    answer = open_sim(traveller, typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert not [call for call in sandbox.world.log if call.get("target") == "single_verify"]


@pytest.mark.parametrize("dress", ["{}", "{}F", "ICCID: {}", " {} f"])
def test_a_number_may_come_as_people_paste_it(traveller, sandbox, dress):
    """Groups, a filler F and words around the number do not matter."""
    digits = sandbox.world.sims.some("in_use").iccid
    grouped = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    assert open_sim(traveller, dress.format(grouped)).headers["Location"] == "/en/sim"


def test_a_misprinted_number_is_no_obstacle(traveller, sandbox):
    """A number that fails its check digit opens when the supplier knows it; else the page says it may be a slip."""
    assert open_sim(traveller, sandbox.world.sims.some("misprinted").iccid).status_code == 303
    answer = open_sim(traveller.other(), "8944110000000000128")
    assert answer.status_code == 404
    assert "A digit looks wrong" in answer.text
    assert "mailto:" in answer.text.split('id="faults"')[1].split("</form>")[0]
    # The number comes back as it is printed, so that it can be compared with the card; words come back as they were.
    assert 'value="8944 1100 0000 0000 128"' in answer.text
    assert 'value="my &lt;card&gt; 8944"' in open_sim(traveller.other(), "my <card> 8944").text


def test_the_number_alone_shows_plans_and_roughly_what_is_left(traveller, sandbox):
    """No exact volume, no history, no renewal, no address, no full number, no code: for those the way is shown."""
    sim = sandbox.world.sims.some("auto_renewing")
    open_sim(traveller, sim.iccid)
    page = see_sim(traveller)
    assert "Plans on this SIM" in page
    assert re.search(r"about \d+0 %", page)
    for private in (sim.iccid, "Every order of this SIM", "Auto-renew</h2>", "LPA:1$", "@traveller"):
        assert private not in page
    assert traveller.browser.get("/en/orders").text.count("lifts") == 0


def test_an_address_typed_in_a_card_session_opens_nothing_more(traveller, sandbox):
    """Signing in with any other e-mail leaves the SIM's private part closed."""
    iccid = buy_esim(traveller)
    stranger = traveller.other()
    open_sim(stranger, iccid)
    stranger.browser.post("/en/sign-in", data=_form(stranger, "/en/sign-in", email="eve@stranger.example"))
    code = newest_code(stranger, "eve@stranger.example")
    stranger.browser.post("/en/sign-in/code", data=_form(stranger, "/en/sign-in/code", code=code))
    page = see_sim(stranger)
    assert "Every order of this SIM" not in page
    assert "Send me the code" in page


def test_the_code_goes_to_the_address_that_got_the_profile_and_opens_everything(traveller, sandbox):
    """The address is on no page and in no cookie; the right code shows history and the supplier's own renewal."""
    iccid = buy_esim(traveller)
    sim = sandbox.world.sims.find(iccid)
    sim.renewals.append(Renewal("R1", "P1", PLANS[0], 1, sandbox.world.sims.now()))
    elsewhere = traveller.other()
    open_sim(elsewhere, iccid)
    before = elsewhere.session_cookie()
    asked = press(elsewhere, "/en/sim/prove", see_sim(elsewhere))
    assert asked.headers["Location"] == "/en/sign-in/code"
    page = elsewhere.browser.get("/en/sign-in/code")
    assert traveller.email not in page.text + str(asked.headers)
    code = newest_code(elsewhere, traveller.email)
    done = press(elsewhere, "/en/sign-in/code", page.text, code=code)
    assert done.headers["Location"] == "/en/sim"
    assert elsewhere.session_cookie() != before
    opened = see_sim(elsewhere)
    assert "Every order of this SIM" in opened
    order = re.search(r'href="(/en/orders/[0-9A-Z]{10})">Order', opened).group(1)
    assert "Your eSIM for Japan" in elsewhere.browser.get(order).text
    assert PLANS[0].name in opened.split("Auto-renew</h2>")[1]


def test_the_right_code_is_said_to_be_right_once_and_how_long_it_holds(traveller):
    """After the code the page says that it worked and until when; later the time stands beside the way out."""
    iccid = buy_esim(traveller)
    elsewhere = traveller.other()
    open_sim(elsewhere, iccid)
    press(elsewhere, "/en/sim/prove", see_sim(elsewhere))
    page = elsewhere.browser.get("/en/sign-in/code").text
    press(elsewhere, "/en/sign-in/code", page, code=newest_code(elsewhere, traveller.email))
    until = elsewhere.house.outside.clock.now() + EMAIL_LIFE
    first, second = elsewhere.browser.get("/en/sim").text, elsewhere.browser.get("/en/sim").text
    assert ("The code was right" in first, "The code was right" in second) == (True, False)
    for page in (first, second):
        assert f"{until:%d %b %Y, %H:}".lstrip("0") in page
    press(elsewhere, "/en/sign-out", second)
    assert elsewhere.browser.get("/en/sim").status_code == 303


def test_a_sim_we_did_not_deliver_asks_the_desk_with_a_proof(traveller, house, sandbox):
    """Without a second factor nothing changes by itself: a case with the sealed proof is opened, and the desk told."""
    sim = sandbox.world.sims.some("auto_renewing")
    open_sim(traveller, sim.iccid)
    page = see_sim(traveller)
    assert "bought elsewhere" in page
    assert press(traveller, "/en/sim/prove", page).headers["Location"] == "/en/sim/ask"
    form = traveller.browser.get("/en/sim/ask").text
    fields = {"wish": "close_renewal", "email": "ada@traveller.example", "words": "please"}
    without = press(traveller, "/en/sim/ask", form, **fields)
    assert (without.status_code, "Add a photo" in without.text) == (422, True)
    odd = press(traveller, "/en/sim/ask", form, **fields, file=(io.BytesIO(b"MZ program"), "card.jpg"))
    assert (odd.status_code, "neither a JPEG" in odd.text) == (422, True)
    large = send_file(traveller, "/en/sim/ask", hidden_fields(form) | fields, PICTURE + b"0" * MOST_BYTES)
    assert (large.status_code, "larger than 10 MB" in large.text) == (422, True)
    huge = send_file(traveller, "/en/sim/ask", hidden_fields(form) | fields, PICTURE + b"0" * 2 * MOST_BYTES)
    assert huge.status_code == 413
    with house.read() as session:
        assert session.exec(select(Case)).all() == []
    sent = press(traveller, "/en/sim/ask", form, **fields, file=(io.BytesIO(PICTURE), "card.jpg"))
    assert sent.status_code == 200
    traveller.drain()
    with house.read() as session:
        case, proof = session.exec(select(Case)).one(), session.exec(select(CaseProof)).one()
    assert house.vault.open(proof.sealed_file) == PICTURE
    assert (case.kind, proof.wish, proof.media_type) == ("sim_proof", "close_renewal", "image/jpeg")
    assert case.id[-8:].upper() in sent.text
    told = str(mails_to(sandbox, "desk@landfall.example"))
    assert "sim_proof" in told or "close renewal" in told
    assert sim.iccid not in told + case.detail
    assert sandbox.world.sims.find(sim.iccid).renewal() is not None


def test_a_silent_supplier_leaves_the_page_with_what_was_known(traveller, sandbox):
    """The page opens at once with the last facts and says how old they are; a new number cannot be checked."""
    sim = sandbox.world.sims.some("in_use")
    open_sim(traveller, sim.iccid)
    known = see_sim(traveller)
    sandbox.world.faults.arm("mall.*", "status", 99, status=503)
    sandbox.world.faults.arm("csss.*", "status", 99, status=503)
    traveller.wait(120)
    page = see_sim(traveller)
    assert "The network does not answer right now" in page
    assert re.search(r"about \d+0 %", page).group() == re.search(r"about \d+0 %", known).group()
    assert "may have changed since" in page
    answer = open_sim(traveller.other(), sim.iccid)
    assert answer.status_code == 503
    assert "does not answer" in answer.text


def test_days_are_counted_from_today_and_a_plan_past_its_last_one_is_over(traveller, sandbox, house):
    """Old facts do not say "in use" for ever: what they tell is the last day, and that is reckoned from today."""
    open_sim(traveller, sandbox.world.sims.some("in_use").iccid)
    see_sim(traveller)
    with house.read() as session:
        sim_id = session.exec(select(Sim.id)).one()
    now = house.outside.clock.now()
    running = next(one for one in status(house.read, sim_id, is_proved=False, now=now).plans if one.expires_on)
    last = dt.datetime.combine(running.expires_on, dt.time(12), tzinfo=dt.UTC)
    assert (running.state, running.remaining_days) == ("in_use", (running.expires_on - now.date()).days)
    for days, state, left in ((-1, "in_use", 1), (0, "in_use", 0), (1, "over", None)):
        facts = status(house.read, sim_id, is_proved=False, now=last + dt.timedelta(days=days))
        assert (facts.plans[0].state, facts.plans[0].remaining_days) == (state, left)
        assert (facts.mood == "active") is (state == "in_use")


def test_old_facts_can_be_read_again_once_a_minute(traveller, sandbox):
    """The link asks anew and the page shows the answer by itself, for a while; within a minute nobody is asked."""
    open_sim(traveller, sandbox.world.sims.some("in_use").iccid)
    see_sim(traveller)
    sandbox.world.faults.arm("mall.*", "status", 99, status=503)
    sandbox.world.faults.arm("csss.*", "status", 99, status=503)
    traveller.wait(120)
    assert 'href="/en/sim?again=1"' in see_sim(traveller)
    asked = len(sandbox.world.log)
    soon = traveller.browser.get("/en/sim?again=1")
    traveller.drain()
    assert ("Refresh" in soon.headers, len(sandbox.world.log)) == (False, asked)
    sandbox.world.faults.clear()
    traveller.wait(61)
    later = traveller.browser.get("/en/sim?again=1")
    assert later.headers["Refresh"] == "2; url=/en/sim?again=2"
    assert "Asking the network again" in later.text
    assert "Refresh" not in traveller.browser.get("/en/sim?again=9").headers
    traveller.drain()
    answered = traveller.browser.get("/en/sim?again=2")
    assert "Refresh" not in answered.headers
    assert "does not answer" not in answered.text


def test_an_odd_answer_changes_nothing_and_is_kept_for_the_desk(traveller, sandbox, house):
    """A field is missing: the facts read before stay, and the row names call and field, without the number."""
    sim = sandbox.world.sims.some("in_use")
    open_sim(traveller, sim.iccid)
    see_sim(traveller)
    sandbox.world.faults.arm("mall.single_query_order", "missing_field", 9, field="orderStatus")
    traveller.wait(120)
    page = see_sim(traveller)
    assert "In use" in page
    with house.read() as session:
        kept = session.exec(select(Sim)).one().errors
    assert "orderStatus" in kept["plans"]
    assert sim.iccid not in str(kept)


def test_pages_never_wait_for_the_supplier(traveller, sandbox):
    """However slow the supplier is, looking at the SIM asks it nothing while the page is made."""
    open_sim(traveller, sandbox.world.sims.some("in_use").iccid)
    asked = len(sandbox.world.log)
    assert traveller.browser.get("/en/sim").status_code == 200
    assert traveller.browser.get("/en/sim").headers["Refresh"]
    assert len(sandbox.world.log) == asked


def test_whoever_opened_no_sim_is_led_to_the_form(traveller):
    """Every page about a SIM needs one; none of them breaks without."""
    assert traveller.browser.get("/en/sim").headers["Location"] == "/en/sim/sign-in"
    assert traveller.browser.get("/en/sim/ask").status_code == 403
    assert traveller.browser.get("/en/sim/top-up/abc").status_code == 403


def test_leaving_forgets_the_sim(traveller, sandbox):
    """After 'use another number' the page is closed in this browser."""
    open_sim(traveller, sandbox.world.sims.some("in_use").iccid)
    press(traveller, "/en/sim/leave", see_sim(traveller))
    assert traveller.browser.get("/en/sim").headers["Location"] == "/en/sim/sign-in"


def send_file(traveller, path, fields, content):
    """A form with a file, written by hand: the test client would leave a large one open."""
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + content + b"\r\n--b--\r\n"
    return traveller.browser.post(path, data=body, content_type="multipart/form-data; boundary=b")


def _form(traveller, path, **fields):
    return hidden_fields(traveller.browser.get(path).text) | fields
