"""agreements to renew, their bills and announcements; closings of both sides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '717ed5742be2'
down_revision = '7927135801c2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('renewals',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('reference', sa.String(10), nullable=False),
    sa.Column('order_id', sa.String(36), nullable=False),
    sa.Column('state', sa.String(32), nullable=False),
    sa.Column('reason', sa.String(40), nullable=False),
    sa.Column('iccid', sa.String(20), nullable=True),
    sa.Column('active_for', sa.String(20), nullable=True),
    sa.Column('email', sa.String(254), nullable=False),
    sa.Column('locale', sa.String(8), nullable=False),
    sa.Column('subscription_id', sa.String(120), nullable=True),
    sa.Column('customer_id', sa.String(120), nullable=True),
    sa.Column('interval_days', sa.Integer(), nullable=False),
    sa.Column('charged_minor', sa.BigInteger(), nullable=False),
    sa.Column('charged_currency', sa.String(3), nullable=False),
    sa.Column('plan_name', sa.String(200), nullable=False),
    sa.Column('package_code', sa.String(80), nullable=False),
    sa.Column('plan_code', sa.String(80), nullable=False),
    sa.Column('periods', sa.Integer(), nullable=False),
    sa.Column('data_mb', sa.Integer(), nullable=False),
    sa.Column('is_unlimited', sa.Boolean(), nullable=False),
    sa.Column('supplier_amount', sa.String(24), nullable=False),
    sa.Column('supplier_currency', sa.String(3), nullable=False),
    sa.Column('consent_text', sa.String(), nullable=False),
    sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('most_renewals', sa.Integer(), nullable=True),
    sa.Column('most_minor', sa.BigInteger(), nullable=True),
    sa.Column('last_day', sa.Date(), nullable=True),
    sa.Column('next_charge_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('card_brand', sa.String(20), nullable=True),
    sa.Column('card_last4', sa.String(4), nullable=True),
    sa.Column('unpaid_url', sa.String(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_renewals_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renewals')),
    sa.UniqueConstraint('active_for', name=op.f('uq_renewals_active_for')),
    sa.UniqueConstraint('order_id', name=op.f('uq_renewals_order_id')),
    sa.UniqueConstraint('reference', name=op.f('uq_renewals_reference')),
    sa.UniqueConstraint('subscription_id', name=op.f('uq_renewals_subscription_id'))
    )
    with op.batch_alter_table('renewals', schema=None) as batch_op:
        batch_op.create_index('ix_renewals_email', ['email'], unique=False)
        batch_op.create_index(batch_op.f('ix_renewals_iccid'), ['iccid'], unique=False)
        batch_op.create_index('ix_renewals_state', ['state'], unique=False)

    op.create_table('renewal_bills',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('renewal_id', sa.String(36), nullable=False),
    sa.Column('invoice_id', sa.String(120), nullable=False),
    sa.Column('state', sa.String(32), nullable=False),
    sa.Column('reason', sa.String(40), nullable=False),
    sa.Column('due_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(3), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('order_id', sa.String(36), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_renewal_bills_order_id_orders')),
    sa.ForeignKeyConstraint(['renewal_id'], ['renewals.id'], name=op.f('fk_renewal_bills_renewal_id_renewals')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renewal_bills')),
    sa.UniqueConstraint('invoice_id', name=op.f('uq_renewal_bills_invoice_id')),
    sa.UniqueConstraint('order_id', name=op.f('uq_renewal_bills_order_id'))
    )
    with op.batch_alter_table('renewal_bills', schema=None) as batch_op:
        batch_op.create_index('ix_renewal_bills_renewal', ['renewal_id'], unique=False)

    op.create_table('renewal_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('renewal_id', sa.String(36), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('event', sa.String(40), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['renewal_id'], ['renewals.id'], name=op.f('fk_renewal_events_renewal_id_renewals')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renewal_events'))
    )
    with op.batch_alter_table('renewal_events', schema=None) as batch_op:
        batch_op.create_index('ix_renewal_events_renewal', ['renewal_id', 'id'], unique=False)

    op.create_table('renewal_notices',
    sa.Column('id', sa.String(36), nullable=False),
    sa.Column('renewal_id', sa.String(36), nullable=False),
    sa.Column('charge_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(8), nullable=False),
    sa.Column('says', sa.DateTime(timezone=True), nullable=False),
    sa.Column('staged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['renewal_id'], ['renewals.id'], name=op.f('fk_renewal_notices_renewal_id_renewals')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renewal_notices')),
    sa.UniqueConstraint('renewal_id', 'charge_at', 'kind', name=op.f('uq_renewal_notices_renewal_id_charge_at_kind'))
    )
    with op.batch_alter_table('closings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('renewal_id', sa.String(36), nullable=True))
        batch_op.add_column(sa.Column('why', sa.String(40), nullable=False, server_default='asked'))
        batch_op.add_column(sa.Column('charges_ended_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column('open_for',
               existing_type=sa.VARCHAR(length=20),
               type_=sa.String(36),
               existing_nullable=True)
        batch_op.create_index(batch_op.f('ix_closings_renewal_id'), ['renewal_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_closings_renewal_id_renewals'), 'renewals', ['renewal_id'], ['id'])

    with op.batch_alter_table('inbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('subscription_id', sa.String(120), nullable=True))

    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('subscription_id', sa.String(120), nullable=True))
        batch_op.add_column(sa.Column('customer_id', sa.String(120), nullable=True))
        batch_op.create_index(batch_op.f('ix_payments_subscription_id'), ['subscription_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_payments_subscription_id'))
        batch_op.drop_column('customer_id')
        batch_op.drop_column('subscription_id')

    with op.batch_alter_table('inbox', schema=None) as batch_op:
        batch_op.drop_column('subscription_id')

    with op.batch_alter_table('closings', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_closings_renewal_id_renewals'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_closings_renewal_id'))
        batch_op.alter_column('open_for',
               existing_type=sa.String(36),
               type_=sa.VARCHAR(length=20),
               existing_nullable=True)
        batch_op.drop_column('charges_ended_at')
        batch_op.drop_column('why')
        batch_op.drop_column('renewal_id')

    op.drop_table('renewal_notices')
    with op.batch_alter_table('renewal_events', schema=None) as batch_op:
        batch_op.drop_index('ix_renewal_events_renewal')

    op.drop_table('renewal_events')
    with op.batch_alter_table('renewal_bills', schema=None) as batch_op:
        batch_op.drop_index('ix_renewal_bills_renewal')

    op.drop_table('renewal_bills')
    with op.batch_alter_table('renewals', schema=None) as batch_op:
        batch_op.drop_index('ix_renewals_state')
        batch_op.drop_index(batch_op.f('ix_renewals_iccid'))
        batch_op.drop_index('ix_renewals_email')

    op.drop_table('renewals')
