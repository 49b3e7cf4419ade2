"""Plain facts for every page about a SIM."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace as Facts
from typing import Any

from storefront.kernel.money import Money
from storefront.sims.names import told_by
from storefront.web.sims.places import shelve
from tests.web.sample_renewals import CLOSED
from tests.web.sample_views import NOON, Form

DAY = dt.date(2026, 12, 20)
MASKED = "8944…1003"


def make_access(**more: Any) -> Facts:
    """A SimAccess."""
    return Facts(**{"iccid_masked": MASKED, "was_sold_here": True, "is_proved": False, **more})


def told(name: str, **more: Any) -> dict[str, Any]:
    """The supplier's name of a plan, and what it tells."""
    return {"name": name, "told": told_by(name), **more}


def make_offer(**more: Any) -> Facts:
    """A TopUpOffer."""
    facts = {"key": "k1", "name": "Europe 33 countries 3GB/month", "data_mb": 3072, "is_unlimited": False, "days": 30}
    return Facts(**{**facts, "periods": 1, "charged": Money(1236, "USD"), **more})


def make_meter(**more: Any) -> Facts:
    """A Meter."""
    facts = {"percent_left": 80, "left_mb": None, "used_mb": None, "call_minutes": 20, "messages": 1}
    return Facts(**{**facts, "as_of": NOON, "is_stale": False, **more})


def make_sim(**more: Any) -> Facts:
    """A SimStatus."""
    facts: dict[str, Any] = {
        "iccid_masked": MASKED,
        "mood": "active",
        "plans": (
            Facts(**told("欧洲33国 1GB 7天", state="in_use", remaining_days=21, expires_on=DAY)),
            Facts(**told('"><script>', state="queued", remaining_days=30, expires_on=None)),
        ),
        "meter": make_meter(),
        "as_of": NOON,
        "asked_at": NOON,
        "is_new": False,
        "is_stale": False,
        "is_silent": False,
        "history": None,
        "renewal": None,
        "renewal_is_known": True,
    }
    return Facts(**{**facts, **more})


HISTORY = tuple(
    Facts(**told("Europe 3GB", state=state, ordered_at=NOON, expires_at=NOON))
    for state in ("in_use", "queued", "ended")
)
PROVED = make_access(is_proved=True)
RENEWAL = Facts(**told("Europe 3GB", since=DAY))
EXACT = make_meter(left_mb=2500, used_mb=572, is_stale=True, call_minutes=None, messages=None)
TOP_UP = Form("email", "consent", "form_key", "renew", "most_renewals", "most", "last_day")
NOTHING = make_sim(mood="unknown", plans=(), meter=None, as_of=None, is_new=True)


def page(sim: Facts, access: Facts, *offers: Facts, **more: Any) -> tuple[str, dict[str, Any]]:
    """The SIM's page."""
    facts = {
        "sim": sim,
        "access": access,
        "shelf": shelve(offers, sim, "USD"),
        "renewal": None,
        "last_closing": None,
        "own": (),
    }
    return "sims/sim.html", {**facts, "proved_until": NOON, "just_proved": False, "again": "", **more}


def ask_form(**errors: list[str]) -> Form:
    """The form to the desk."""
    return Form("wish", "email", "words", "file", errors=errors)


ASKED = {"form": ask_form(file=["Add a photo."]), "wishes": {"other": "Something else"}}


PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "sim-sign-in": (
        "sims/sign_in.html",
        {"form": Form("number"), "typed": "", "fault": None, "hint": None, "is_unknown": False},
    ),
    "sim-sign-in-fault": (
        "sims/sign_in.html",
        {
            "form": Form("number"),
            "typed": "8944 1100",
            "fault": "Not known.",
            "hint": ("One digit", "Look."),
            "is_unknown": True,
        },
    ),
    "sim-email-first": ("sims/email_first.html", {}),
    "sim": page(
        make_sim(),
        make_access(),
        make_offer(),
        make_offer(is_unlimited=True, data_mb=0, name="Europe unlimited 15 days (2GB/day)"),
        *(make_offer(key=f"m{one}", data_mb=1024 * one) for one in (1, 2, 4)),
        make_offer(name='"><script>'),
        make_offer(name="UK & Ireland 5GB/month", charged=Money(950, "GBP")),
        make_offer(name='"><script> 5GB', charged=Money(950, "GBP")),
    ),
    "sim-new": page(NOTHING, make_access()),
    "sim-silent": page(make_sim(is_silent=True, is_stale=True), make_access(), make_offer()),
    "sim-silent-new": page(make_sim(is_silent=True, as_of=None, plans=(), meter=None), make_access()),
    "sim-ended": page(make_sim(mood="ended"), make_access(), make_offer()),
    "sim-elsewhere": page(make_sim(mood="waiting"), make_access(was_sold_here=False), make_offer()),
    "sim-proved": page(make_sim(mood="paused", meter=EXACT, history=HISTORY, renewal=RENEWAL), PROVED),
    "sim-just-proved": page(
        make_sim(history=HISTORY, meter=EXACT),
        PROVED,
        just_proved=True,
        again="asked",
        own=[Facts(reference="7K3MXW0T9B", charged=Money(499, "USD"))],
    ),
    "sim-asking": page(make_sim(meter=EXACT), make_access(), again="asking"),
    "sim-silent-asking": page(make_sim(is_silent=True), make_access(), again="asking"),
    "sim-proved-bare": page(make_sim(mood="empty", plans=(), history=(), meter=None), PROVED),
    "sim-proved-silent": page(make_sim(history=(), renewal_is_known=False), PROVED),
    "sim-proved-silent-closed": page(make_sim(renewal_is_known=False), PROVED, last_closing=CLOSED),
    "sim-over": page(
        make_sim(mood="empty", plans=(Facts(**told("Japan 1GB", state="over", remaining_days=None, expires_on=DAY)),)),
        make_access(),
        make_offer(),
    ),
    "sim-top-up": (
        "sims/top_up.html",
        {
            "access": make_access(),
            "sim": make_sim(),
            "offer": make_offer(),
            "is_alone": True,
            "form": TOP_UP,
            "consent": "Y.",
            "renew_consent": "Yes.",
        },
    ),
    "sim-ask": (
        "sims/ask.html",
        {"access": make_access(), **ASKED},
    ),
    "sim-asked": ("sims/asked.html", {"access": make_access(), "case": "AB12", "email": "ana@example.com"}),
    "sim-code": ("sims/code.html", {"form": Form("code")}),
}
