"""Mistakes to be planted one at a time in a copy of the shop; the fault matrix must catch each (`plant.py`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One mistake: in `changes`, each old text stands exactly once in its file and is replaced."""

    name: str
    changes: tuple[tuple[str, str, str], ...]


MUTANTS = (
    Mutant(
        "the unique key of calls is dropped, and nobody looks: two workers may begin the same call",
        (
            (
                "storefront/ordering/calls.py",
                "    if prepared.run(session, _SAME, **of_step).first() is not None:\n",
                "    if False:\n",
            ),
            (
                "storefront/models/order.py",
                '__table_args__ = (UniqueConstraint("order_id", "step", "attempt"), Index("ix_calls_state", "state", "started_at"))',
                '__table_args__ = (Index("ix_calls_state", "state", "started_at"),)',
            ),
            (
                "storefront/db/migrations/versions/fdbdbcf1357c_the_first_schema.py",
                "sa.UniqueConstraint('order_id', 'step', 'attempt', name=op.f('uq_calls_order_id_step_attempt'))",
                "",
            ),
        ),
    ),
    Mutant(
        "an event is answered with 200 before it is stored",
        (
            (
                "storefront/web/webhooks/routes.py",
                "    if notice.type in KNOWN_TYPES:\n        inbox.store(",
                "    if notice.type in KNOWN_TYPES:\n        _later(",
            ),
            (
                "storefront/web/webhooks/routes.py",
                "class ForgedNotice(",
                "def _later(*given, **named):\n    try:\n        inbox.store(*given, **named)\n"
                "    except BaseException:\n        pass\n\n\nclass ForgedNotice(",
            ),
        ),
    ),
    Mutant(
        "the payment notice is sent again blindly after a lost answer",
        (
            (
                "storefront/ordering/confirm.py",
                "    return resolve_lost(bench, order, reserved, last)\n\n\ndef resolve_lost(",
                "    return _notify(bench, order, reserved, attempt=last.attempt + 1)\n\n\ndef resolve_lost(",
            ),
        ),
    ),
    Mutant(
        "a top-up is ordered again blindly after a lost answer",
        (
            (
                "storefront/ordering/top_up.py",
                "    return resolve_lost(bench, order, last)\n\n\ndef resolve_lost(",
                "    return _report(bench, order, attempt=last.attempt + 1)\n\n\ndef resolve_lost(",
            ),
        ),
    ),
    Mutant(
        "the event's body is trusted: completed is paid",
        (
            (
                "storefront/ordering/notices.py",
                "    page = bench.outside.cashier.page(session_id)\n    order_id",
                "    page = bench.outside.cashier.page(session_id)\n"
                "    page = __import__('dataclasses').replace(page, paid=True, payment_id=page.payment_id or session_id)\n"
                "    order_id",
            ),
        ),
    ),
    Mutant(
        "amounts are compared loosely",
        (
            (
                "storefront/payments/settle.py",
                "return Settled.PAID if got == Money(order.charged_minor, order.charged_currency) else Settled.WRONG_AMOUNT",
                "return Settled.PAID if abs(got.minor - order.charged_minor) < 10 else Settled.WRONG_AMOUNT",
            ),
        ),
    ),
    Mutant(
        "another profile is reserved while an answer is unknown",
        (
            (
                "storefront/ordering/confirm.py",
                "    now = bench.now()\n    try:\n        said = bench.outside.supplier.order_status",
                "    now = bench.now()\n    return _dead(bench, order, reserved, lost, 'given up')\n"
                "    try:\n        said = bench.outside.supplier.order_status",
            ),
        ),
    ),
    Mutant(
        "money goes back by itself while an answer is unknown",
        (
            (
                "storefront/ordering/top_up.py",
                '        move(session, order.id, Event.STUCK, now=now, reason="unknown_answer")\n',
                '        move(session, order.id, Event.GIVE_BACK, now=now, reason="cannot_deliver")\n',
            ),
            (
                "storefront/ordering/top_up.py",
                "ASK_FOR = dt.timedelta(hours=1)",
                "ASK_FOR = dt.timedelta(seconds=1)",
            ),
        ),
    ),
    Mutant(
        "an order that sticks opens no case",
        (
            (
                "storefront/ordering/confirm.py",
                '        open_case(\n            session,\n            kind="unknown_answer",',
                '        (lambda *_, **__: None)(\n            session,\n            kind="unknown_answer",',
            ),
            (
                "storefront/ordering/top_up.py",
                '        open_case(\n            session,\n            kind="unknown_answer",',
                '        (lambda *_, **__: None)(\n            session,\n            kind="unknown_answer",',
            ),
            (
                "storefront/ordering/pay.py",
                '            open_case(session, kind="amount_mismatch"',
                '            (lambda *_, **__: None)(session, kind="amount_mismatch"',
            ),
            (
                "storefront/ordering/sweeps.py",
                '            open_case(\n                session,\n                kind="promise_missed",',
                '            (lambda *_, **__: None)(\n                session,\n                kind="promise_missed",',
            ),
        ),
    ),
    Mutant(
        "a second payment of one order is kept",
        (("storefront/payments/settle.py", "if is_extra and page.payment_id:", "if False:"),),
    ),
    Mutant(
        "a refund made at the cashier is not written down",
        (
            (
                "storefront/ordering/notices.py",
                "            elif not one.is_ours:\n",
                "            elif False:\n",
            ),
        ),
    ),
    Mutant(
        "a refund that the bank sends back is not noticed",
        (
            (
                "storefront/ordering/notices.py",
                "    elif said is RefundStatus.FAILED and row.state is RefundState.DONE:\n",
                "    elif False:\n",
            ),
        ),
    ),
    Mutant(
        "late money is ignored",
        (
            (
                "storefront/ordering/states.py",
                "        (_S.LAPSED, Event.PAID): _S.PAID,\n"
                "        (_S.CANCELLED, Event.PAID): _S.PAID,\n"
                "        (_S.REJECTED, Event.PAID): _S.PAID,\n",
                "",
            ),
            (
                "storefront/ordering/states.py",
                "        Event.PAID: _AFTER_PAID,",
                "        Event.PAID: _AFTER_PAID | ENDED_UNPAID,",
            ),
        ),
    ),
    Mutant(
        "a renewal that was paid becomes no order",
        (
            (
                "storefront/renewals/bills.py",
                "invoice.status is InvoiceStatus.PAID and not invoice.is_first and invoice.due.minor > 0",
                "invoice.status is InvoiceStatus.PAID and invoice.is_first and invoice.due.minor < 0",
            ),
        ),
    ),
    Mutant(
        "the compare-and-set of a move is dropped",
        (
            (
                "storefront/ordering/states.py",
                "changed = prepared.run(session, _MOVE, order_id=order_id, before=state, **values)",
                "changed = prepared.run(session, update(Order).where(col(Order.id) == bindparam('order_id')), order_id=order_id, **values)",
            ),
        ),
    ),
    Mutant(
        "money goes back, and what it began renews on",
        (
            ("storefront/payments/refund.py", "        if begun is not None:\n", "        if False:\n"),
            (
                "storefront/renewals/cycle.py",
                "_GIVEN_BACK = frozenset({OrderState.REFUNDING, OrderState.REFUNDED})",
                "_GIVEN_BACK: frozenset[OrderState] = frozenset()",
            ),
        ),
    ),
    Mutant(
        "the letter of a delivered order is put off for years",
        (
            (
                "storefront/ordering/deliver.py",
                "        due_at=now,\n",
                "        due_at=now + dt.timedelta(days=3650),\n",
            ),
        ),
    ),
)
