"""Sessions and what they may see."""

from __future__ import annotations

import pytest
from sqlmodel import select

from storefront.identity import sessions
from storefront.identity.sessions import NOBODY, SessionView
from storefront.models.identity import SessionLevel, WebSession
from storefront.models.order import Order
from tests.identity.making import Room, make_order


def rise(room: Room, token: str | None, email: str) -> tuple[SessionView, str]:
    """Sign in."""
    with room.write() as session:
        return sessions.rise(session, token, email=email, now=room.clock.now())


def find(room: Room, token: str) -> SessionView:
    """Look the token up now."""
    return sessions.find(room.read, token, now=room.clock.now())


def open_guest(room: Room) -> tuple[SessionView, str]:
    """A new guest."""
    with room.write() as session:
        return sessions.open_guest(session, now=room.clock.now())


def may_see(room: Room, view: SessionView, order: Order) -> bool:
    """Whether this session may see the order."""
    with room.read() as session:
        return sessions.may_see(session, view, order_id=order.id, email=order.email)


def test_a_guest_session_lives_thirty_days(room: Room) -> None:
    """The token finds its session for 30 days and only its hash is stored."""
    view, token = open_guest(room)
    assert find(room, token).id == view.id
    assert len(token) >= 43
    with room.read() as session:
        assert session.exec(select(WebSession.token_hash)).one() != token
    room.clock.forward(days=30)
    assert find(room, token) == NOBODY


def test_signing_in_rotates_the_token_and_keeps_the_grants(room: Room) -> None:
    """The token from before the sign-in is dead; what the browser could see it still sees."""
    order = make_order(room.write, "somebody@example.com", now=room.clock.now())
    guest, old = open_guest(room)
    with room.write() as session:
        sessions.grant(session, str(guest.id), order_id=order.id, now=room.clock.now())
        sessions.grant(session, str(guest.id), order_id=order.id, now=room.clock.now())
    view, new = rise(room, old, "ada@example.com")
    assert find(room, old) == NOBODY
    assert find(room, new).level is SessionLevel.EMAIL
    assert may_see(room, view, order)
    assert sessions.granted_orders(room.read, view) == {order.id}


def test_another_person_inherits_nothing(room: Room) -> None:
    """Signing in with another address starts a new session without the grants of the first person, and ends theirs."""
    order = make_order(room.write, "ada@example.com", now=room.clock.now())
    first, old = rise(room, None, "ada@example.com")
    with room.write() as session:
        sessions.grant(session, str(first.id), order_id=order.id, now=room.clock.now())
    second, _new = rise(room, old, "eve@example.com")
    assert second.id != first.id
    assert not may_see(room, second, order)
    assert find(room, old) == NOBODY


def test_a_proved_address_sees_its_orders_only(room: Room) -> None:
    """E-mail level sees every order of its address; a guest and a stranger see none without a grant."""
    mine = make_order(room.write, "ada@example.com", now=room.clock.now())
    theirs = make_order(room.write, "eve@example.com", now=room.clock.now())
    ada, _ = rise(room, None, "ada@example.com")
    guest, _ = open_guest(room)
    assert may_see(room, ada, mine)
    assert not may_see(room, ada, theirs)
    assert not may_see(room, guest, mine)
    assert not may_see(room, NOBODY, mine)


def test_a_signed_in_session_rolls_on_but_a_guest_does_not(room: Room) -> None:
    """Use renews the 30 days of a signed-in session; a guest's end when they end."""
    view, token = rise(room, None, "ada@example.com")
    guest, guest_token = open_guest(room)
    assert not find(room, token).is_stale
    room.clock.forward(days=29)
    assert find(room, token).is_stale
    for found in (view, guest):
        sessions.touch(room.write, str(found.id), now=room.clock.now())
    assert not find(room, token).is_stale
    room.clock.forward(days=29)
    assert find(room, token).id == view.id
    assert find(room, guest_token) == NOBODY


def test_signing_out_is_final(room: Room) -> None:
    """A revoked token finds nothing and rises to nothing, even if it is sent again."""
    view, token = rise(room, None, "ada@example.com")
    sessions.revoke(room.write, token, now=room.clock.now())
    assert find(room, token) == NOBODY
    again, _ = rise(room, token, "ada@example.com")
    assert again.id != view.id
    sessions.touch(room.write, str(view.id), now=room.clock.now())
    assert find(room, token) == NOBODY


@pytest.mark.parametrize("token", ["", "x", "x" * 4000, "' OR 1=1 --"])
def test_nonsense_is_nobody(room: Room, token: str) -> None:
    """A cookie that is no token of ours is a stranger's."""
    assert find(room, token) == NOBODY
