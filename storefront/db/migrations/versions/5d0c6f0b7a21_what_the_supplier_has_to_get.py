"""The ledger also says what the supplier has to get: begun with the orders it accepted so far."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from alembic import op

from storefront.db.append_only import protect, release
from storefront.kernel.money import exponent

revision = "5d0c6f0b7a21"
down_revision = "10e1853c89ba"
branch_labels = None
depends_on = None

_HOLDS = """
SELECT h.order_id, h.supplier_order_id AS object_id, h.amount, h.currency, COALESCE(o.paid_at, o.placed_at) AS at
FROM holds h JOIN orders o ON o.id = h.order_id WHERE h.state = 'used'
"""
_TOP_UPS = """
SELECT o.id AS order_id, o.id AS object_id, o.supplier_amount AS amount, o.supplier_currency AS currency,
       COALESCE(o.paid_at, o.placed_at) AS at
FROM orders o WHERE o.kind = 'top_up'
  AND EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.to_state = 'confirmed')
"""


def upgrade() -> None:
    connection = op.get_bind()
    known = sa.text("SELECT 1 FROM money_entries WHERE kind = 'owed' AND object_id = :object_id")
    written = sa.text(
        "INSERT INTO money_entries (order_id, kind, minor, currency, object_id, at) "
        "VALUES (:order_id, 'owed', :minor, :currency, :object_id, :at)"
    )
    for query in (_HOLDS, _TOP_UPS):
        for row in connection.execute(sa.text(query)).mappings().all():
            if connection.execute(known, {"object_id": row["object_id"]}).first() is None:
                minor = -int(Decimal(row["amount"]).scaleb(exponent(row["currency"])))
                connection.execute(
                    written,
                    {
                        "order_id": row["order_id"],
                        "minor": minor,
                        "currency": row["currency"],
                        "object_id": row["object_id"],
                        "at": row["at"],
                    },
                )


def downgrade() -> None:
    connection = op.get_bind()
    release(connection, "money_entries")
    connection.execute(sa.text("DELETE FROM money_entries WHERE kind IN ('owed', 'disputed', 'dispute_won')"))
    protect(connection, "money_entries")
