"""Whether a notice was handled is told by its outbox row alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c3e1b5f29a60"
down_revision = "5d0c6f0b7a21"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_column("handled_at")


def downgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True))
    # Each job's key is its name and the notice's id.
    op.execute(
        "UPDATE inbox SET handled_at = (SELECT done_at FROM outbox WHERE outbox.state = 'done' "
        "AND outbox.key IN ('ordering.notice:' || inbox.id, 'ordering.push:' || inbox.id))"
    )
