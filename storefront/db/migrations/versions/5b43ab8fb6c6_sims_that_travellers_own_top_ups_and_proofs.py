"""SIMs that travellers own, top-ups and proofs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '5b43ab8fb6c6'
down_revision = 'fdbdbcf1357c'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sims',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('iccid', sa.String(20), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('life_cycle', sa.String(40), nullable=False),
    sa.Column('usage', sa.JSON(), nullable=False),
    sa.Column('plans', sa.JSON(), nullable=False),
    sa.Column('offers', sa.JSON(), nullable=False),
    sa.Column('history', sa.JSON(), nullable=False),
    sa.Column('renewal', sa.JSON(), nullable=True),
    sa.Column('errors', sa.JSON(), nullable=False),
    sa.Column('as_of', sa.DateTime(timezone=True), nullable=True),
    sa.Column('usage_as_of', sa.DateTime(timezone=True), nullable=True),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sims')),
    sa.UniqueConstraint('iccid', name=op.f('uq_sims_iccid'))
    )
    op.create_table('top_ups',
    sa.Column('order_id', sa.String(36), nullable=False),
    sa.Column('supplier_order_no', sa.String(80), nullable=False),
    sa.Column('state', sa.String(16), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_top_ups_order_id_orders')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_top_ups'))
    )
    op.create_table('case_proofs',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('case_id', sa.String(36), nullable=False),
    sa.Column('wish', sa.String(40), nullable=False),
    sa.Column('email', sa.String(254), nullable=False),
    sa.Column('words', sa.String(2000), nullable=False),
    sa.Column('sealed_iccid', sa.LargeBinary(), nullable=False),
    sa.Column('media_type', sa.String(40), nullable=False),
    sa.Column('sealed_file', sa.LargeBinary(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_proofs_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_proofs'))
    )
    with op.batch_alter_table('case_proofs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_proofs_case_id'), ['case_id'], unique=False)

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(32), nullable=False, server_default='esim'))
        batch_op.add_column(sa.Column('iccid', sa.String(20), nullable=True))
        batch_op.add_column(sa.Column('plan_code', sa.String(80), nullable=False, server_default=''))
        batch_op.alter_column('plan_id',
               existing_type=sa.BIGINT(),
               nullable=True)
        batch_op.create_index(batch_op.f('ix_orders_iccid'), ['iccid'], unique=False)

    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sim_id', sa.String(36), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_sessions_sim_id_sims'), 'sims', ['sim_id'], ['id'])
        batch_op.drop_column('step_up_at')



def downgrade() -> None:
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('step_up_at', sa.DATETIME(), nullable=True))
        batch_op.drop_constraint(batch_op.f('fk_sessions_sim_id_sims'), type_='foreignkey')
        batch_op.drop_column('sim_id')

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_orders_iccid'))
        batch_op.alter_column('plan_id',
               existing_type=sa.BIGINT(),
               nullable=False)
        batch_op.drop_column('plan_code')
        batch_op.drop_column('iccid')
        batch_op.drop_column('kind')

    with op.batch_alter_table('case_proofs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_proofs_case_id'))

    op.drop_table('case_proofs')
    op.drop_table('top_ups')
    op.drop_table('sims')
