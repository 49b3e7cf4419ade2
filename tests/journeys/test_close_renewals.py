"""Journeys of auto-renewals the supplier holds: closed by the owner or the desk, read back, proved."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from storefront.models.case import Case
from storefront.models.renewal import Closing
from storefront.renewals import close, closings
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal
from tests.making import mails_to
from tests.owner import buy_esim, newest_code, open_sim, press, see_sim


@pytest.fixture
def owner(traveller, sandbox):
    """Somebody who has proved an eSIM bought here; the supplier renews three plans on it."""
    traveller.iccid = buy_esim(traveller)
    sim = sandbox.world.sims.find(traveller.iccid)
    for at in range(3):
        sim.renewals.append(Renewal(f"R{at}", f"P{at}", PLANS[at], 1, sandbox.world.sims.now()))
    open_sim(traveller, traveller.iccid)
    press(traveller, "/en/sim/prove", see_sim(traveller))
    page = traveller.browser.get("/en/sign-in/code").text
    press(traveller, "/en/sign-in/code", page, code=newest_code(traveller, traveller.email))
    return traveller


def active(owner):
    """Records the supplier still renews."""
    return [one for one in owner.sandbox.world.sims.find(owner.iccid).renewals if one.is_active]


def ask(owner):
    """Press the button; the path of the proof."""
    return press(owner, "/en/sim/renewal/close", see_sim(owner)).headers["Location"]


def test_the_owner_closes_all_of_them_and_gets_the_proof(owner, sandbox):
    """Each record is ended, the supplier is read until none is left; page and mail say so, without the full number."""
    assert "Stop it now" in see_sim(owner)
    path = ask(owner)
    assert owner.browser.get(path).headers["Refresh"]
    owner.drain()
    page = owner.browser.get(path).text
    assert active(owner) == []
    assert "Auto-renew stopped" in page
    assert all(PLANS[at].name in page for at in range(3))
    mail = next(one for one in mails_to(sandbox, owner.email) if "Auto-renew stopped" in one["subject"])
    assert path.rsplit("/", 1)[1] in mail["text"]
    assert owner.iccid not in page + str(mail)
    assert "None is active" in see_sim(owner)


def test_closing_twice_is_harmless(owner, house):
    """Two clicks are one closing; a third one after the end finds nothing to close and proves that."""
    page = see_sim(owner)
    first, second = (press(owner, "/en/sim/renewal/close", page).headers["Location"] for _ in range(2))
    assert first == second
    owner.drain()
    third = close.ask(house.bench, iccid=owner.iccid, asked_by="desk", actor="ada", email="", locale="en")
    assert close.perform(house.bench, third.id) is None
    again = closings.by_id(house.bench, third.id)
    assert (again.state, again.records) == ("closed", ())


def test_what_sticks_becomes_a_case_and_is_tried_on(owner, sandbox, house):
    """The supplier says yes and keeps the record: not called closed, a case after a while, closed when it gives way."""
    sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "code", 10_000)
    path = ask(owner)
    owner.drain()
    assert "Stopping auto-renew" in owner.browser.get(path).text
    owner.wait(1000)
    with house.read() as session:
        assert [case.kind for case in session.exec(select(Case))] == ["closing_stuck"]
        assert owner.iccid not in session.exec(select(Case)).one().detail
    assert "This takes longer" in owner.browser.get(path).text
    sandbox.world.faults.clear()
    owner.wait(3700)
    assert "Auto-renew stopped" in owner.browser.get(path).text
    with house.read() as session:
        assert session.exec(select(Case)).one().resolved_by == "system"


def test_a_lost_answer_to_a_close_is_settled_by_reading(owner, sandbox):
    """The close happened and its answer was lost: the next read shows it, nothing is believed unread."""
    sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "reset_after", 2)
    path = ask(owner)
    owner.drain()
    owner.wait(10)
    owner.wait(10)
    assert active(owner) == []
    assert "Auto-renew stopped" in owner.browser.get(path).text


def test_the_number_alone_closes_nothing(owner, sandbox):
    """A browser that knows the number, and no more, may neither close nor read a proof."""
    path = ask(owner)
    stranger = owner.other()
    open_sim(stranger, owner.iccid)
    assert press(stranger, "/en/sim/renewal/close", see_sim(stranger)).status_code == 403
    assert stranger.browser.get(path).status_code == 403


def test_another_owners_proof_looks_like_none(owner, house, sandbox):
    """A proof of another SIM is not found."""
    other = sandbox.world.sims.some("auto_renewing").iccid
    foreign = close.ask(house.bench, iccid=other, asked_by="desk", actor="ada", email="", locale="en")
    assert owner.browser.get(f"/en/sim/renewal/{foreign.reference}").status_code == 404
    assert owner.browser.get("/en/sim/renewal/nonsense").status_code == 404


def test_the_desk_closes_a_list_and_reads_the_proof(run, house, sandbox):
    """Several SIMs sold elsewhere, one of them with several records, are closed by one command; each has its proof."""
    sims = [sandbox.world.sims.some(kind) for kind in ("auto_renewing", "auto_renewing_often", "in_use")]
    code, text = run("renewal", "close", *[sim.iccid for sim in sims], "--by", "ada", "--email", "eva@example.com")
    assert code == 0, text
    assert text.count("closed: the supplier was read") == 3
    assert all(sandbox.world.sims.find(sim.iccid).renewal() is None for sim in sims)
    assert all(sim.iccid not in text for sim in sims)
    first = re.search(r"^(\w{10})  SIM .*$", text, re.MULTILINE)
    _, proof = run("renewal", "proof", first.group(1))
    assert first.group() in proof.splitlines()
    with house.read() as session:
        assert {row.actor for row in session.exec(select(Closing))} == {"ada"}


@pytest.mark.parametrize("number", ["8944", "hello"])
def test_a_wrong_number_changes_nothing(run, house, number):
    """A list with one bad number is refused whole."""
    code, _ = run("renewal", "close", "89852420180910340793", number, "--by", "ada")
    assert code != 0
    with house.read() as session:
        assert session.exec(select(Closing)).all() == []
