"""Made-up facts for the pages and letters about auto-renew."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace as Facts
from typing import Any

from storefront.kernel.money import Money

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
MASKED = "8985…0793"
PRICE = Money(899, "USD")
STOP_LINK = "https://shop.example/en/stop/secret"


def make_closing(**more: Any) -> Facts:
    """A ClosingView."""
    record = Facts(order_no="R1", name="Europe 3GB", asked_at=NOON)
    facts: dict[str, Any] = {
        "reference": "7K3MXW0T9B",
        "iccid_masked": MASKED,
        "state": "closed",
        "why": "asked",
        "records": (record,),
        "asked_at": NOON,
        "has_charges": True,
        "has_sim": True,
        "charges_ended_at": NOON,
        "confirmed_at": NOON,
        "email": "ana@example.com",
        "locale": "en",
    }
    return Facts(**{**facts, **more})


CLOSED = make_closing(has_charges=False, charges_ended_at=None)
HALF_CLOSED = make_closing(state="stuck", confirmed_at=None)
NO_LIMITS = Facts(most_renewals=None, most=None, last_day=None)
LIMITS = Facts(most_renewals=3, most=Money(5000, "USD"), last_day=dt.date(2027, 2, 1))


def make_bill(outcome: str, order: str | None = None) -> Facts:
    """A BillLine."""
    return Facts(at=NOON, amount=PRICE, outcome=outcome, reason="", order=order)


def make_charge(**more: Any) -> Facts:
    """A Charge."""
    facts = {"at": NOON, "amount": PRICE, "order": "LF7K2MQ9", "brings_until": None, "is_given_back": False}
    return Facts(**{**facts, **more})


def make_renewal(state: str = "active", **more: Any) -> Facts:
    """A RenewalView."""
    facts: dict[str, Any] = {
        "reference": "4MW2K7TQ9Z",
        "order_reference": "LF7K2MQ9",
        "state": state,
        "reason": "",
        "iccid_masked": MASKED,
        "email": "ana@example.com",
        "locale": "en",
        "time_zone": "",
        "plan_name": "Asia 12 countries 3GB/month",
        "data_mb": 3072,
        "is_unlimited": False,
        "destination": "Japan",
        "price": PRICE,
        "interval_days": 30,
        "charges_at": NOON,
        "card_brand": "visa",
        "card_last4": "4242",
        "limits": NO_LIMITS,
        "kept": 1,
        "unpaid_url": None,
        "has_portal": True,
        "consent_text": "Until I stop it, US$8.99 is charged every 30 days.",
        "agreed_at": NOON,
        "ended_at": None,
        "closing": None,
        "bills": (),
        "announced": (),
        "last_charge": make_charge(),
        "under_way": None,
        "announced_charge": Facts(at=NOON, outcome="none"),
        "is_on": state in {"agreed", "active"},
    }
    return Facts(**{**facts, **more})


def page(renewal: Facts, *, by_mail: bool = False, sees_order: bool = True) -> tuple[str, dict[str, Any]]:
    """The agreement's page."""
    facts = {"renewal": renewal, "stop_url": "/stop", "by_mail": by_mail, "sees_order": sees_order}
    return "renewals/renewal.html", facts


OVER = ("asked", "not_eligible", "foreign_renewal", "limit", "not_paid", "cannot_deliver")
OUTCOMES = ("coming", "waiting", "unpaid", "called_off", "kept", "given_back")
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "closing": ("renewals/closing.html", {"closing": CLOSED, "renewal": None}),
    "closing-asked": (
        "renewals/closing.html",
        {"closing": make_closing(state="asked", confirmed_at=None), "renewal": None},
    ),
    "closing-stuck": ("renewals/closing.html", {"closing": HALF_CLOSED, "renewal": make_renewal("ending")}),
    "renewal": page(make_renewal(limits=LIMITS, bills=tuple(make_bill(one, "LF7K2MQ9") for one in OUTCOMES))),
    "renewal-agreed": page(make_renewal("agreed", charges_at=None, iccid_masked=None)),
    "renewal-unplanned": page(make_renewal(charges_at=None, has_portal=False)),
    "renewal-unpaid": page(make_renewal(unpaid_url="https://pay.example/in_1", bills=(make_bill("unpaid"),))),
    "renewal-by-mail": page(make_renewal(), by_mail=True),
    "renewal-by-mail-elsewhere": page(make_renewal(), by_mail=True, sees_order=False),
    "renewal-under-way": page(
        make_renewal(under_way=make_bill("coming"), last_charge=make_charge(brings_until=NOON.date())), by_mail=True
    ),
    "renewal-on-hold": page(make_renewal(under_way=make_bill("waiting"), last_charge=make_charge(is_given_back=True))),
    "renewal-ending": page(make_renewal("ending", closing=make_closing(state="asked", charges_ended_at=None))),
    "renewal-half": page(make_renewal("ending", closing=HALF_CLOSED)),
    "renewal-waits": page(make_renewal("ending", closing=make_closing(state="asked", confirmed_at=None))),
    **{
        f"renewal-ended-{why}": page(
            make_renewal("ended", closing=make_closing(why=why, has_sim=why != "not_eligible"))
        )
        for why in OVER
    },
}
WHYS = (*OVER, "portal", "refunded", "price")
