"""No short name of our books reaches the desk without a word for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from storefront.cases.ask import TROUBLES, WISHES
from storefront.models.money import MoneyKind
from storefront.models.order import CallState, OrderState
from storefront.models.payment import RefundState
from storefront.models.renewal import BillState, ClosingState, RenewalState
from storefront.models.work import WorkState
from storefront.ordering import read, states
from storefront.ports import SupplierOrderStatus
from storefront.renewals import states as renewal_states
from storefront.sim_ports import SimPlanState
from storefront.support import timeline
from storefront.support.cases import SUGGESTED
from storefront.support.verbs import WHY, Verb
from tests.web.test_templates import ORDER_LETTERS, RENEWAL_LETTERS, make_shop

SHOP = Path(read.__file__).parents[1]
NEEDED = {
    "verb_names": [*Verb, "note", "take_case", "resolve_case", "see_proof"],
    "done_names": list(Verb),
    "why_names": WHY,
    "wish_names": [*WISHES, *TROUBLES],
    "case_names": list(SUGGESTED),
    # What a traveller asks for is told in words already.
    "case_words": [
        *(SUGGESTED.keys() - {"refund_request"}),
        "amount_mismatch",
        "closing_stuck",
        "parked_work",
        "books_differ",
        "mail_down",
    ],
    "fault_names": ["twice", "empty", "letters", "not_89", "too_short", "too_long", "too_many"],
    "state_names": list(OrderState),
    "kind_names": timeline.KINDS,
    "event_names": ["placed", *states.Event],
    "step_names": ["hold", "page", "notify", "top_up", "release"],
    "answer_names": list(CallState),
    "money_names": ["page", "captured", "captured_again", *(f"refund_{one}" for one in RefundState), MoneyKind.OWED],
    "letter_names": [*ORDER_LETTERS, *RENEWAL_LETTERS, "renewal_closed", "renewal_charges_ended"],
    "sending_names": list(WorkState),
    "renewal_events": ["agreed", "linked", *renewal_states.Event, *(f"bill_{one}" for one in BillState)],
    "renewal_names": list(RenewalState),
    "refund_names": list(RefundState),
    "supplier_names": list(SupplierOrderStatus),
    "plan_names": list(SimPlanState),
    "closing_names": list(ClosingState),
    "note_names": ["stripe", "supplier", "word", "sent", "answer", "closing", *SimPlanState],
}


def tables() -> dict[str, dict[str, str]]:
    """Every table of words, by its name."""
    shop = make_shop()
    with shop.test_request_context("/desk/"):
        return vars(shop.jinja_env.get_template("partials/desk_words.html").make_module())


@pytest.mark.parametrize("name", NEEDED)
def test_whatever_our_books_can_hold_has_a_word(name: str) -> None:
    """A new state, step or letter needs a word at the desk first."""
    assert set(NEEDED[name]) <= set(tables()[name])


def test_every_reason_an_order_is_given_has_a_word() -> None:
    """The reasons written down in the rooms that move orders."""
    given = {
        why
        for path in (SHOP / "ordering").glob("*.py")
        for why in re.findall(r'(?:reason=|_give_up\(bench, order, |_reject\(bench, order, )"(\w+)"', path.read_text())
    }
    assert len(given) > 8
    assert given <= set(tables()["reason_names"])
