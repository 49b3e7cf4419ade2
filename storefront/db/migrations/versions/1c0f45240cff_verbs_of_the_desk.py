"""Verbs of the desk: actions are keyed and kept for good, times are shown in two zones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storefront.db.append_only import protect, release


revision = '1c0f45240cff'
down_revision = 'd809df74f6a7'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('time_zone', sa.String(64), nullable=False, server_default=''))

    with op.batch_alter_table('staff_actions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('key', sa.String(64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_staff_actions_key'), ['key'])

    with op.batch_alter_table('staff_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('time_zone', sa.String(64), nullable=False, server_default=''))

    protect(op.get_bind(), 'staff_actions')


def downgrade() -> None:
    release(op.get_bind(), 'staff_actions')
    with op.batch_alter_table('staff_sessions', schema=None) as batch_op:
        batch_op.drop_column('time_zone')

    with op.batch_alter_table('staff_actions', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_staff_actions_key'), type_='unique')
        batch_op.drop_column('key')

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_column('time_zone')

