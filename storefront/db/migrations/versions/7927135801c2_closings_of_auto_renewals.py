"""closings of auto-renewals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '7927135801c2'
down_revision = '5b43ab8fb6c6'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('closings',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('reference', sa.String(10), nullable=False),
    sa.Column('iccid', sa.String(20), nullable=False),
    sa.Column('open_for', sa.String(20), nullable=True),
    sa.Column('state', sa.String(32), nullable=False),
    sa.Column('asked_by', sa.String(20), nullable=False),
    sa.Column('actor', sa.String(80), nullable=False),
    sa.Column('email', sa.String(254), nullable=False),
    sa.Column('locale', sa.String(8), nullable=False),
    sa.Column('closed', sa.JSON(), nullable=False),
    sa.Column('said', sa.String(300), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closings')),
    sa.UniqueConstraint('open_for', name=op.f('uq_closings_open_for')),
    sa.UniqueConstraint('reference', name=op.f('uq_closings_reference'))
    )
    with op.batch_alter_table('closings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_closings_iccid'), ['iccid'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('closings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_closings_iccid'))

    op.drop_table('closings')
