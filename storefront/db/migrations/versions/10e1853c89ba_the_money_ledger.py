"""The money ledger, begun with what payments and refunds already say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storefront.db.append_only import protect, release


revision = '10e1853c89ba'
down_revision = '66d9614735c8'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('money_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.String(36), nullable=False),
    sa.Column('kind', sa.String(32), nullable=False),
    sa.Column('minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(3), nullable=False),
    sa.Column('object_id', sa.String(120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_money_entries_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_money_entries')),
    sa.UniqueConstraint('kind', 'object_id', name=op.f('uq_money_entries_kind_object_id'))
    )
    with op.batch_alter_table('money_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_money_entries_order_id'), ['order_id'], unique=False)

    connection = op.get_bind()
    for kind, sign, table, minor, object_id, at, done in (
        ('captured', '', 'payments', 'captured_minor', 'payment_id', 'paid_at', 'paid'),
        ('refunded', '-', 'refunds', 'amount_minor', 'refund_id', 'done_at', 'done'),
    ):
        connection.execute(sa.text(
            f"INSERT INTO money_entries (order_id, kind, minor, currency, object_id, at) "
            f"SELECT order_id, '{kind}', {sign}{minor}, currency, {object_id}, {at} FROM {table} "
            f"WHERE state = '{done}' AND {object_id} IS NOT NULL AND {minor} IS NOT NULL AND {at} IS NOT NULL"
        ))
    protect(connection, 'money_entries')


def downgrade() -> None:
    release(op.get_bind(), 'money_entries')
    with op.batch_alter_table('money_entries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_money_entries_order_id'))

    op.drop_table('money_entries')
