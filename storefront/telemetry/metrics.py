"""Counters for the operator. One object, made by the composition root and passed around; nothing registers globally."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

# From a fast local answer to the longest deadline a setting allows.
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)


class Metrics:
    """What the house counts, in a registry of its own, so that two shops in one process do not collide."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._calls = Counter(
            "storefront_outside_calls",
            "Calls to vendors by what came of them.",
            ("vendor", "operation", "outcome"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "storefront_outside_call_seconds",
            "How long calls to vendors took, whatever came of them.",
            ("vendor", "operation"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def observe_call(self, vendor: str, operation: str, outcome: str, seconds: float) -> None:
        """Count one finished call; `operation` and `outcome` must come from small fixed sets."""
        self._calls.labels(vendor, operation, outcome).inc()
        self._seconds.labels(vendor, operation).observe(seconds)

    def exposition(self) -> bytes:
        """Everything counted so far in the Prometheus text format."""
        return generate_latest(self.registry)
