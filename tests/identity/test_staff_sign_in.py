"""Staff sign-in: password and second factor, one answer for every mistake, short sessions, roles, letting go."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest

from storefront.identity import staff_sign_in
from storefront.identity.lockout import TooManyAttempts
from storefront.identity.staff_sign_in import StaffRefused, StaffUnknown
from storefront.models.staff import StaffRole

PASSWORD = "correct horse battery"
ADDRESS = "eva@desk.example"


@pytest.fixture
def now(house):
    """A moment."""
    return house.outside.clock.now()


@pytest.fixture
def secret(house, now):
    """Somebody was added; their second factor."""
    with house.write() as session:
        return staff_sign_in.add(
            session, house.vault, email=ADDRESS, name="Eva", role=StaffRole.AGENT, password=PASSWORD, now=now
        )


def enter(house, now, secret, **changes):
    """Sign in; the token."""
    wanted = {"email": ADDRESS, "password": PASSWORD, "network": "n", "code": pyotp.TOTP(secret).at(now)}
    return staff_sign_in.sign_in(house.write, house.vault, now=now, wall=now, **{**wanted, **changes})


def seen(house, token, now):
    """Who that is."""
    return staff_sign_in.find(house.write, house.read, token, now=now)


def test_the_right_three_open_the_desk(house, now, secret):
    """Address, password and code: a session that says who sits there."""
    who = seen(house, enter(house, now, secret), now)
    assert (who.name, who.role, who.is_lead) == ("Eva", StaffRole.AGENT, False)


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"code": "000000"}, {"email": "nobody@desk.example"}])
def test_every_mistake_gets_the_same_answer(house, now, secret, changes):
    """Which of the three was wrong stays unsaid."""
    with pytest.raises(StaffUnknown):
        enter(house, now, secret, **changes)


def test_a_code_works_once(house, now, secret):
    """Whoever looks over a shoulder comes too late; the next code works."""
    enter(house, now, secret)
    with pytest.raises(StaffUnknown):
        enter(house, now, secret)
    later = now + dt.timedelta(seconds=60)
    assert enter(house, later, secret)


def test_tries_are_counted_for_each_person(house, now, secret):
    """Five wrong ones in a row close the door for a while, even to the right three; later it opens again."""
    for _ in range(5):
        with pytest.raises(StaffUnknown):
            enter(house, now, secret, password="wrong")
    with pytest.raises(TooManyAttempts):
        enter(house, now, secret)
    assert enter(house, now + dt.timedelta(hours=1), secret)


def test_a_session_ends_when_idle_and_at_the_end_of_the_day(house, now, secret):
    """Half an hour without a click, or ten hours in all."""
    token = enter(house, now, secret)
    assert seen(house, token, now + dt.timedelta(minutes=29))
    assert seen(house, token, now + dt.timedelta(minutes=31 + 29)) is None
    other = enter(house, now + dt.timedelta(minutes=2), secret)
    for step in range(1, 40):
        at = now + dt.timedelta(minutes=2 + 20 * step)
        found = seen(house, other, at)
        assert (found is not None) == (20 * step <= 600)


def test_signing_out_and_letting_go_end_sessions(house, now, secret):
    """A token is worth nothing after either."""
    token = enter(house, now, secret)
    staff_sign_in.sign_out(house.write, seen(house, token, now).session_id, now=now)
    assert seen(house, token, now) is None
    later = now + dt.timedelta(minutes=2)
    token = enter(house, later, secret)
    with house.write() as session:
        assert staff_sign_in.remove(session, ADDRESS, now=later)
        assert not staff_sign_in.remove(session, ADDRESS, now=later)
    assert seen(house, token, later) is None
    with pytest.raises(StaffUnknown):
        enter(house, later + dt.timedelta(minutes=2), secret)


def test_a_short_password_is_refused(house, now):
    """Nobody is added with one."""
    with house.write() as session, pytest.raises(StaffRefused):
        staff_sign_in.add(session, house.vault, email=ADDRESS, name="E", role=StaffRole.LEAD, password="short", now=now)


def test_adding_a_known_address_replaces_both_factors(house, now, secret):
    """A lost phone: the old secret and password are worth nothing, open sessions end."""
    token = enter(house, now, secret)
    with house.write() as session:
        fresh = staff_sign_in.add(
            session, house.vault, email=ADDRESS, name="Eva", role=StaffRole.LEAD, password="another long one", now=now
        )
    later = now + dt.timedelta(minutes=2)
    assert seen(house, token, later) is None
    with pytest.raises(StaffUnknown):
        enter(house, later, secret)
    assert seen(house, enter(house, later, fresh, password="another long one"), later).is_lead
