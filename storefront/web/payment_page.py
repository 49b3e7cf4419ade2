"""The way from an order to its payment page at the cashier."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from storefront.ordering.progress import gate
from storefront.web.context import current, house


def to_payment(locale: str, reference: str) -> Response:
    """To the payment page when it is open, else to the page that says why not. Raises `OrderNotFound`."""
    order = gate(house().read, current(), reference)
    if order.pay_url and _is_payment_page(order.pay_url):
        return redirect(order.pay_url, code=303)
    return redirect(url_for("orders.show", locale=locale, reference=reference), code=303)


def _is_payment_page(url: str) -> bool:
    parts, allowed = urlsplit(url), urlsplit(house().settings.stripe_page_origin)
    if (parts.scheme, parts.netloc) != (allowed.scheme, allowed.netloc):
        abort(502)
    return True
