"""What tests, load generator and control page ask of the pretend Stripe, in JSON below ``/stripe/_sandbox/``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from storefront.sandbox.http import Request, Response
from storefront.sandbox.stripe.billing_control import BillingControl
from storefront.sandbox.stripe.card_form import asked_card
from storefront.sandbox.stripe.cards import InvalidCard
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.disputes import close_dispute, open_dispute
from storefront.sandbox.stripe.errors import ApiError, required
from storefront.sandbox.stripe.outcome import Outcome
from storefront.sandbox.stripe.payments import answer_challenge, attempt
from storefront.sandbox.stripe.refunds import fail_refund, make_refund, settle_refund
from storefront.sandbox.stripe.store import Json, Store

Facts = dict[str, Any]
FALLBACK_EMAIL = "buyer@traveller.example"


class Control:
    """Answers ``<verb>[/<identifier>]``; see `verbs` for the list."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._verbs: dict[tuple[str, str], Callable[[str, Facts], Any]] = {
            ("POST", "pay"): self._pay,
            ("POST", "challenge"): self._challenge,
            ("POST", "dispute"): self._dispute,
            ("POST", "close_dispute"): self._close_dispute,
            ("POST", "outside_refund"): self._outside_refund,
            ("POST", "settle_refund"): self._settle_refund,
            ("POST", "fail_refund"): self._fail_refund,
            ("POST", "resend"): self._resend,
            ("GET", "deliveries"): self._deliveries,
            ("GET", "pending"): self._pending,
            ("GET", "events"): self._events,
            ("GET", "settings"): self._settings,
            ("POST", "settings"): self._change_settings,
            **BillingControl(box).verbs,
        }

    def verbs(self) -> list[str]:
        """Every call there is, for the control page."""
        return [f"{method} {verb}" for method, verb in self._verbs]

    def handle(self, request: Request, path: str) -> Response:
        """One control call; what it refuses comes back as the service's own error shape."""
        verb, _, identifier = path.partition("/")
        work = self._verbs.get((request.method, verb))
        if work is None:
            return _json(404, {"error": {"message": f"No such control call. There are: {', '.join(self.verbs())}"}})
        try:
            facts = json.loads(request.body or b"{}")
            told = work(identifier, facts if isinstance(facts, dict) else {})
            return _json(200, _told(told) if isinstance(told, Outcome) else told)
        except ValueError as problem:
            return _json(400, {"error": {"message": str(problem)}})
        except ApiError as error:
            return _json(error.status, error.body("req_control"))

    def _session(self, identifier: str) -> Json:
        self._box.tick()
        return self._box.store.get("checkout.session", identifier)

    def _pay(self, identifier: str, facts: Facts) -> Facts:
        """Type a card into an open page. `confirm`: how a 3-D Secure challenge is answered, null leaves it open."""
        box = self._box
        with box.world.lock:
            session = self._session(identifier)
            try:
                card = asked_card(box, facts)
            except InvalidCard as wrong:
                return _told(Outcome("declined", str(wrong), f"invalid_{wrong.field}"))
            known = (session["customer_details"] or {}).get("email")
            outcome = attempt(box, session, card, str(known or facts.get("email") or FALLBACK_EMAIL))
            if outcome.result == "challenge" and facts.get("confirm", True) is not None:
                outcome = answer_challenge(box, session, confirmed=bool(facts.get("confirm", True)))
        if outcome.event is not None and facts.get("wait"):
            box.dispatcher.wait_for(outcome.event, box.hold_redirect_seconds)
        return _told(outcome)

    def _challenge(self, identifier: str, facts: Facts) -> Facts:
        """Answer a pending 3-D Secure challenge."""
        with self._box.world.lock:
            outcome = answer_challenge(self._box, self._session(identifier), confirmed=bool(facts.get("confirm", True)))
        return _told(outcome)

    def _dispute(self, identifier: str, facts: Facts) -> Json:
        """Have a buyer's bank dispute a payment, named by intent or charge."""
        with self._box.world.lock:
            charge = _charge(self._box.store, identifier, facts)
            return open_dispute(self._box, charge, str(facts.get("reason") or "fraudulent"))

    def _close_dispute(self, identifier: str, facts: Facts) -> Json:
        """The bank decides a dispute; `won` is for whom."""
        with self._box.world.lock:
            return close_dispute(self._box, identifier, won=bool(facts.get("won")))

    def _outside_refund(self, identifier: str, facts: Facts) -> Json:
        """Refund a payment as somebody at the service's own dashboard would."""
        with self._box.world.lock:
            self._box.tick()
            charge = _charge(self._box.store, identifier, facts)
            return make_refund(self._box, charge, facts.get("amount"), reason="requested_by_customer")

    def _settle_refund(self, identifier: str, _facts: Facts) -> Json:
        """A pending refund goes through now."""
        with self._box.world.lock:
            settle_refund(self._box, identifier)
            return self._box.store.get("refund", identifier)

    def _fail_refund(self, identifier: str, _facts: Facts) -> Json:
        """A refund, pending or done, fails now."""
        with self._box.world.lock:
            fail_refund(self._box, identifier)
            return self._box.store.get("refund", identifier)

    def _resend(self, identifier: str, _facts: Facts) -> Facts:
        """Deliver an event once more, whether or not the shop subscribes to its type."""
        with self._box.world.lock:
            event = self._box.store.get("event", identifier)
            self._box.dispatcher.resend(identifier, event["type"], event)
        return {"resent": identifier}

    def _deliveries(self, identifier: str, _facts: Facts) -> list[Facts]:
        """Every try to hand over an event and what the shop answered, oldest first."""
        history = self._box.dispatcher.history()
        if identifier:
            history = [delivery for delivery in history if delivery["event"] == identifier]
        return history

    def _pending(self, _identifier: str, _facts: Facts) -> Facts:
        """How many tries are still to come."""
        return {"pending": self._box.dispatcher.pending()}

    def _events(self, _identifier: str, _facts: Facts) -> Facts:
        """The event log, the newest first, in short."""
        with self._box.world.lock:
            found = [
                {
                    "id": event["id"],
                    "type": event["type"],
                    "created": event["created"],
                    "object": event["data"]["object"].get("id"),
                    "delivered": event["pending_webhooks"] == 0,
                }
                for event in self._box.store.newest_first("event")
            ]
        return {"events": found[:500]}

    def _settings(self, _identifier: str, _facts: Facts) -> Facts:
        """How the sandbox is set up; never the webhook secret."""
        box = self._box
        return {
            "webhook_url": box.dispatcher.url,
            "events": list(box.dispatcher.events),
            "hold_redirect_seconds": box.hold_redirect_seconds,
            "check_answers": box.check_answers,
            "shop_name": box.shop_name,
        }

    def _change_settings(self, identifier: str, facts: Facts) -> Facts:
        """Change what is given, leave the rest."""
        box = self._box
        box.dispatcher.url = str(facts.get("webhook_url", box.dispatcher.url))
        box.dispatcher.secret = str(facts.get("webhook_secret", box.dispatcher.secret))
        box.dispatcher.events = tuple(facts.get("events", box.dispatcher.events))
        box.hold_redirect_seconds = float(facts.get("hold_redirect_seconds", box.hold_redirect_seconds))
        box.check_answers = bool(facts.get("check_answers", box.check_answers))
        box.shop_name = str(facts.get("shop_name", box.shop_name))
        return self._settings(identifier, facts)


def _charge(store: Store, identifier: str, facts: Facts) -> Json:
    """The charge a control call is about: named in the path or in the body, by charge, intent or session."""
    named = identifier or str(facts.get("charge") or facts.get("payment_intent") or facts.get("session") or "")
    if not named:
        raise required("payment_intent")
    found = store.find(named)
    if found is not None and found["object"] == "checkout.session":
        found = store.find(str(found["payment_intent"] or found["invoice"]))
    if found is not None and found["object"] == "invoice":
        found = next((one for one in store.newest_first("invoice_payment") if one["invoice"] == found["id"]), None)
        found = store.find(str(found["payment"]["payment_intent"])) if found else None
    if found is not None and found["object"] == "payment_intent":
        found = store.find(str(found["latest_charge"]))
    if found is None or found["object"] != "charge" or not found["paid"]:
        raise ApiError(f"'{named}' leads to no successful charge.", status=404, code="resource_missing")
    return found


def _told(outcome: Outcome) -> Facts:
    return {name: value for name, value in asdict(outcome).items() if value not in (None, "")}


def _json(status: int, value: Any) -> Response:
    return Response(status, [("Content-Type", "application/json")], json.dumps(value, indent=1).encode())
