"""The numbers of the supplier are searched at the desk, so they need an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '66d9614735c8'
down_revision = '1c0f45240cff'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('holds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_holds_supplier_order_no'), ['supplier_order_no'], unique=False)

    with op.batch_alter_table('top_ups', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_top_ups_supplier_order_no'), ['supplier_order_no'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('top_ups', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_top_ups_supplier_order_no'))

    with op.batch_alter_table('holds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_holds_supplier_order_no'))

