"""Made-up facts for every page and every state it can be in, as the contract between routes and templates has them."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace as Facts
from typing import Any

from markupsafe import Markup

from storefront.kernel.money import Money
from tests.web.sample_renewals import make_renewal

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
PRICE = Money(1350, "USD")


def make_place(name: str = "Japan", iso2: str | None = "JP", **more: Any) -> Facts:
    """A DestinationCard."""
    kind = "country" if iso2 else "region"
    facts = {"slug": name.lower(), "name": name, "kind": kind, "iso2": iso2, "region": "Asia", "plan_count": 9}
    return Facts(**{**facts, "from_price": Money(450, "USD"), **more})


def make_plan(**more: Any) -> Facts:
    """A PlanDetail (which is a PlanCard and more)."""
    facts: dict[str, Any] = {
        "slug": "japan-5gb-30d", "name": "5 GB · 30 days", "data_mb": 5120, "is_unlimited": False, "fair_use": "",
        "days": 30, "price": PRICE, "per_gb": Money(270, "USD"), "is_regional": False, "covers_count": 1, "apart": "",
        "in_stock": True, "supplier_name": "日本 5GB 30天", "summary": "4G and 5G on two networks",
        "description": "Speeds depend on the network.\nHotspot allowed.", "destination": make_place(),
        "covers": [make_place()], "does_not_cover": [make_place("South Korea", "KR")],
        "validity_note": "The 30 days start when the eSIM first connects abroad.",
        "refund_note": "Not installed: full refund.", "min_periods": 1, "max_periods": 1, "quotes": [PRICE],
        "is_estimate": False,
    }  # fmt: skip
    return Facts(**{**facts, **more})


def make_order(phase: str, **more: Any) -> Facts:
    """An OrderView in one phase."""
    facts: dict[str, Any] = {
        "reference": "LF7K2MQ9", "state": "paid", "phase": phase, "plan_name": "5 GB · 30 days", "destination": "Japan",
        "destination_slug": "japan", "iso2": "JP", "data_mb": 5120, "is_unlimited": False, "days": 30, "charged": PRICE,
        "email_masked": "a•••@example.com", "placed_at": NOON, "paid_at": None, "promise_until": None,
        "delivered_at": None, "held_until": None, "pay_url": None, "receipt_url": None, "card_brand": None,
        "card_last4": None, "reason": "", "case_reference": None, "case_due_at": None, "refund": None,
        "plan_slug": "japan-5gb-30d", "kind": "esim", "iccid_masked": None, "top_up": None,
        "events": [(NOON, "Order placed"), (NOON, "Reserved at the supplier")],
    }  # fmt: skip
    return Facts(**{**facts, **more})


def make_paid(phase: str, **more: Any) -> Facts:
    """An OrderView after the payment."""
    paid: dict[str, Any] = {"paid_at": NOON, "promise_until": NOON + dt.timedelta(minutes=15), "card_brand": "Visa"}
    return make_order(phase, **{**paid, "card_last4": "4242", "receipt_url": "https://pay.example/receipt", **more})


def make_top_up(state: str) -> Facts:
    """An OrderView of a delivered top-up."""
    seen = Facts(state=state, expires_on=dt.date(2026, 12, 20), seen_at=NOON)
    own = {"kind": "top_up", "iccid_masked": "8985…0793", "top_up": seen, "destination_slug": "", "plan_slug": ""}
    return make_paid("ready", destination="Top-up 8985…0793", **own)


def make_install(device: str, **more: Any) -> Facts:
    """An InstallView as seen from one kind of device."""
    facts: dict[str, Any] = {
        "lpa": "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815", "host": "SMDP.EXAMPLE.COM",
        "matching_id": "04386-AGYFT-A74Y8-3F815", "confirmation_code": None, "iccid": None,
        "iccid_masked": "8985…0793", "iphone_link": "https://esimsetup.apple.com/esim_qrcode_provisioning?carddata=x",
        "android_link": "https://esimsetup.android.com/esim_qrcode_provisioning?carddata=x",
        "windows_link": "lpa:1$SMDP.EXAMPLE.COM$x", "supplier_status": "", "expires_on": None, "device": device,
    }  # fmt: skip
    return Facts(**{**facts, **more})


class Form(dict[str, Any]):
    """What the templates use of a WTForms form."""

    def __init__(self, *names: str, errors: dict[str, list[str]] | None = None) -> None:
        self.errors = errors or {}
        for name in names:
            kind = "HiddenField" if name == "form_key" else "StringField"
            label = Facts(text=f"The {name} of this form")
            made = Facts(id=name, name=name, data="", type=kind, label=label, errors=self.errors.get(name, []))
            self[name] = made
            setattr(self, name, made)


def make_checkout(**errors: list[str]) -> Form:
    """The checkout form, with its faults."""
    names = ("email", "consent", "device_ok", "form_key", "renew", "most_renewals", "most", "last_day")
    return Form(*names, errors=errors)


PLACES = [make_place("Austria", "AT"), make_place(), make_place("Kenya", "KE", from_price=None)]
REGION = make_place("Europe", None)
REFUND = Facts(amount=PRICE, state="done", done_at=NOON)
PENDING = Facts(amount=PRICE, state="pending", done_at=None)
FAILED = Facts(amount=PRICE, state="failed", done_at=None)
SOLD_OUT = make_plan(in_stock=False, per_gb=None, is_estimate=True)
UNLIMITED = make_plan(is_unlimited=True, data_mb=0, per_gb=None, fair_use="Full speed for 1 GB a day, then slower")
REGIONAL = make_plan(is_regional=True, covers_count=39, destination=REGION, covers=PLACES)
FAULTY = make_checkout(
    email=["Please type your whole address, such as ana@example.com."], consent=["Please tick this."]
)
CALM = {"problem": None, "consent": "Yes.", "renew_consent": "Until I stop it."}
SORRY = {"problem": "Sold out.", "consent": "Yes.", "renew_consent": ""}
HOLD = NOON + dt.timedelta(minutes=8)
LATE = make_paid("attention", case_reference="C-4711", case_due_at=NOON)
CODE = {"form": Form("code"), "email": "a•••@example.com", "sent": True}
ERROR = {"status": 404, "title": "Nothing here", "sentence": "It moved.", "remedy": "Search.", "request_id": "r-1"}
HELP = {
    "order": make_order("ready"), "troubles": {"refund": "Money back"}, "typed": {"words": '"><script>'},
    "answer_by": NOON,
}  # fmt: skip
PLAIN = {"layout": "layout.html", "staff": None}
KIT = {"svg": Markup("<svg viewBox='0 0 9 9'></svg>"), "order": make_order("ready")}


def on(device: str, **more: Any) -> dict[str, Any]:
    """What the page of a delivered eSIM shows on one kind of device."""
    return {"install": make_install(device, **more), "renewal": None}


PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "home": ("shop/home.html", {"popular": PLACES, "regions": [REGION], "countries": PLACES}),
    "home-empty": ("shop/home.html", {"popular": [], "regions": [], "countries": []}),
    "search": ("shop/search.html", {"query": "a", "results": PLACES, "suggestion": None}),
    "search-none": ("shop/search.html", {"query": '"><script>', "results": [], "suggestion": "Japan"}),
    "search-blank": ("shop/search.html", {"query": "", "results": [], "suggestion": None}),
    "destination": (
        "shop/destination.html",
        {"destination": PLACES[0], "plans": [make_plan(), UNLIMITED, SOLD_OUT], "regional": [REGIONAL],
         "covers": [], "confusable": make_place("Australia", "AU")},
    ),
    "destination-none": (
        "shop/destination.html",
        {"destination": PLACES[2], "plans": [], "regional": [], "covers": [], "confusable": None},
    ),
    "region": (
        "shop/destination.html",
        {"destination": REGION, "plans": [REGIONAL], "regional": [], "covers": PLACES, "confusable": None},
    ),
    "plan": ("shop/plan.html", {"plan": make_plan()}),
    "plan-regional": ("shop/plan.html", {"plan": REGIONAL}),
    "plan-sold-out": ("shop/plan.html", {"plan": SOLD_OUT}),
    "legal": (
        "shop/legal.html",
        {"title": "Terms", "placeholder_html": "<p>Later.</p>", "body_html": "<h2>One</h2><p>Two</p>"},
    ),
    "checkout": ("checkout/form.html", {"plan": make_plan(), "form": make_checkout(), **CALM}),
    "checkout-faults": ("checkout/form.html", {"plan": make_plan(), "form": FAULTY, **CALM}),
    "checkout-problem": ("checkout/form.html", {"plan": SOLD_OUT, "form": make_checkout(), **SORRY}),
    "reserving": ("orders/waiting.html", {"order": make_order("reserving", state="placed"), "given_up_at": HOLD}),
    "pay": ("orders/pay.html", {"order": make_order("pay", held_until=HOLD)}),
    "preparing": ("orders/waiting.html", {"order": make_paid("preparing")}),
    "attention": ("orders/waiting.html", {"order": LATE}),
    "refunding": ("orders/waiting.html", {"order": make_paid("refunding", refund=PENDING)}),
    "refund-failed": ("orders/waiting.html", {"order": make_paid("refunding", refund=FAILED)}),
    "ready-iphone": ("orders/ready.html", {"order": make_paid("ready"), **on("iphone")}),
    "ready-android": ("orders/ready.html", {"order": make_paid("ready"), **on("android")}),
    "ready-windows": ("orders/ready.html", {"order": make_paid("ready"), **on("windows")}),
    "ready-desktop": (
        "orders/ready.html",
        {"order": make_paid("ready"),
         "renewal": None, "install": make_install("desktop", confirmation_code="4711", expires_on=dt.date(2027, 2, 1))},
    ),
    "ready-installed": (
        "orders/ready.html",
        {"order": make_paid("ready"), "renewal": None, "install": make_install("iphone", supplier_status="installed")},
    ),
    "topped-up-active": ("orders/topped_up.html", {"order": make_top_up("in_use"), "renewal": make_renewal()}),
    "topped-up-queued": ("orders/topped_up.html", {"order": make_top_up("queued"), "renewal": None}),
    **{
        f"top-up-{phase}": (
            f"orders/{page}.html",
            {"order": make_order(phase, kind="top_up", destination_slug="", **more), "given_up_at": HOLD},
        )
        for phase, page, more in (
            ("reserving", "waiting", {}), ("pay", "pay", {"held_until": HOLD}), ("preparing", "waiting", {}),
            ("attention", "waiting", {}), ("refunding", "waiting", {"refund": PENDING}), ("lapsed", "ended", {}),
            ("cancelled", "ended", {}), ("rejected", "ended", {"reason": "sold_out"}),
            ("refunded", "ended", {"refund": REFUND}),
        )
    },
    "lapsed": ("orders/ended.html", {"order": make_order("lapsed", reason="not_paid_in_time")}),
    "cancelled": ("orders/ended.html", {"order": make_order("cancelled", reason="changed_mind")}),
    "rejected": ("orders/ended.html", {"order": make_order("rejected", reason="sold_out")}),
    "refunded": ("orders/ended.html", {"order": make_paid("refunded", reason="cannot_deliver", refund=REFUND)}),
    "history": (
        "orders/history.html",
        {"email": "ana@example.com",
         "orders": [make_paid(phase) for phase in ("ready", "pay", "preparing", "attention", "refunded", "rejected")]},
    ),
    "history-here": ("orders/history.html", {"email": None, "orders": [make_order("lapsed")]}),
    "history-empty": ("orders/history.html", {"email": None, "orders": []}),
    "history-nothing": ("orders/history.html", {"email": "ana@example.com", "orders": []}),
    "stranger": ("orders/stranger.html", {"reference": "LF7K2MQ9"}),
    "sign-in": ("login/email.html", {"form": Form("email"), "next": "/en/orders"}),
    "sign-in-fault": ("login/email.html", {"form": Form("email", errors={"email": ["Type it."]}), "next": ""}),
    "sign-in-code": ("login/code.html", CODE),
    "help": ("orders/help.html", {**HELP, "fault": "Choose.", "sent": None}),
    "help-sent": ("orders/help.html", {**HELP, "fault": "", "sent": ("A1B2C3D4", NOON)}),
    "error": ("errors/error.html", {**ERROR, **PLAIN, "remedy_url": "/", "remedy_label": "Find a plan"}),
    "bare": ("errors/bare.html", {**ERROR, "remedy_url": "", "remedy_label": ""}),
    "kit": ("orders/kit.html", {**KIT, "renewal": None, "install": make_install("desktop", confirmation_code="4711")}),
}  # fmt: skip
BRINGS_ITS_OWN_STYLE = {"kit"}
