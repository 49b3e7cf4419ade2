"""What follows a form that orders: its payment page at once if an outside call is permitted; else a worker opens it."""

from __future__ import annotations

from werkzeug.wrappers import Response

from storefront.ordering.place import Placed, placed_by
from storefront.ordering.steps import advance, wake
from storefront.web.context import Granting, grant_order, house
from storefront.web.payment_page import to_payment
from storefront.web.permits import outside_permit

BUDGET = 6.0


def go_on(placed: Placed, locale: str, granting: Granting | None = None) -> Response:
    """To the payment page of an order just placed, or to the page that waits for it; this browser may see both.

    A new order was written together with `granting`. A second click changes nothing.
    """
    if granting is not None and placed.is_new:
        granting.keep()
        _hurry(placed)
    else:
        grant_order(placed.order_id)
    return to_payment(locale, placed.reference)


def ordered_before(form_key: str | None, locale: str) -> Response | None:
    """The way on to what this very form has ordered, when its answer was lost and the plan is gone since.

    It may be gone because that order got the last one.
    """
    with house().read() as session:
        known = placed_by(session, form_key or "")
    return go_on(known, locale) if known else None


def _hurry(placed: Placed) -> None:
    with outside_permit() as granted:
        if granted:
            advance(house().bench, placed.order_id, budget=BUDGET)
        else:
            wake(house().bench, placed.order_id)
