"""What the shop's books say of an order that came to no end: for whoever must find out why."""

from __future__ import annotations

from sqlalchemy import text

from storefront.db.session import make_engine
from storefront.kernel.clock import wall_now

# Nothing of a profile, a page or an address: what a test prints ends up in logs.
_ABOUT = {
    "order": "SELECT state, reason, hold_tries, paid_at, promise_until FROM orders WHERE reference = :reference",
    "standing row": """
        SELECT w.state, w.attempts, w.due_at, w.claim_token IS NOT NULL, w.lease_until, w.hinted_at, w.last_error
        FROM outbox w JOIN orders ON w.key = 'ordering.advance:' || orders.id WHERE reference = :reference""",
    "call": """
        SELECT step, c.attempt, c.state, c.started_at, c.lease_until, c.ended_at, c.error
        FROM calls c JOIN orders ON orders.id = c.order_id WHERE reference = :reference""",
    "move": """
        SELECT e.at, e.event FROM order_events e JOIN orders ON orders.id = e.order_id WHERE reference = :reference""",
}


def rows_about(crowd, buyer):
    """The order, its standing row, its calls and its moves, a line each, and the time by the clock of the machine."""
    reference, told = buyer.order_page.rstrip("/").split("/")[-1], [f"now {wall_now()}"]
    plain = f"sqlite:///{crowd.layout.data_dir}/shop.sqlite"
    engine = make_engine(crowd.environment().get("SHOP_DATABASE_URL", plain))
    with engine.connect() as books:
        for what, query in _ABOUT.items():
            found = books.execute(text(query), {"reference": reference})
            told += [f"{what} " + ", ".join(map(str, row)) for row in found]
    engine.dispose()
    return "\n".join(told)
