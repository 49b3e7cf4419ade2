"""Made-up facts for the pages of the desk."""

from __future__ import annotations

from types import SimpleNamespace as Facts
from typing import Any

from storefront.kernel.money import Money
from storefront.support.bulk_close import LeftOut
from storefront.support.order_outcome import Proof
from storefront.support.timeline import Line
from storefront.support.verbs import WHY, Verb
from tests.web.sample_renewals import MASKED, NOON, make_closing, make_renewal
from tests.web.sample_sims import EXACT, RENEWAL, make_sim
from tests.web.sample_views import ERROR, make_install, make_paid

EVA = Facts(name="Eva", is_lead=True, time_zone="Europe/Berlin")
NASTY = '"><script>'
CASE = Facts(
    id="01a1",
    kind="unknown_answer",
    detail=NASTY,
    owner="desk",
    opened_at=NOON,
    due_at=NOON,
    resolved_at=None,
    resolved_by="",
    resolution="",
)
OVER = Facts(**{**CASE.__dict__, "resolved_at": NOON, "resolved_by": "Eva", "resolution": NASTY, "owner": "Eva"})
ORDERED = {
    "reference": "LF7K2MQ9",
    "destination": "Japan",
    "plan_name": NASTY,
    "amount": Money(899, "USD"),
    "traveller": "a•••@x.example",
    "wishes": (),
    "iccid_masked": "",
    "words": NASTY,
    "minutes_left": 220,
    "is_unassigned": True,
    "is_late": False,
}
WAITING = Facts(**{**ORDERED, "case": CASE, "minutes_left": -4000, "is_late": True})
TAKEN = Facts(**{**ORDERED, "case": CASE, "amount": None, "words": "", "minutes_left": 40, "is_unassigned": False})
HELP = Facts(**{**ORDERED, "case": Facts(**{**CASE.__dict__, "kind": "refund_request"}), "wishes": ("no_data", NASTY)})
SHOWN = Facts(**{**CASE.__dict__, "kind": "sim_proof"})
THEIRS = Facts(**{**ORDERED, "case": SHOWN, "wishes": ("stop_sim",), "iccid_masked": MASKED, "reference": ""})
HIT = Facts(
    word="…1138",
    reference="LF7K2MQ9",
    title=NASTY,
    state="paid",
    amount=Money(899, "USD"),
    placed_at=NOON,
    iccid_masked=MASKED,
    email_masked="a•••@x.example",
)
KINDS = ("state", "money")
LINES = (
    Line(NOON, "money", "captured", detail="US$8.99", notes=(("stripe", NASTY),), order="LF7K2MQ9"),
    Line(NOON, "money", "refund_done", ("desk",), detail="US$8.99", order=NASTY),
    Line(NOON, "state", "paid", ("awaiting_payment", "paid"), "system"),
    Line(NOON, "desk", "note", by="Eva", detail=NASTY),
    Line(NOON, "desk", "refund", ("not_arrived",), "Eva"),
    Line(NOON, "call", "notify", ("unknown",), notes=(("answer", NASTY), ("sent", NASTY)), numbers={"attempt": 2}),
    Line(NOON, "mail", "renewal_notice", ("done",), moment=NOON),
    Line(NOON, "renewal", "closing", ("asked",), "desk", notes=(("closing", "7K3MXW0T9B"),)),
    Line(NOON, "renewal", NASTY, (NASTY,)),
    Line(NOON, "case", "unknown_answer", detail=NASTY),
    Line(NOON, "case", "unknown_answer", ("resolved",), NASTY, NASTY),
    Line(NOON, "case", "refund_request", ("asked", "no_data")),
    Line(NOON, "case", "sim_proof", ("asked", NASTY)),
    Line(NOON, "usage", "data", numbers={"used": 334, "left": 2737}),
    Line(NOON, "usage", "activation", notes=(("in_use", NASTY), ("word", "activation"))),
    Line(NOON, "usage", NASTY, notes=(("word", NASTY),)),
)
VERBS = tuple(verb.value for verb in Verb)
LEFT_OUT = (LeftOut(2, NASTY, "letters"), LeftOut(501, "501–700", "too_many"))
DEED = Facts(id=7, at=NOON, by="Eva", role="lead", verb="refund", why="not_arrived", reason=NASTY, closing="")
SUBJECT = Facts(name="LF7K2MQ9", back="/desk/orders/LF7K2MQ9")
EFFECTS = (
    *("send_back", "end_subscription", "stays_usable", "mail", "ask_supplier", "leave_behind", "order_same"),
    "mail_code",
    *("mail_link", "not_installed", "links_die", "tell_old", "mail_new", "renewal_moves", "close_record"),
    *("leave_reserved", "close_none", "close_unread", "no_mail", "show_code", "read_sim"),
)
PLANNED = Facts(
    verb="refund",
    effects=[Facts(what=one, told=NASTY, cost="2.35 USD", number=NASTY) for one in EFFECTS],
    asks=frozenset({"email", "sure"}),
    seen="1.2",
)
SAID = (
    *(("order", "paid"), ("refund", "done"), ("cashier", "silent"), ("cashier", "none_yet"), ("cashier", "none_left")),
    *(("cashier", "not_yet"), ("cashier", "done"), ("cashier", "some_left"), ("supplier", "silent")),
    *(("supplier", "none_left"), ("supplier", "some_left"), ("supplier", "not_yet"), ("supplier", "sim_read")),
    *(("supplier", "paid"), ("mail", "order_delivered"), ("mail", "order_moved"), ("mail", "order_refunded")),
    *(("mail", "order_topped_up"), ("address", "is_now"), ("code", "usable"), ("code", "none"), ("code", "top_up")),
    *(("record", "ended"), ("mail", "renewal_closed"), ("mail", "renewal_charges_ended")),
    *(("code", "no_top_up"), ("behind", "given_up"), ("ordered", "once_more"), ("ordered", "not_yet")),
    ("stays", "LF7K2MQ9"),
)
PROOFS = [Proof(side, said, NASTY, NOON, said == "done", NASTY) for side, said in SAID]
OLDER = Proof("cashier", "none_left", "", NOON, is_done=True, is_older=True)
AGAIN = Proof("supplier", "none_left", "", NOON, is_done=True, since=NOON)
SENT = Facts(wish="close_renewal", email="ana@example.com", words=NASTY, media_type="image/png", sent_at=NOON)


def planned(**more: Any) -> Facts:
    """A line of the preview."""
    facts = {"line": 1, "iccid_masked": MASKED, "fault": "", "ours": "sub_1", "mail_to": "ana@example.com"}
    facts |= {"shows": NASTY, "read_at": NOON}
    return Facts(**{**facts, **more})


def desk_case(**more: Any) -> Facts:
    """A case with what stands around it."""
    facts = {**ORDERED, "case": CASE, "sim_id": "", "verbs": VERBS[:2], "proofs": ()}
    return Facts(**{**facts, **more})


BAD = planned(iccid_masked="", fault="too_short", ours="", mail_to="")
STRANGE = planned(ours="", mail_to="", shows="", read_at=None)
QUIET = planned(ours="", shows="")
CLOSINGS = [
    Facts(line=line, action_id=line, closing=one)
    for line, one in enumerate(
        (make_closing(), make_closing(state="stuck", confirmed_at=None), make_closing(state="asked", records=())), 1
    )
]
ORDER = {
    "staff": EVA,
    "order": make_paid("ready", reason="desk"),
    "kinds": KINDS,
    "lines": LINES,
    "kind": "",
    "verbs": VERBS,
    "suggested": VERBS[:1],
    "zone": "Asia/Tokyo",
    "iccid_masked": MASKED,
    "sim": make_sim(meter=EXACT, renewal=RENEWAL),
    "traveller": "a•••@x.example",
}
LIST = {
    "staff": EVA,
    "planned": [planned(), BAD, STRANGE, QUIET],
    "text": NASTY,
    "is_good": True,
    "fault": "Why?",
    "key": "k",
}
SIM = {
    "staff": EVA,
    "sim_id": "01s1",
    "iccid_masked": MASKED,
    "status": make_sim(meter=EXACT, renewal=RENEWAL),
    "orders": [make_paid("ready")],
    "renewal": make_renewal(),
    "verbs": ("ask_again", "close_renewals"),
    "lines": LINES,
    "kind": "",
    "kinds": KINDS,
}
DONE = {"deed": DEED, "reference": "LF7K2MQ9", "sim_id": "", "iccid_masked": MASKED, "batch": "", "proofs": PROOFS}
DONE |= {"is_resting": False, "looked_at": NOON}
UNWANTED = Facts(**{**DONE, "deed": Facts(**{**DEED.__dict__, "why": "renewal_unwanted"}), "is_resting": True})
CLOSED = {"deed": Facts(**{**DEED.__dict__, "closing": "7K3MXW0T9B", "verb": "close_renewals"})}
NOTHING = Facts(hits=(), sims=(), strangers=(), unknown=())
FOUND = Facts(
    hits=(HIT,), sims=(Facts(word="…1", sim_id="01s1", iccid_masked=MASKED),), strangers=(NASTY,), unknown=("9",)
)
DO = {"staff": EVA, "subject": SUBJECT, "planned": PLANNED, "why": WHY, "key": "k", "fault": "Why?", "typed": {}}
DO |= {"ends": ["unknown_answer"]}

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "desk-sign-in": ("desk/sign_in.html", {"staff": None, "fault": "", "email": ""}),
    "desk-sign-in-fault": ("desk/sign_in.html", {"staff": None, "fault": "No.", "email": "a@x.example"}),
    "desk": ("desk/home.html", {"staff": EVA, "waiting": [WAITING, TAKEN, HELP, THEIRS]}),
    "desk-calm": ("desk/home.html", {"staff": EVA, "waiting": []}),
    "desk-found": ("desk/found.html", {"staff": EVA, "q": NASTY, "found": FOUND}),
    "desk-found-none": ("desk/found.html", {"staff": EVA, "q": "", "found": NOTHING}),
    "desk-order": ("desk/order.html", {**ORDER, "cases": [WAITING, HELP], "renewal": make_renewal()}),
    "desk-order-calm": (
        "desk/order.html",
        {**ORDER, "cases": [], "lines": (), "kind": "money", "renewal": None, "verbs": (), "zone": "", "sim": None},
    ),
    "desk-sim": ("desk/sim.html", SIM),
    "desk-sim-strange": (
        "desk/sim.html",
        {**SIM, "orders": [], "renewal": None, "lines": (), "status": make_sim(is_new=True)},
    ),
    "desk-do": ("desk/do.html", DO),
    "desk-do-plain": (
        "desk/do.html",
        {**DO, "planned": Facts(**{**PLANNED.__dict__, "asks": frozenset(), "verb": "order_again"}), "fault": ""},
    ),
    "desk-done": (
        "desk/done.html",
        {"staff": EVA, "outcome": Facts(**DONE), "also": VERBS[:2], "case": CASE, "renewal": make_renewal()},
    ),
    "desk-done-goes-on": (
        "desk/done.html",
        {"staff": EVA, "outcome": UNWANTED, "also": ["close_renewals"], "case": None, "renewal": make_renewal()},
    ),
    "desk-done-closed": (
        "desk/done.html",
        {
            "staff": EVA,
            "outcome": Facts(**{**DONE, **CLOSED, "proofs": [AGAIN, OLDER], "is_resting": True}),
            "also": VERBS[:1],
            "case": None,
            "renewal": make_renewal("ended", ended_at=NOON),
        },
    ),
    "desk-done-of-list": (
        "desk/done.html",
        {
            "staff": EVA,
            "outcome": Facts(**{**DONE, **CLOSED, "reference": "", "batch": "A", "proofs": [AGAIN]}),
            "also": [],
            "case": None,
            "renewal": None,
        },
    ),
    "desk-done-rests": (
        "desk/done.html",
        {
            "staff": EVA,
            "outcome": Facts(**{**DONE, "reference": "", "sim_id": "01s1", "proofs": (), "is_resting": True}),
            "also": [],
            "case": OVER,
            "renewal": None,
        },
    ),
    "desk-code": (
        "desk/code.html",
        {"staff": EVA, "subject": SUBJECT, "install": make_install("desktop", confirmation_code="7788")},
    ),
    "desk-case": ("desk/case.html", {"staff": EVA, "desk": desk_case(proofs=(SENT,), is_late=True), "deeds": [DEED]}),
    "desk-case-over": ("desk/case.html", {"staff": EVA, "desk": desk_case(case=OVER), "deeds": []}),
    "desk-case-sim": (
        "desk/case.html",
        {"staff": EVA, "desk": desk_case(reference="", sim_id="01s1", iccid_masked=MASKED), "deeds": []},
    ),
    "desk-case-bare": ("desk/case.html", {"staff": EVA, "desk": desk_case(reference="", verbs=()), "deeds": []}),
    "desk-error": (
        "errors/error.html",
        {**ERROR, "layout": "desk/layout.html", "staff": EVA, "remedy_url": "", "remedy_label": ""},
    ),
    "desk-close": ("desk/close.html", LIST),
    "desk-close-bad": ("desk/close.html", {**LIST, "planned": [], "text": "", "is_good": False, "fault": ""}),
    "desk-closings": (
        "desk/closings.html",
        {
            "staff": EVA,
            "closings": CLOSINGS,
            "left_out": LEFT_OUT,
            "began": DEED,
            "batch": "A",
        },
    ),
    "desk-closings-none": (
        "desk/closings.html",
        {"staff": EVA, "closings": [], "left_out": (), "began": None, "batch": ""},
    ),
}
