"""From what somebody typed, or a test asked for, to a card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storefront.sandbox.stripe.cards import Card, InvalidCard, read_card
from storefront.sandbox.stripe.core import Sandbox


def typed_card(box: Sandbox, form: Mapping[str, str]) -> Card:
    """The card of a filled-in form. Raises InvalidCard naming the field to correct."""
    if not form.get("name", "").strip():
        raise InvalidCard("name", "Enter the name on your card.")
    today = box.world.clock.now()
    return read_card(
        form.get("number", ""),
        form.get("expiry", ""),
        form.get("cvc", ""),
        form["name"],
        year=today.year,
        month=today.month,
    )


def asked_card(box: Sandbox, facts: Mapping[str, Any]) -> Card:
    """The card a control call names by `number`; all else has defaults. Raises InvalidCard."""
    year = box.world.clock.now().year % 100 + 3
    asked = {
        "number": facts.get("number") or "4242424242424242",
        "expiry": facts.get("expiry") or f"12/{year:02d}",
        "cvc": facts.get("cvc") or "123",
        "name": facts.get("name") or "Test Traveller",
    }
    return typed_card(box, {name: str(value) for name, value in asked.items()})
