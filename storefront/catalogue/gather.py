"""Ask the supplier for everything it sells, a few questions at a time; what fails is noted, not fatal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from storefront.kernel.errors import OutsideError, Unreachable
from storefront.ports import Supplier, SupplierCountry, SupplierPlan

ASKERS = 4
GIVE_UP_AFTER = 8

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the supplier answered; the failed ones keep their old facts. `gave_up`: it stopped answering altogether."""

    countries: tuple[SupplierCountry, ...]
    plans: tuple[SupplierPlan, ...]
    offered: frozenset[int]
    failed_countries: tuple[SupplierCountry, ...]
    failed_plans: tuple[int, ...]
    gave_up: bool


def gather(supplier: Supplier) -> Gathered:
    """Countries, their plan ids, every plan once. Raises `OutsideError` when not even the country list comes."""
    asking = _Asking()
    countries = tuple(supplier.countries())
    lists = asking.each(supplier.plans, countries)
    offered = frozenset(plan_id for _, ids in lists if ids is not None for plan_id in ids)
    details = asking.each(supplier.plan, sorted(offered))
    return Gathered(
        countries=countries,
        plans=tuple(plan for _, plan in details if plan is not None),
        offered=offered,
        failed_countries=tuple(country for country, ids in lists if ids is None),
        failed_plans=tuple(plan_id for plan_id, plan in details if plan is None),
        gave_up=asking.gave_up,
    )


class _Asking:
    """Bounded concurrency, and an end to it when the supplier is plainly gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost_in_a_row = 0

    @property
    def gave_up(self) -> bool:
        return self._lost_in_a_row >= GIVE_UP_AFTER

    def each(self, ask: Callable[[Q], A], questions: Iterable[Q]) -> Sequence[tuple[Q, A | None]]:
        """Every question with its answer, or None where the supplier failed us."""
        with ThreadPoolExecutor(ASKERS, thread_name_prefix="catalogue") as pool:
            asked = [(question, pool.submit(self._one, ask, question)) for question in questions]
            return [(question, answer.result()) for question, answer in asked]

    def _one(self, ask: Callable[[Q], A], question: Q) -> A | None:
        if self.gave_up:
            return None
        try:
            answer = ask(question)
        except OutsideError as failed:
            with self._lock:
                if not self.gave_up:
                    self._lost_in_a_row = self._lost_in_a_row + 1 if isinstance(failed, Unreachable) else 0
            return None
        with self._lock:
            if not self.gave_up:
                self._lost_in_a_row = 0
        return answer
