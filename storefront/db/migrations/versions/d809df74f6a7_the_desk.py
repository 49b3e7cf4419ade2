"""the desk: staff, their sessions and actions; orders found by the last digits of a SIM."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = 'd809df74f6a7'
down_revision = '717ed5742be2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('staff',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('email', sa.String(254), nullable=False),
    sa.Column('name', sa.String(80), nullable=False),
    sa.Column('role', sa.String(32), nullable=False),
    sa.Column('password_hash', sa.String(200), nullable=False),
    sa.Column('sealed_secret', sa.LargeBinary(), nullable=False),
    sa.Column('last_step', sa.BigInteger(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('email', name=op.f('uq_staff_email'))
    )
    op.create_table('staff_actions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.String(36), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('verb', sa.String(40), nullable=False),
    sa.Column('about', sa.String(80), nullable=False),
    sa.Column('reason', sa.String(300), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_staff_actions_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_actions'))
    )
    with op.batch_alter_table('staff_actions', schema=None) as batch_op:
        batch_op.create_index('ix_staff_actions_about', ['about', 'id'], unique=False)

    op.create_table('staff_sessions',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('token_hash', sa.String(64), nullable=False),
    sa.Column('staff_id', sa.String(36), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_staff_sessions_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_sessions')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_staff_sessions_token_hash'))
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('iccid_reversed', sa.String(20), nullable=True))
        batch_op.create_index(batch_op.f('ix_orders_iccid_reversed'), ['iccid_reversed'], unique=False)

    orders = sa.table('orders', sa.column('id', sa.String), sa.column('iccid', sa.String), sa.column('iccid_reversed', sa.String))
    connection = op.get_bind()
    for known in connection.execute(sa.select(orders.c.id, orders.c.iccid).where(orders.c.iccid.is_not(None))).all():
        connection.execute(sa.update(orders).where(orders.c.id == known.id).values(iccid_reversed=known.iccid[::-1]))



def downgrade() -> None:
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_orders_iccid_reversed'))
        batch_op.drop_column('iccid_reversed')

    op.drop_table('staff_sessions')
    with op.batch_alter_table('staff_actions', schema=None) as batch_op:
        batch_op.drop_index('ix_staff_actions_about')

    op.drop_table('staff_actions')
    op.drop_table('staff')
