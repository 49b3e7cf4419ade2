"""The order of a renewal: written, paid and under way in one transaction, because its invoice was paid."""

from __future__ import annotations

from sqlmodel import Session

from storefront.kernel.iccid import masked
from storefront.ordering import place
from storefront.ordering.bench import Workbench, arm
from storefront.ordering.pay import settle_in
from storefront.ordering.place import TopUpWanted
from storefront.ordering.states import Event, move
from storefront.ports import PaymentPage


def place_paid(session: Session, bench: Workbench, wanted: TopUpWanted, page: PaymentPage, *, why_back: str) -> str:
    """Write the order, and the money `page` says was captured for it; returns its id.

    From here it is a top-up like any other. `why_back`, unless empty, sends the money straight back instead. The form
    key of `wanted` is the invoice: a second order for it breaks the unique key.
    """
    order = place.top_up_order(bench, wanted)
    order.destination = f"Auto-renewal {masked(wanted.iccid)}" if wanted.iccid else "Auto-renewal"
    place.put(session, order)
    settle_in(session, bench, order, page)
    if why_back:
        move(session, order.id, Event.GIVE_BACK, now=bench.now(), reason=why_back)
    arm(session, order.id, bench.now(), hint=True)
    return order.id
