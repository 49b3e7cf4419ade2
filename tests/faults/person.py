"""The person who owns the cases: looks at each order that waits for them, decides, and is done with it."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import select

from storefront.kernel.errors import StorefrontError
from storefront.models.case import Case
from storefront.models.order import OrderState
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering import change
from storefront.ordering.bench import standing_key
from storefront.renewals import close

_STUCK = frozenset({OrderState.ATTENTION})


def decide(buyer, chance):
    """Take up, order again or refund what is stuck; now and then refund what was delivered; end what renews."""
    shop = buyer.shop
    bench = shop.eye.bench
    renews = buyer.name in {"first month", "renewal"}
    is_idle = not renews
    for order in buyer.orders():
        way = chance.choice(["retry", "order_again", "refund"])
        is_sorry = order.state is OrderState.DELIVERED and chance.random() < 0.1
        is_stuck = order.state in _STUCK
        is_idle = is_idle and not is_sorry and not is_stuck
        if is_sorry or (is_stuck and (way == "refund" or not _done(bench, order.id, way))):
            refund(bench, order.id)
    if is_idle:
        return
    if renews:
        close.ask(bench, iccid=buyer.iccid, asked_by="desk", actor="ada", email=buyer.email, locale="en")
    buyer.see_it_through()
    for order in buyer.orders():
        if order.state in _STUCK and _open_cases(shop, order.id) != {"dispute"}:
            refund(bench, order.id)
    buyer.see_it_through()
    keys = [standing_key(order.id) for order in buyer.orders() if order.state in _STUCK]
    with shop.eye.write() as session:
        # Whatever is left waits for a person for good; it must not meet the misfortunes of the next purchase.
        session.execute(update(OutboxRow).where(OutboxRow.key.in_(keys)).values(state=WorkState.DONE))


def _done(bench, order_id, way):
    try:
        if way == "retry":
            change.retry(bench, order_id, actor="ada")
        else:
            change.order_again(bench, order_id, actor="ada", even_if_unknown=True)
    except StorefrontError:
        return False
    return True


def refund(bench, order_id):
    """Give the money back, whatever the supplier may have done."""
    try:
        change.refund(bench, order_id, actor="ada", reason="desk", even_if_unknown=True)
    except StorefrontError:
        return


def _open_cases(shop, order_id):
    with shop.eye.read() as session:
        return set(session.exec(select(Case.kind).where(Case.order_id == order_id, Case.resolved_at.is_(None))))
