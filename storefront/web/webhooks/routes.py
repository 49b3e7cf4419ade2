"""Where vendors knock: verify on the raw bytes, store once, answer at once."""

from __future__ import annotations

from flask import Blueprint, request

from storefront.jobs import inbox
from storefront.kernel.errors import Kind, Refused, StorefrontError, Unintelligible
from storefront.ordering import notices, pushes
from storefront.web.context import house
from storefront.web.limits import Access, guard
from storefront.wiring import push_door

blueprint = Blueprint("webhooks", __name__)

# What we ask Stripe to send; anything else is acknowledged and forgotten, since nothing would be read for it.
KNOWN_TYPES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "invoice.created",
        "invoice.upcoming",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "invoice.voided",
    }
)


class ForgedNotice(StorefrontError):
    """The signature, its time, the mode or the account is not what our endpoint's secret promises."""

    kind = Kind.REJECTED
    code = "forged_notice"


@blueprint.post("/webhooks/stripe")
@guard(access=Access.VENDOR, limit="webhook")
def stripe() -> tuple[str, int]:
    """Store a genuine event once; the answer follows the commit."""
    payload = request.get_data(cache=False)
    try:
        notice = house().outside.cashier.read_notice(payload, request.headers.get("Stripe-Signature", ""))
    except (Refused, Unintelligible) as forged:
        raise ForgedNotice(forged.vendor_code) from forged
    if notice.type in KNOWN_TYPES:
        inbox.store(
            house().write,
            house().outside.clock,
            source="stripe",
            external_id=notice.event_id,
            type=notice.type,
            object_id=notice.object_id,
            payment_id=notice.payment_id,
            subscription_id=notice.subscription_id,
            job=notices.JOB,
        )
    return "", 200


@blueprint.post("/webhooks/linksfield")
@guard(access=Access.VENDOR, limit="webhook")
def linksfield() -> tuple[str, int]:
    """Store a genuine push about a SIM or a top-up once; the answer follows the commit."""
    payload = request.get_data(cache=False)
    try:
        push = push_door(house().settings).read(payload, dict(request.headers))
    except Refused as forged:
        raise ForgedNotice(forged.detail) from forged
    about = pushes.find_subject(house().read, request_id=push.request_id, number=push.iccid)
    inbox.store(
        house().write,
        house().outside.clock,
        source="linksfield",
        external_id=pushes.known_as(push.notice_id),
        type=about.kind,
        object_id=about.id,
        job=pushes.JOB,
    )
    return "", 200
