"""Card login under attack: how much strangers can collect, what they can tell apart, and that owners still get in."""

from __future__ import annotations

import re
import traceback

import pytest
from sqlmodel import select

from storefront.identity import card_sign_in, sessions
from storefront.identity.card_sign_in import BY_ADDRESS, EmailFirst, Tries
from storefront.identity.lockout import TooManyAttempts
from storefront.identity.sessions import NOBODY
from storefront.kernel.errors import SimUnknown
from storefront.kernel.iccid import has_check_digit
from storefront.models.sim import Sim
from storefront.web.sims.wording import in_groups
from tests.driver import Traveller
from tests.owner import buy_esim, open_sim

GUESSES = 10_000
DAY = 24 * 3600
ROUNDS_A_DAY = 5
TRIES = Tries(per_network=10, of_strangers=100)
UNKNOWN = next(number for number in (f"894411000000000001{at}" for at in range(10)) if has_check_digit(number))
FIRST = 89_441_100_777_000_000_000


@pytest.fixture
def street(sandbox, database_url):
    """Numbers in a row, each of them a good SIM of ours: the best street a guesser could find. A fifth on SQLite."""
    numbers = [str(FIRST + at) for at in range(GUESSES if database_url else GUESSES // 5)]
    for number in numbers:
        sandbox.world.sims.create("pre_activated", number)
    return numbers


def guess(house, number, *, network, view=NOBODY, token=None):
    """One guess; the answer's name, or the session that was opened."""
    try:
        return card_sign_in.open_sim(
            house.write,
            house.read,
            house.outside.sims,
            house.outside.clock,
            typed=number,
            view=view,
            token=token,
            network=network,
            tries=TRIES,
        )
    except (SimUnknown, EmailFirst) as no:
        return type(no).__name__


def attack(house, sandbox, street, network_of):
    """All guesses spread over one day; how many opened something."""
    hits = 0
    for at, number in enumerate(street):
        if at % 50 == 0:
            sandbox.world.clock.move(DAY / len(street) * 50)
            house.outside.clock.forget()
        hits += not isinstance(guess(house, number, network=network_of(at)), str)
    return hits


def test_one_network_collects_fifty_numbers_a_day_at_most(house, sandbox, street):
    """10,000 guesses from one network in a day: five rounds of ten at most, though every number was good."""
    hits = attack(house, sandbox, street, lambda _at: "198.51.100.7")
    assert 0 < hits <= ROUNDS_A_DAY * TRIES.per_network


def test_many_networks_collect_five_hundred_a_day_together_and_owners_still_get_in(house, sandbox, street, app):
    """10,000 guesses from 10,000 networks: five rounds of a hundred at most; owners prove an address and go on."""
    owner = Traveller(app, house, sandbox)
    iccid = buy_esim(owner)
    hits = attack(house, sandbox, street, lambda at: f"10.{at // 250}.{at % 250}.1")
    assert 0 < hits <= ROUNDS_A_DAY * TRIES.of_strangers
    assert guess(house, iccid, network="192.0.2.44") == "EmailFirst"
    with house.write() as session:
        view, token = sessions.rise(session, None, email="new@owner.example", now=house.outside.clock.now())
    opened = guess(house, iccid, network="192.0.2.44", view=view, token=token)
    assert opened.session.sim_id == opened.sim_id
    with house.write() as session:
        view, token = sessions.rise(session, None, email=owner.email, now=house.outside.clock.now())
    for _ in range(20):
        assert not isinstance(guess(house, iccid, network="192.0.2.44", view=view, token=token), str)


def test_a_proved_address_opens_five_numbers_a_day(house, sandbox, street):
    """Whoever proved an address goes on, but not for ever."""
    with house.write() as session:
        view, token = sessions.rise(session, None, email="eve@guess.example", now=house.outside.clock.now())
    for number in street[: BY_ADDRESS.attempts]:
        opened = guess(house, number, network="192.0.2.9", view=view, token=token)
        view, token = opened.session, opened.token
    with pytest.raises(TooManyAttempts) as refused:
        guess(house, street[BY_ADDRESS.attempts], network="192.0.2.9", view=view, token=token)
    assert refused.value.retry_after > 0


def test_unknown_foreign_locked_and_barred_numbers_look_the_same(app, house, sandbox):
    """Status, headers and body are equal to the byte, and each costs exactly one question to the supplier."""
    sims = sandbox.world.sims
    barred = sims.some("in_use").iccid
    for at in range(5):
        assert open_sim(Traveller(app, house, sandbox), barred, REMOTE_ADDR=f"10.1.1.{at}").status_code == 303
    numbers = {
        "unknown": UNKNOWN,
        "foreign": sims.some("foreign").iccid,
        "locked": sims.some("locked").iccid,
        "barred": barred,
    }
    seen = set()
    for at, number in enumerate(numbers.values()):
        before = len([call for call in sandbox.world.log if call.get("target") == "single_verify"])
        answer = open_sim(Traveller(app, house, sandbox), number, REMOTE_ADDR=f"10.2.2.{at}")
        asked = len([call for call in sandbox.world.log if call.get("target") == "single_verify"]) - before
        assert number not in answer.text.replace(in_groups(number), "NUMBER")
        body = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text.replace(in_groups(number), "NUMBER"))
        headers = {name: value for name, value in answer.headers if name not in ("X-Request-Id", "Content-Length")}
        headers["Set-Cookie"] = re.sub(r"=[^;]+", "=", headers.get("Set-Cookie", ""), count=1)
        seen.add((answer.status_code, tuple(sorted(headers.items())), body, asked))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 404


def test_they_all_take_the_same_branch(house, sandbox):
    """One line of the code says no to all of them."""
    sims = sandbox.world.sims
    barred = sims.some("in_use").iccid
    for at in range(5):
        guess(house, barred, network=f"n{at}")
    lines = set()
    for at, number in enumerate((UNKNOWN, sims.some("foreign").iccid, sims.some("locked").iccid, barred)):
        with pytest.raises(SimUnknown) as refused:
            card_sign_in.open_sim(
                house.write,
                house.read,
                house.outside.sims,
                house.outside.clock,
                typed=number,
                view=NOBODY,
                token=None,
                network=f"m{at}",
                tries=TRIES,
            )
        lines.add(traceback.extract_tb(refused.tb)[-1].lineno)
    assert len(lines) == 1


def test_a_miss_leaves_no_trace_of_the_number(house):
    """Only numbers the supplier knows are kept."""
    guess(house, UNKNOWN, network="n")
    with house.read() as session:
        assert session.exec(select(Sim)).all() == []


def test_the_token_changes_when_a_sim_is_opened(traveller, sandbox):
    """A session cookie planted before the sign-in is worth nothing after it; what the session held stays."""
    traveller.order()
    before = traveller.session_cookie()
    open_sim(traveller, sandbox.world.sims.some("in_use").iccid)
    assert traveller.session_cookie() != before
    assert "lifts" in traveller.browser.get("/en/orders").text
