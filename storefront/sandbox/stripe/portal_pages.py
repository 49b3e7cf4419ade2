"""The billing portal as its customer sees it, below ``/billing/``."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable

from storefront.sandbox.http import Request, Response
from storefront.sandbox.stripe.card_form import typed_card
from storefront.sandbox.stripe.cards import HINTS, InvalidCard
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.money import spoken
from storefront.sandbox.stripe.periods import spoken_period
from storefront.sandbox.stripe.portal import LIVES, after_flow, cancel_as_customer, change_card, renew_as_customer
from storefront.sandbox.stripe.render import Paper, marked, origin, see_other
from storefront.sandbox.stripe.store import Json
from storefront.sandbox.stripe.subscription_states import OVER, period, stops_at

_SHOWN_INVOICES = 12


class PortalPages:
    """Answers ``/billing/<portal>[/<what>/<subscription>]``. Takes the world's lock for each request."""

    def __init__(self, box: Sandbox, paper: Paper) -> None:
        self._box = box
        self._paper = paper

    def handle(self, request: Request) -> Response:
        """One page view or one form."""
        _, _, identifier, what, wanted, *_ = [*request.path.split("/"), "", "", ""]
        with self._box.world.lock:
            self._box.tick()
            portal = self._box.store.table("billing_portal.session").get(identifier)
            if portal is None or self._box.now() >= portal["created"] + LIVES:
                return self._closed("This address leads to no open portal. Start again in the shop.")
            if not what:
                return self._home(portal)
            subscription = self._box.store.table("subscription").get(wanted)
            if subscription is None or subscription["customer"] != portal["customer"] or subscription["status"] in OVER:
                return self._closed("This subscription has ended, or is not yours.")
            pages: dict[tuple[str, str], Callable[[Json, Json, dict[str, str]], Response]] = {
                ("GET", "cancel"): self._ask_cancel,
                ("POST", "cancel"): self._cancel,
                ("POST", "renew"): self._renew,
                ("GET", "card"): self._card,
                ("POST", "card"): self._save_card,
            }
            page = pages.get((request.method, what))
            return self._closed("There is no such page.") if page is None else page(portal, subscription, request.form)

    def _home(self, portal: Json) -> Response:
        store, customer = self._box.store, portal["customer"]
        mine = [one for one in store.newest_first("subscription") if one["customer"] == customer]
        billed = [
            one
            for one in store.newest_first("invoice")
            if one["customer"] == customer and one["status"] in ("open", "paid", "void")
        ]
        return self._paper.page(
            "portal.html",
            200,
            (),
            id=portal["id"],
            shop=self._box.shop_name,
            return_url=portal["return_url"],
            subscriptions=[self._shown(one) for one in mine if one["status"] not in OVER],
            invoices=[
                {
                    "url": one["hosted_invoice_url"],
                    "made_on": _day(one["created"]),
                    "status": one["status"],
                    "amount": spoken(one["total"], one["currency"]),
                }
                for one in billed[:_SHOWN_INVOICES]
            ],
        )

    def _shown(self, subscription: Json) -> dict[str, str]:
        item = subscription["items"]["data"][0]
        price = item["price"]
        card = self._box.store.get("payment_method", subscription["default_payment_method"])["card"]
        amount = spoken(price["unit_amount"] * item["quantity"], price["currency"])
        last = stops_at(subscription)
        return {
            "id": subscription["id"],
            "name": self._name(subscription),
            "price": f"{amount} every {spoken_period(price['recurring'])}",
            "brand": card["brand"].title(),
            "last4": card["last4"],
            "stops_on": _day(last) if last is not None else "",
            "renews_on": _day(period(subscription)[1]),
        }

    def _name(self, subscription: Json) -> str:
        product = subscription["items"]["data"][0]["price"]["product"]
        return str(self._box.store.get("product", product)["name"])

    def _ask_cancel(self, portal: Json, subscription: Json, _form: dict[str, str]) -> Response:
        back = after_flow(portal)
        return self._paper.page(
            "portal_cancel.html",
            200,
            origin(back) if back else (),
            id=portal["id"],
            subscription=subscription["id"],
            shop=self._box.shop_name,
            name=self._name(subscription),
            stops_on=_day(period(subscription)[1]),
        )

    def _cancel(self, portal: Json, subscription: Json, _form: dict[str, str]) -> Response:
        cancel_as_customer(self._box, subscription)
        return see_other(after_flow(portal) or f"/billing/{portal['id']}")

    def _renew(self, portal: Json, subscription: Json, _form: dict[str, str]) -> Response:
        renew_as_customer(self._box, subscription)
        return see_other(f"/billing/{portal['id']}")

    def _card(
        self,
        portal: Json,
        subscription: Json,
        form: dict[str, str],
        status: int = 200,
        error: str = "",
        wrong: str = "",
    ) -> Response:
        """The form of another card; not asked to confirm, unlike at the real service."""
        return self._paper.page(
            "portal_card.html",
            status,
            (),
            id=portal["id"],
            subscription=subscription["id"],
            shop=self._box.shop_name,
            title=self._name(subscription),
            name=form.get("name", ""),
            hints=HINTS,
            error=error,
            mark=functools.partial(marked, wrong),
        )

    def _save_card(self, portal: Json, subscription: Json, form: dict[str, str]) -> Response:
        try:
            card = typed_card(self._box, form)
        except InvalidCard as wrong:
            return self._card(portal, subscription, form, 422, str(wrong), wrong.field)
        if card.decline is not None:
            return self._card(portal, subscription, form, 402, card.decline.message, "number")
        change_card(self._box, subscription, card)
        return see_other(f"/billing/{portal['id']}")

    def _closed(self, sentence: str) -> Response:
        return self._paper.page(
            "closed.html", 404, (), shop=self._box.shop_name, link=None, heading="Nothing here", sentence=sentence
        )


def _day(stamp: int) -> str:
    return f"{dt.datetime.fromtimestamp(stamp, dt.UTC):%d %B %Y}"
