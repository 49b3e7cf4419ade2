"""A traveller asks the desk about an order: help, or the money back. It becomes a case with a clock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from storefront.cases import ask
from storefront.cases.ask import TROUBLES, Asked
from storefront.cases.open import FIRST_LOOK
from storefront.identity.email_address import BadAddress, normalise_address
from storefront.ordering import read
from storefront.ordering.read import OrderView
from storefront.web.context import current, house, now
from storefront.web.limits import Access, guard

LONGEST = 2000
NAMES = dict(
    zip(
        TROUBLES,
        (
            _l("I want my money back"),
            _l("The eSIM does not install"),
            _l("It is installed and there is no data"),
            _l("I was charged twice"),
            _l("The e-mail address is wrong"),
            _l("Something else"),
        ),
        strict=True,
    )
)
blueprint = Blueprint("help", __name__)


@blueprint.get("/<locale>/orders/<reference>/help")
@guard(access=Access.GUEST, limit="order")
def form(locale: str, reference: str) -> str:
    """What is wrong, in one choice and a few words. Raises `OrderNotFound`."""
    order = read.my_order(house().read, current(), reference, margin_seconds=0)
    return _page(order, fault="", typed=request.args)


@blueprint.post("/<locale>/orders/<reference>/help")
@guard(access=Access.GUEST, limit="sim_ask")
def send(locale: str, reference: str) -> Response | tuple[str, int]:
    """Open the case, or add to it. Raises `OrderNotFound`, `TooManyProofs`."""
    home = house()
    order = read.my_order(home.read, current(), reference, margin_seconds=0)
    address = read.for_letter(home.read, order.id, margin_seconds=0)[1]
    wish, words = request.form.get("trouble", ""), request.form.get("words", "").strip()
    fault = ""
    if wish not in TROUBLES:
        fault = _("Choose what is wrong.")
    elif wish == "other" and len(words) < 3:
        fault = _("Write what is wrong in a few words.")
    elif wish == "wrong_address" and not _names_an_address(words):
        # Without it the answer would go to the very mailbox that is not theirs.
        fault = _("Write the right e-mail address into the box: the answer goes there once we know that it is you.")
    elif len(words) > LONGEST:
        fault = _("This is longer than 2,000 characters; please shorten it.")
    if fault:
        return _page(order, fault=fault, typed=request.form), 422
    with home.write() as session:
        ask.ask_about_order(
            session,
            home.vault,
            owner=home.settings.case_owner,
            now=now(),
            order_id=order.id,
            asked=Asked(wish=wish, email=address, words=words, file=b""),
        )
    return redirect(url_for("help.sent", locale=locale, reference=order.reference), code=303)


@blueprint.get("/<locale>/orders/<reference>/help/sent")
@guard(access=Access.GUEST, limit="order")
def sent(locale: str, reference: str) -> str | Response:
    """The case and when it is answered at the latest; back to the form when nothing was asked."""
    order = read.my_order(house().read, current(), reference, margin_seconds=0)
    asked = read.help_of(house().read, order.id)
    if asked is None:
        return redirect(url_for("help.form", locale=locale, reference=reference), code=303)
    return render_template("orders/help.html", order=order, sent=asked)


def _names_an_address(words: str) -> bool:
    for word in words.split():
        with suppress(BadAddress):
            return bool(normalise_address(word.strip(".,;:<>()\"'")))
    return False


def _page(order: OrderView, *, fault: str, typed: Mapping[str, str]) -> str:
    # What is sent joins an open request, which keeps its clock.
    waiting = read.help_of(house().read, order.id)
    answer_by = waiting[1] if waiting and waiting[1] > now() else now() + FIRST_LOOK
    return render_template(
        "orders/help.html", order=order, troubles=NAMES, fault=fault, typed=typed, sent=None, answer_by=answer_by
    )
