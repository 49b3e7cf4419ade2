"""Secret links to one order."""

from __future__ import annotations

import pytest
from sqlmodel import select

from storefront.identity import order_links
from storefront.identity.order_links import LinkExpired, LinkUnknown
from storefront.models.identity import OrderLink
from tests.identity.making import Room, make_order


def test_a_link_opens_its_order_until_it_expires(room: Room) -> None:
    """The token leads to its order again and again for 90 days, and the database does not hold it."""
    order = make_order(room.write, "ada@example.com", now=room.clock.now())
    with room.write() as session:
        token = order_links.make_link(session, order.id, room.clock.now())
    assert order_links.redeem(room.read, token, room.clock.now()) == order.id
    assert order_links.redeem(room.read, token, room.clock.forward(days=89)) == order.id
    with pytest.raises(LinkExpired):
        order_links.redeem(room.read, token, room.clock.forward(days=1))
    with room.read() as session:
        assert token not in {link.token_hash for link in session.exec(select(OrderLink))}


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 5000, "../../etc/passwd", "é"])
def test_other_tokens_open_nothing(room: Room, token: str) -> None:
    """Anything that is no token of ours is unknown."""
    with pytest.raises(LinkUnknown):
        order_links.redeem(room.read, token, room.clock.now())
