"""What a page says after a deed at the desk: which SIM, when each side was read, what goes on, and what to do next."""

import re

import pytest

from storefront.kernel.iccid import masked
from storefront.models.profile import Profile
from storefront.renewals import close
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal as Record
from tests.agent import Agent, delivered, stuck
from tests.owner import order_id
from tests.subscriber import renewal_of, subscribe, view_of


def record(sandbox, sim):
    """One more auto-renewal that the supplier keeps for a SIM."""
    return Record(f"X{sim.iccid[-6:]}", f"Y{sim.iccid[-6:]}", PLANS[0], 1, sandbox.world.sims.now())


@pytest.fixture
def half_closed(traveller, house, sandbox):
    """Stopped by the traveller: Stripe ended it, the supplier would not; the order's reference and the SIM."""
    renewal_id = subscribe(traveller)
    ours, reference = renewal_of(house, renewal_id), view_of(house, renewal_id).order_reference
    sim = sandbox.world.sims.find(ours.iccid)
    sim.renewals.append(record(sandbox, sim))
    sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "code", 60)
    told = {"email": ours.email, "locale": "en", "renewal_id": renewal_id}
    close.ask(house.bench, iccid=ours.iccid, asked_by="traveller", actor="traveller", **told)
    traveller.drain()
    traveller.wait(1000)
    sandbox.world.faults.clear()
    return reference, sim


@pytest.fixture
def later(app, house, run, half_closed):
    """An agent who signed in after all that."""
    somebody = Agent(app, house, run, "ben@desk.example")
    assert somebody.sign_in().status_code == 303
    return somebody


def is_headed(page, headline, ending):
    """Whether a page begins with a headline and how far that is, said once."""
    return re.search(rf"<h1>{headline}</h1>\s*<span[^>]*>{ending}</span>", page)


def closed(agent, traveller, reference):
    """Close the renewal of an order; the address of what it came to."""
    done = agent.do(f"/desk/orders/{reference}/close_renewals", why="renewal_unwanted").headers["Location"]
    traveller.drain()
    return done


def test_a_reading_older_than_the_closing_is_taken_again(later, traveller, half_closed):
    """Stripe ended it before the desk was asked: it is read once more, and both moments stand there."""
    reference, sim = half_closed
    page = later.browser.get(closed(later, traveller, reference)).text
    assert is_headed(page, "Auto-renewal closed", "done")
    assert masked(sim.iccid) in page
    assert sim.iccid not in page
    assert "Stripe was read: no further charge can come" in page
    assert "First seen so" in page
    assert f"Closed at the supplier: {PLANS[0].name}<" in page
    assert f">X{sim.iccid[-6:]}</code>" in page
    assert "before this was asked for" not in page


def test_an_older_reading_that_cannot_be_taken_again_is_called_old(later, traveller, half_closed, sandbox):
    """A silent Stripe proves nothing new: the old reading says so, stands last, and the page offers to read again."""
    reference, _sim = half_closed
    done = closed(later, traveller, reference)
    sandbox.world.faults.arm("stripe.subscription_retrieve", "status", 5, status=503)
    page = later.browser.get(done).text
    assert is_headed(page, "Close auto-renewal", "not read again yet")
    assert re.findall(r'class="button[^"]*"[^>]*>([^<]+)<', page) == ["Read both sides again"]
    assert page.index("Stripe does not answer") < page.index("before this was asked for")
    sandbox.world.faults.clear()
    again = re.search(r'href="(/desk/done/\d+\?again=1)"', page).group(1)
    assert is_headed(later.browser.get(again).text, "Auto-renewal closed", "done")


def test_closed_is_not_settled_while_nobody_can_be_told(agent, traveller, sandbox):
    """For a SIM of another shop no address is known: the page says what is left to do, and the number to say."""
    sim = sandbox.world.sims.some("auto_renewing")
    path = agent.post("/desk/sims", number=sim.iccid).headers["Location"]
    traveller.drain()
    done = agent.do(f"{path}/close_renewals", why="renewal_unwanted").headers["Location"]
    traveller.drain()
    page = agent.browser.get(done).text
    assert is_headed(page, "Auto-renewal closed", "tell the traveller")
    proof = re.search(r'Proof <span class="ref">(\w+)<', page).group(1)
    assert f'Tell the traveller the proof’s number: <span class="ref">{proof}<' in page


def test_reading_again_finds_what_began_after_the_closing(later, traveller, half_closed, sandbox):
    """The proof is of its moment; whoever asks again sees the auto-renewal that somebody began since."""
    reference, sim = half_closed
    done = closed(later, traveller, reference)
    sim.renewals.append(record(sandbox, sim))
    assert "it shows an auto-renewal" not in later.browser.get(done).text
    assert f"it shows an auto-renewal, {PLANS[0].name}" in later.browser.get(f"{done}?again=1").text


def test_after_a_refund_it_says_whether_the_renewal_goes_on(traveller, agent, house):
    """Money back is half of it: the page says that it is on, leads to its closing, and then says that it is off."""
    renewal_id = subscribe(traveller)
    reference = view_of(house, renewal_id).order_reference
    path = f"/desk/orders/{reference}"
    agent.do(f"{path}/resend", why="other", words="to see it")
    note = agent.do(f"{path}/resend", why="renewal_unwanted").headers["Location"]
    traveller.drain()
    page = agent.browser.get(note).text
    assert "Auto-renew is still on: US$" in page
    assert re.search(rf'class="button desk__next" href="{path}/close_renewals"', page)
    agent.do(f"{path}/close_renewals", why="renewal_unwanted")
    traveller.drain()
    page = agent.browser.get(note).text
    assert "Auto-renew is off since" in page
    proof = view_of(house, renewal_id).closing.reference
    sources = rf"Stripe read <time.*?</time>, supplier read <time.*?</time>, proof {proof}"
    assert re.search(sources, page)
    assert f"{path}/close_renewals" not in page


def test_one_way_on_leads(traveller, agent, sandbox):
    """An open case first, otherwise the order; all else are links."""
    reference = stuck(traveller, sandbox)
    done = agent.do(f"/desk/orders/{reference}/ask_again").headers["Location"]
    page = agent.browser.get(done).text
    assert re.findall(r'class="button[^"]*"[^>]*>([^<]+)<', page) == ["Back to the case"]
    traveller.drain()
    page = agent.browser.get(done).text
    assert re.findall(r'class="button[^"]*"[^>]*>([^<]+)<', page) == ["To the order"]
    assert "The case: resolved" in page


def test_what_was_announced_is_read_back_line_by_line(traveller, agent, sandbox, house):
    """Which code came and when, what was given up and ordered for it, the mail, and the case; never the code."""
    reference = stuck(traveller, sandbox)
    done = agent.do(f"/desk/orders/{reference}/order_again").headers["Location"]
    before = agent.browser.get(done).text
    assert "No usable code came yet" in before
    assert "Not ordered once more at the supplier yet" in before
    assert "none yet" in before
    traveller.drain()
    page = agent.browser.get(done).text
    known = order_id(traveller, reference)
    with house.read() as session:
        kept = session.get_one(Profile, known)
    assert re.search(rf"A usable code came: SIM <span[^>]*>{masked(kept.iccid)}<", page)
    assert kept.iccid not in page
    assert house.vault.open_text(kept.sealed_code) not in page
    old, new = re.findall(r"(?:Given up|Ordered once more) at the supplier: its order (\d+) for US\$", page)
    assert old != new
    assert re.search(r"Our order is delivered</span>\s*<span[^>]*>done</span>\s*<small[^>]*><time", page)
    assert re.search(r"The mail with the code, to a•••@[\w.]+</span>\s*<span[^>]*>done<", page)
    assert re.search(r"The case: resolved</a></span><span[^>]*>done<", page)


def test_asking_in_vain_says_that_no_usable_code_came(traveller, agent, sandbox):
    """The supplier is asked again and sends the same again: nothing looks as if it were there."""
    reference = stuck(traveller, sandbox)
    for target in ("linksfield.order_status", "linksfield.profile"):
        sandbox.world.faults.arm(target, "bad_qr", 9, value="<img>")
    done = agent.do(f"/desk/orders/{reference}/ask_again").headers["Location"]
    traveller.drain()
    page = agent.browser.get(done).text
    assert "No usable code came yet" in page
    assert "A usable code came" not in page
    assert "Given up" not in page
    assert "The case: resolved" not in page


def test_a_new_address_stands_in_full_and_says_why(traveller, agent, house):
    """It can be read back to the traveller; the old one stays masked."""
    reference = delivered(traveller)
    path = f"/desk/orders/{reference}/change_email"
    done = agent.do(path, email="right@owner.example", why="wrong_address").headers["Location"]
    before = agent.browser.get(done).text
    assert is_headed(before, "E-mail changed", "mails being sent")
    assert "under way" not in before.lower()
    assert re.search(r"Looked at <time[^>]*>[^<]+</time>\. This page looks again by itself\.", before)
    assert re.search(r"address is now right@owner.example</span>\s*<span[^>]*>done<", before)
    assert before.count(">being sent<") == 2
    traveller.drain()
    page = agent.browser.get(done).text
    assert is_headed(page, "E-mail changed", "done")
    assert "looks again by itself" not in page
    assert "being sent" not in page
    assert page.index("right@owner.example") < page.index("so that you can read it back")
    assert traveller.email not in page
    assert order_id(traveller, reference)


def test_an_order_always_says_whether_it_renews(traveller, agent, house):
    """None, on with its next charge, and what the supplier shows, or that nobody read it yet."""
    plain = agent.browser.get(f"/desk/orders/{delivered(traveller)}").text
    assert re.search(r"<dt>SIM</dt><dd><span[^>]*>\d{4}…\d{4}</span></dd>", plain)
    assert "Auto-renew</dt><dd>none with us</dd>" in plain
    assert "Auto-renewal at the supplier</dt><dd>unknown: not read yet</dd>" in plain
    renewal_id = subscribe(traveller)
    ours = agent.browser.get(f"/desk/orders/{view_of(house, renewal_id).order_reference}").text
    assert "Auto-renew</dt><dd>on, next charge <time" in ours
    assert re.search(r"Auto-renewal at the supplier</dt><dd>none<small[^>]*>Read <time", ours)


def test_an_order_without_a_sim_leads_from_its_case_to_what_can_be_done(traveller, agent, sandbox):
    """The case stands first; nothing came and nothing was agreed, so nothing offers to close an auto-renewal."""
    path = f"/desk/orders/{stuck(traveller, sandbox)}"
    page = agent.browser.get(path).text
    parts = ("1 open case", "What can be done", "Add a note")
    assert [page.index(one) for one in parts] == sorted(page.index(one) for one in parts)
    assert "Auto-renew</dt><dd>none with us</dd>" in page
    asked = agent.browser.get(agent.do(f"{path}/ask_again").headers["Location"]).text
    for shown in (page, asked):
        assert (f"{path}/refund" in shown, "close_renewals" in shown) == (True, False)


def test_asking_about_a_sim_again_says_when_it_was_read(agent, sandbox, traveller):
    """Under way until a worker looked; then read, or not answered."""
    sim = sandbox.world.sims.some("auto_renewing")
    path = agent.post("/desk/sims", number=sim.iccid).headers["Location"]
    traveller.drain()
    done = agent.do(f"{path}/ask_again", why="other", words="she asks").headers["Location"]
    assert is_headed(agent.browser.get(done).text, "Ask the supplier again", "under way")
    traveller.drain()
    page = agent.browser.get(done)
    assert "the page of the SIM shows what it said" in page.text
    assert masked(sim.iccid) in page.text
    assert "Refresh" not in page.headers
    shown = agent.browser.get(path).text
    assert "The supplier’s word" in shown
    assert "in use, until" in shown
    assert "in_use" not in shown
