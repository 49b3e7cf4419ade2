"""Made-up facts for the pages of the desk."""

from __future__ import annotations

from types import SimpleNamespace as Facts
from typing import Any

from tests.web.sample_renewals import MASKED, NOON, make_closing, make_renewal
from tests.web.sample_views import make_paid

EVA = Facts(name="Eva", is_lead=True)
CASE = Facts(id="01a1", kind="unknown_answer", detail='"><script>', owner="desk", due_at=NOON)
HIT = Facts(
    word="…1138",
    reference="LF7K2MQ9",
    title='"><script>',
    state="paid",
    iccid_masked=MASKED,
    email_masked="a•••@x.example",
)
KINDS = ("state", "money")
LINES = (Facts(at=NOON, kind="money", what="captured", detail="899 USD"),)


def planned(**more: Any) -> Facts:
    """A line of the preview."""
    facts = {"line": 1, "iccid_masked": MASKED, "fault": "", "ours": "sub_1", "mail_to": "ana@example.com"}
    return Facts(**{**facts, **more})


BAD = planned(iccid_masked="", fault="too_short", ours="", mail_to="")
STRANGE = planned(ours="", mail_to="")
CLOSINGS = [make_closing(), make_closing(state="stuck", confirmed_at=None), make_closing(state="asked", records=())]
ORDER = {"staff": EVA, "order": make_paid("ready", reason="desk"), "kinds": KINDS, "lines": LINES, "kind": ""}

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "desk-sign-in": ("desk/sign_in.html", {"staff": None, "fault": "", "email": ""}),
    "desk-sign-in-fault": ("desk/sign_in.html", {"staff": None, "fault": "No.", "email": "a@x.example"}),
    "desk": ("desk/home.html", {"staff": EVA, "cases": [CASE], "now": NOON}),
    "desk-calm": ("desk/home.html", {"staff": EVA, "cases": [], "now": NOON}),
    "desk-found": ("desk/found.html", {"staff": EVA, "q": '"><script>', "found": Facts(hits=(HIT,), unknown=("99",))}),
    "desk-found-none": ("desk/found.html", {"staff": EVA, "q": "", "found": Facts(hits=(), unknown=())}),
    "desk-order": (
        "desk/order.html",
        {**ORDER, "cases": [CASE], "renewal": make_renewal()},
    ),
    "desk-order-calm": ("desk/order.html", {**ORDER, "cases": [], "lines": (), "kind": "money", "renewal": None}),
    "desk-close": (
        "desk/close.html",
        {"staff": EVA, "planned": [planned(), BAD, STRANGE], "text": '"><script>', "is_good": True, "fault": "Why?"},
    ),
    "desk-close-bad": ("desk/close.html", {"staff": EVA, "planned": [], "text": "", "is_good": False, "fault": ""}),
    "desk-closings": ("desk/closings.html", {"staff": EVA, "closings": CLOSINGS, "refs": "A,B"}),
    "desk-closings-none": ("desk/closings.html", {"staff": EVA, "closings": [], "refs": ""}),
}
