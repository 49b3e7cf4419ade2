"""What tests, load generator and control page ask about subscriptions, below ``/stripe/_sandbox/``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storefront.sandbox.stripe.card_form import asked_card
from storefront.sandbox.stripe.collect import confirm_on_page, pay_on_page
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.outcome import Outcome
from storefront.sandbox.stripe.portal import cancel_as_customer, change_card, renew_as_customer
from storefront.sandbox.stripe.store import Json
from storefront.sandbox.stripe.subscription_states import subscription_of

Facts = dict[str, Any]
Verbs = dict[tuple[str, str], Callable[[str, Facts], Any]]


class BillingControl:
    """The calls, each with the identifier of its object; see `verbs`."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self.verbs: Verbs = {
            ("GET", "subscriptions"): self._subscriptions,
            ("GET", "invoices"): self._invoices,
            ("GET", "next"): self._next,
            ("POST", "set_card"): self._set_card,
            ("POST", "portal_cancel"): self._portal_cancel,
            ("POST", "portal_renew"): self._portal_renew,
            ("POST", "pay_invoice"): self._pay_invoice,
        }

    def _find(self, kind: str, identifier: str) -> Json:
        self._box.tick()
        return self._box.store.get(kind, identifier)

    def _subscriptions(self, _identifier: str, _facts: Facts) -> list[Json]:
        """All subscriptions, the newest first, ended ones included."""
        with self._box.world.lock:
            self._box.tick()
            return list(self._box.store.newest_first("subscription"))

    def _invoices(self, identifier: str, _facts: Facts) -> list[Json]:
        """All invoices, the newest first, or those of one subscription."""
        with self._box.world.lock:
            self._box.tick()
            found = self._box.store.newest_first("invoice")
            return [one for one in found if not identifier or subscription_of(one) == identifier]

    def _next(self, _identifier: str, _facts: Facts) -> Facts:
        """What the clock brings about next: `what`, to which `object`, `at` which stamp and in how many `seconds`.

        Moving the clock by just that much, again and again, gives the shop time to act between any two steps.
        """
        with self._box.world.lock:
            self._box.tick()
            found = self._box.store.next_due()
            if found is None:
                return {"at": None}
            at, what, identifier = found
            return {"at": at, "what": what, "object": identifier, "seconds": max(0.0, at - self._box.moment())}

    def _set_card(self, identifier: str, facts: Facts) -> Json:
        """Charge a subscription to the card with this `number` from now on, whatever the bank thinks of it."""
        with self._box.world.lock:
            return change_card(self._box, self._find("subscription", identifier), asked_card(self._box, facts))

    def _portal_cancel(self, identifier: str, _facts: Facts) -> Json:
        """Cancel as the customer would in the portal."""
        with self._box.world.lock:
            subscription = self._find("subscription", identifier)
            cancel_as_customer(self._box, subscription)
            return subscription

    def _portal_renew(self, identifier: str, _facts: Facts) -> Json:
        """Take the cancellation back as the customer would in the portal."""
        with self._box.world.lock:
            subscription = self._find("subscription", identifier)
            renew_as_customer(self._box, subscription)
            return subscription

    def _pay_invoice(self, identifier: str, facts: Facts) -> Outcome:
        """Pay on the invoice's page: with the card `number`, or without one by confirming the pending charge.

        `confirm`: how the bank's question is answered, null leaves it open.
        """
        with self._box.world.lock:
            invoice = self._find("invoice", identifier)
            outcome = Outcome("challenge")
            if facts.get("number"):
                card = asked_card(self._box, facts)
                outcome = pay_on_page(self._box, invoice, card, str(invoice["customer_email"] or ""))
            if outcome.result == "challenge" and facts.get("confirm", True) is not None:
                outcome = confirm_on_page(self._box, invoice, confirmed=bool(facts.get("confirm", True)))
            return outcome
