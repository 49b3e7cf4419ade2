"""One client of the Stripe library, set up our way, for all that is asked of Stripe."""

from __future__ import annotations

import stripe

from storefront.gateways.http import Http
from storefront.gateways.stripe.transport import Transport


def connect(http: Http, *, api_key: str, url: str, deadline: float) -> stripe.StripeClient:
    """The library's client for `url`: every call ends within `deadline` seconds and is never repeated by itself."""
    # The library's telemetry would report timings to Stripe and keep an identifier in the home folder; the
    # switch exists for the whole process only.
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": url.rstrip("/")},
        http_client=Transport(http, seconds=deadline),
        max_network_retries=0,
        stripe_version=stripe.api_version,
    )
