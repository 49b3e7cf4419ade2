"""Journeys of the desk: sign in, find anything, read its history, take and resolve cases, close a pasted list."""

from __future__ import annotations

import csv
import io
import re

from sqlmodel import select

from storefront.kernel.iccid import masked
from storefront.models.order import Hold, Order
from storefront.models.staff import StaffAction
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal as Record
from tests.agent import Agent
from tests.making import payments_of
from tests.owner import buy_esim, order_id
from tests.subscriber import renewal_of, subscribe, view_of


def test_nobody_comes_in_without_signing_in(app, house, run):
    """Every page leads to the sign-in, every form is refused; a wrong code gets one sentence; out is out."""
    stranger = Agent(app, house, run)
    for path in ("/desk/", "/desk/waiting", "/desk/orders/ABCDEFGHJK", "/desk/sims/1", "/desk/closings/1.csv"):
        assert stranger.browser.get(path).headers["Location"] == "/desk/sign-in"
    for path in (
        "/desk/search",
        "/desk/close",
        "/desk/close/begin",
        "/desk/sign-out",
        "/desk/cases/1/take",
        "/desk/sims",
    ):
        assert stranger.post(path).status_code == 403
    wrong = stranger.sign_in(code="000000")
    assert (wrong.status_code, "do not fit together" in wrong.text) == (403, True)
    assert stranger.sign_in().status_code == 303
    cookie = stranger.browser.get_cookie("desk_session", path="/desk")
    assert cookie.http_only
    assert cookie.path == "/desk"
    assert stranger.browser.get("/desk/").status_code == 200
    stranger.post("/desk/sign-out")
    assert stranger.browser.get("/desk/").status_code == 303


def test_a_travellers_cookie_is_nothing_at_the_desk(traveller, agent):
    """Two kinds of people, two cookies: neither opens the other's pages."""
    reference = traveller.order()
    assert traveller.browser.get("/desk/").status_code == 303
    assert agent.browser.get(f"/en/orders/{reference}").status_code == 403


def test_everything_a_traveller_may_quote_finds_the_order(traveller, agent, house):
    """Reference, address, number and its last digits, numbers of Stripe and of the supplier, several at once."""
    iccid = buy_esim(traveller)
    reference = traveller.browser.get("/en/orders").text.split("/en/orders/")[1][:10]
    page = payments_of(house, order_id(traveller, reference))[-1]
    with house.read() as session:
        hold = session.exec(select(Hold)).one()
    words = [reference, reference.lower(), traveller.email, traveller.email.upper(), iccid, iccid[-6:]]
    words += [page.session_id, page.payment_id, hold.supplier_order_id, hold.supplier_order_no]
    for word in words:
        found = agent.post("/desk/search", q=word)
        assert f"/desk/orders/{reference}" in found.text + found.headers.get("Location", ""), word
    with house.write() as session:
        session.exec(select(Order)).one().reference = "ZF0XBBE8EF"
    for word in ("ZF0XBBE8EF", f"{iccid}F"):
        assert "ZF0XBBE8EF" in agent.post("/desk/search", q=word).headers["Location"]
    reference = "ZF0XBBE8EF"
    mail = f"Hello, my order {reference} (SIM {iccid[-5:]}) does not work. Also 99999999 and nobody@x.example"
    found = agent.post("/desk/search", q=mail).text
    assert found.count(f'href="/desk/orders/{reference}"') == 2
    assert "99999999" in found
    assert found.index("Not in our records") < found.index("We did not ask Stripe or the supplier")
    assert re.search(r"US\$[\d.]+</span></dd></div>\s*<div><dt>Placed</dt><dd><time", found)
    assert 'href="/desk/">Back to the desk<' in found
    assert iccid not in found
    assert "Nothing to look for" in agent.post("/desk/search", q="hello there").text


def test_a_history_shows_money_calls_states_letters_and_notes_and_no_secret(traveller, agent, house, sandbox):
    """One order, everything that happened, filtered by kind; no code, no full number, no address."""
    renewal_id = subscribe(traveller)
    reference, iccid = view_of(house, renewal_id).order_reference, renewal_of(house, renewal_id).iccid
    agent.post(f"/desk/orders/{reference}/note", words="She called about it")
    page = agent.browser.get(f"/desk/orders/{reference}").text
    told = ("The card was charged", "Delivered", "We ordered the top-up", "the top-up is there", "Auto-renew began")
    for shown in (*told, "Note", "by Eva", "Stripe’s number", "What was sent</summary>"):
        assert shown in page, shown
    for raw in ("captured", "awaiting_payment", "order_topped_up", "top_up", "by system", ">started<", "it was done"):
        assert raw not in page, raw
    assert "She called about it" in page
    chain = ["the top-up is there", "The card was charged", "A payment page at Stripe", "Ordered<"]
    assert [page.index(one) for one in chain] == sorted(page.index(one) for one in chain)
    assert iccid not in page
    assert traveller.email not in page
    money = agent.browser.get(f"/desk/orders/{reference}?kind=money").text
    assert "The card was charged" in money
    assert "She called about it" not in money
    assert agent.browser.get("/desk/orders/ABCDEFGHJK").status_code == 404


def test_a_case_is_taken_and_resolved_with_a_reason_once(traveller, agent, sandbox, house):
    """Whose it is and why it was closed stand in the record; a second closing is told so, an empty reason refused."""
    sandbox.world.faults.arm("linksfield.order_status", "bad_qr", 2, value="<img>")
    sandbox.world.faults.arm("linksfield.profile", "bad_qr", 2, value="<img>")
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    page = agent.browser.get("/desk/").text
    assert "No usable code came" in page
    case = re.search(r"/desk/cases/([\w-]+)\"", page).group(1)
    agent.post(f"/desk/cases/{case}/take")
    assert "<dt>Owner</dt><dd>Eva</dd>" in agent.browser.get("/desk/").text
    assert agent.post(f"/desk/cases/{case}/resolve", reason=" ").status_code == 422
    held = agent.post(f"/desk/cases/{case}/resolve", reason="asked the supplier")
    assert (held.status_code, "The money is still with us" in held.text) == (409, True)
    assert agent.do(f"/desk/orders/{reference}/refund", words="asked the supplier").status_code == 303
    traveller.drain()
    assert agent.post(f"/desk/cases/{case}/resolve", reason="asked again").status_code == 409
    assert "Nothing waits for a person" in agent.browser.get("/desk/").text
    history = agent.browser.get(f"/desk/orders/{reference}").text
    assert "Took the case" in history
    assert "Case resolved: No usable code came" in history
    assert "sent a code that cannot be installed" in history
    assert "unusable_profile" not in history
    assert "asked the supplier" in history


def test_a_pasted_list_is_shown_first_then_closed_with_progress_and_a_table(traveller, agent, sandbox, house):
    """Good and bad lines mixed: a sentence for each, nothing done before the button, then each closed once."""
    renewal_id = subscribe(traveller)
    ours = renewal_of(house, renewal_id)
    sims = [sandbox.world.sims.some(kind) for kind in ("auto_renewing", "auto_renewing_often", "in_use")]
    lines = [*(sim.iccid for sim in sims), ours.iccid, ours.iccid, "12345", "8985 nonsense", ""]
    shown = agent.post("/desk/close", numbers="\n".join(lines)).text
    assert f"close Stripe subscription {ours.subscription_id}" in shown
    assert shown.count("will be checked and closed") == shown.count("<dd>not read yet</dd>") == 3
    assert shown.count(">will be closed<") == len(re.findall(r"At the supplier</dt><dd>none, read <time", shown)) == 1
    assert ">Close auto-renewals of 4 SIMs</button>" in shown
    numbered = [f"Line {line}</span> <b" for line in range(1, 8)]
    assert [shown.index(one) for one in numbered] == sorted(shown.index(one) for one in numbered)
    assert shown.count("left out") == 3
    assert "the same SIM as in a line above" in shown
    assert view_of(house, renewal_id).is_on
    assert agent.post("/desk/close/begin", numbers="\n".join(lines), reason=" ").status_code == 422
    begun = agent.close_list("\n".join(lines), "asked by mail")
    progress = begun.headers["Location"]
    assert "0 of 4 closed" in agent.browser.get(progress).text
    assert agent.browser.get(progress).headers["Refresh"]
    traveller.drain()
    done = agent.browser.get(progress)
    assert "4 of 4 closed" in done.text
    assert "Refresh" not in done.headers
    assert re.search(r"Done by Eva, <time.*?</time><br>Why: asked by mail</p>", done.text)
    proof, reference = re.search(r'href="(/desk/done/\d+)">(\w+)</a></td>', done.text).groups()
    page = agent.browser.get(proof).text
    assert "The supplier was read: no auto-renewal is left" in page
    assert f"{reference}</span>" in page
    assert "<dd>asked by mail</dd>" in page
    assert re.search(rf'class="button desk__next" href="{progress}">To the list<', page)
    left_out = [f"Line 5</b> <code><bdi>{masked(ours.iccid)}", "Line 6</b> <code><bdi>12345", "8985 nonsense"]
    places = [done.text.index(one) for one in ("3 lines were left out", *left_out)]
    assert places == sorted(places)
    for why in ("the same SIM as in a line above", "does not begin with 89", "letters in the number"):
        assert why in done.text
    assert view_of(house, renewal_id).state == "ended"
    assert not [one for sim in sims for one in sim.renewals if one.is_active]
    table = list(csv.DictReader(io.StringIO(agent.browser.get(f"{progress}.csv").text)))
    assert [row["state"] for row in table] == ["closed"] * 4 + ["left_out"] * 3
    assert [row["left_out_because"] for row in table[4:]] == ["twice", "not_89", "letters"]
    assert not any(line in str(table) for line in lines if len(line) > 15)
    with house.read() as session:
        kept = session.exec(select(StaffAction).where(StaffAction.verb == "close_renewals")).all()
    assert [one.reason for one in kept] == ["asked by mail"] * 4
    key = progress.rpartition("/")[2]
    agent.post("/desk/close/begin", numbers="\n".join(lines), reason="asked by mail", key=key)
    with house.read() as session:
        kept = session.exec(select(StaffAction)).all()
    assert sorted(one.verb for one in kept) == ["close_renewals"] * 4 + ["left_out"]
    assert agent.browser.get(progress).text.count("Line 6") == 1


def test_what_is_kept_of_a_slip_is_no_whole_number_and_no_address(agent, sandbox):
    """A number with one digit too many is nearly a whole one: its ends are kept, of an address the first letter."""
    good = sandbox.world.sims.some("auto_renewing").iccid
    slips = [f"{good}123", f"X {good[:10]} {good[10:]}9 ana@owner.example"]
    page = agent.browser.get(agent.close_list("\n".join([good, *slips]), "bulk").headers["Location"]).text
    assert f"{good[:4]}…{good[-1]}123" in page
    assert "too many digits" in page
    assert good[4:16] not in page
    assert "ana@" not in page


def test_what_is_beyond_the_longest_list_is_told(agent, sandbox):
    """500 lines at once; which ones were not looked at is said before and after."""
    numbers = "\n".join([sandbox.world.sims.some("auto_renewing").iccid, *["12345"] * 501])
    assert "more than 500 lines" in agent.post("/desk/close", numbers=numbers).text
    assert "Lines 501–502" in agent.browser.get(agent.close_list(numbers, "bulk").headers["Location"]).text


def test_some_of_a_list_stick_and_are_told(traveller, agent, sandbox, house, app, run):
    """The supplier fails for a while: what sticks is shown as stuck with a case, the rest is closed."""
    sims = [sandbox.world.sims.create("auto_renewing") for _ in range(3)]
    for sim in sims:
        sim.renewals.append(Record(f"X{sim.iccid}", f"Y{sim.iccid}", PLANS[0], 1, sandbox.world.sims.now()))
    sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "code", 30)
    numbers = "\n".join(sim.iccid for sim in sims)
    progress = agent.close_list(numbers, "bulk").headers["Location"]
    traveller.drain()
    traveller.wait(1000)
    agent = Agent(app, house, run, "ben@desk.example")
    assert agent.sign_in().status_code == 303
    assert "0 of 3 closed" in agent.browser.get(progress).text
    assert "stuck" in agent.browser.get(progress).text
    sandbox.world.faults.clear()
    traveller.wait(3700)
    agent = Agent(app, house, run, "lea@desk.example")
    agent.sign_in()
    assert "3 of 3 closed" in agent.browser.get(progress).text


def test_an_empty_or_bad_list_closes_nothing(agent):
    """A sentence for each line, and no button."""
    for text in ("", "hello", "123\n456"):
        answer = agent.post("/desk/close", numbers=text)
        assert answer.status_code == 422
        assert not re.search(r">Close \d+</button>", answer.text)
