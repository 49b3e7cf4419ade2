"""The pretend Stripe as one object that every room of it is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storefront.sandbox.dispatch import Dispatcher
from storefront.sandbox.stripe.idempotency import Keys
from storefront.sandbox.stripe.shape import clone, fresh, inner
from storefront.sandbox.stripe.store import Json, Store, new_id
from storefront.sandbox.world import World

DEFAULT_EVENTS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_*",
    "charge.refunded",
    "refund.*",
    "charge.dispute.*",
    "customer.subscription.*",
    "invoice.*",
)
FEE_SHARE_PER_MILLE = 29
FEE_FIXED = 30
MOST_EVENTS = 20_000


@dataclass(frozen=True, slots=True)
class Cause:
    """Which API call brought something about; empty when a buyer, the clock or the desk did."""

    request_id: str | None = None
    key: str | None = None


NOBODY = Cause()


@dataclass
class Sandbox:
    """All state of one pretend account. Its methods expect the world's lock to be held."""

    world: World
    account: str
    shop_name: str
    api_version: str
    dispatcher: Dispatcher
    store: Store = field(default_factory=Store)
    keys: Keys = field(default_factory=Keys)
    check_answers: bool = False
    hold_redirect_seconds: float = 2.0
    happenings: Mapping[str, Happening] = field(default_factory=dict)
    _playing: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        events = self.store.table("event")

        def accepted(event_id: str) -> None:
            if event_id in events:
                events[event_id]["pending_webhooks"] = 0

        self.dispatcher.accepted = accepted

    def moment(self) -> float:
        """The world's clock in seconds since 1970; while something that fell due is played, the time it was due at."""
        return self.world.clock.now().timestamp() if self._playing is None else self._playing

    def now(self) -> int:
        """The same in whole seconds, as all stamps of the service are."""
        return int(self.moment())

    @property
    def page_root(self) -> str:
        """Where a buyer's browser reaches this server; it may differ from where the shop does."""
        return (self.world.public_url or self.world.base_url).rstrip("/")

    def tick(self) -> None:
        """Let everything happen that the world's clock has made due, in order and each at its own time."""
        if self._playing is not None:
            return
        try:
            for at, what, identifier in self.store.due(self.world.clock.now().timestamp()):
                self._playing = at
                self.happenings[what](self, identifier)
        finally:
            self._playing = None

    def amend(self, subject: Json, event_type: str, cause: Cause = NOBODY, **values: Any) -> None:
        """Change fields of an object and tell what they were before; says nothing when all of them stay."""
        before = {name: subject[name] for name, value in values.items() if subject[name] != value}
        subject.update(values)
        if before:
            self.emit(event_type, subject, cause, previous=clone(before))

    def emit(self, event_type: str, subject: Json, cause: Cause = NOBODY, previous: Json | None = None) -> Json:
        """Record an event about `subject` as it is now and have it delivered."""
        data = inner("event", "data", object=clone(subject), previous_attributes=previous)
        if previous is None:
            del data["previous_attributes"]
        event = self.store.put(
            fresh(
                "event",
                id=new_id("evt_1"),
                api_version=self.api_version,
                created=self.now(),
                data=data,
                request={"id": cause.request_id, "idempotency_key": cause.key},
                type=event_type,
            )
        )
        kept = self.store.table("event")
        while len(kept) > MOST_EVENTS:
            del kept[next(iter(kept))]
        if self.dispatcher.wants(event_type):
            event["pending_webhooks"] = 1
            self.dispatcher.send(event["id"], event_type, clone(event))
        return event

    def book(self, source: Json, amount: int, kind: str, *, fee: int = 0) -> Json:
        """Move the account's balance by `amount` minor units less `fee`; returns the balance transaction."""
        now = self.now()
        details = [inner_fee(fee, source["currency"])] if fee else []
        transaction = fresh(
            "balance_transaction",
            id=new_id("txn_3"),
            amount=amount,
            available_on=now,
            balance_type="payments",
            created=now,
            currency=source["currency"],
            description=source.get("description"),
            fee=fee,
            fee_details=details,
            net=amount - fee,
            reporting_category="dispute" if kind == "adjustment" else kind,
            source=source["id"],
            status="available",
            type=kind,
        )
        held = self.store.balance
        held[source["currency"]] = held.get(source["currency"], 0) + amount - fee
        return self.store.put(transaction)


def inner_fee(fee: int, currency: str) -> Json:
    """The one line of a fee breakdown."""
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Processing fees",
        "type": "stripe_fee",
    }


def fee_on(amount: int) -> int:
    """What the pretend Stripe keeps of a payment, in minor units; never more than the payment."""
    return min(amount, amount * FEE_SHARE_PER_MILLE // 1000 + FEE_FIXED)


Params = dict[str, Any]
Happening = Callable[[Sandbox, str], None]
