"""What befalls a stream besides deaths: a slice of the fault matrix, ordered through the sandbox's own door."""

from __future__ import annotations

from collections import Counter

import requests

# Calls that every purchase makes: what is ordered for another one would wait for ever.
_SUPPLIER = ("pre_order", "payment_notice", "profile")
_CASHIER = ("session_create", "session_retrieve")
_CALLS = (*(f"linksfield.{call}" for call in _SUPPLIER), *(f"stripe.{call}" for call in _CASHIER))
_LOSSES = (
    ("reset_after", {}),
    ("reset_before", {}),
    ("malformed", {}),
    ("status", {"status": 503}),
    ("slow", {"seconds": 1}),
    ("timeout_after", {"seconds": 9}),
)
_NOTICE = "stripe.webhook"
# Silence, a lapsed hold and lost stock are rare beside the rest: each costs its buyer a wait or another order.
MISHAPS = (
    *(("E2", _NOTICE, "duplicate", {}),) * 4,
    *(("E4", _NOTICE, "reorder", {}),) * 3,
    *(("E4", _NOTICE, "late", {"seconds": 3}),) * 2,
    *(("E11", _NOTICE, "drop", {}),) * 4,
    *(("E6", "linksfield.payment_notice", "hold_lapsed", {}),) * 2,
    ("E6", "linksfield.pre_order", "sold_out", {}),
    *(("E10", call, kind, more) for call in _CALLS for kind, more in _LOSSES[: None if "pre_order" in call else -1]),
)
AT_ONCE = 5
"""Ordered and not yet met; more would only wait for each other."""
ALL = ("E2", "E4", "E6", "E8", "E10", "E11")
_NAMES = [one[0] for one in MISHAPS]


class Mishaps:
    """Orders one now and then; `met` counts what was ordered, by its name in the matrix."""

    def __init__(self, base, chance):
        self._base, self._chance, self.met = base, chance, Counter()

    def another(self):
        """One more misfortune, unless enough of them wait: each name once, then whatever comes."""
        if requests.get(f"{self._base}/control/state", timeout=10).json()["armed"] >= AT_ONCE:
            return
        name = next((one for one in ALL if not self.met[one]), "") or self._chance.choice([*_NAMES, "E8", "E8", "E8"])
        if name == "E8":
            self._say_again()
            return
        _, target, kind, params = self._chance.choice([one for one in MISHAPS if one[0] == name])
        order = {"target": target, "kind": kind, "times": 1, "params": params}
        requests.post(f"{self._base}/control/faults", json=order, timeout=10).raise_for_status()
        self.met[name] += 1

    def _say_again(self):
        """Everything the cashier said so far."""
        told = requests.get(f"{self._base}/stripe/_sandbox/deliveries", timeout=10).json()
        for event in sorted({one["event"] for one in told}):
            requests.post(f"{self._base}/stripe/_sandbox/resend/{event}", timeout=10).raise_for_status()
        self.met["E8"] += bool(told)

    def end(self):
        """Nothing goes wrong any more."""
        requests.delete(f"{self._base}/control/faults", timeout=10).raise_for_status()
