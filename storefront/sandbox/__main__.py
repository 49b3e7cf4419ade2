"""``python -m storefront.sandbox``: the pretend world as a process of its own, until it is told to end."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from storefront.sandbox import server

WEBHOOK_PATH = "/webhooks/stripe"
PUSH_PATH = "/webhooks/linksfield"


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 1 when a port is taken."""
    asked = _parser().parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        running = server.start(
            port=asked.port,
            mail_port=asked.mail_port,
            bind=asked.bind,
            seed=asked.seed,
            offset_file=asked.offset_file,
            public_url=asked.public_url,
            shop_webhook_url=asked.shop_url.rstrip("/") + WEBHOOK_PATH if asked.shop_url else "",
            webhook_secret=asked.stripe_webhook_secret,
            account=asked.stripe_account,
            hold_minutes=asked.hold_minutes,
            money_unit=asked.money_unit,
            status_in_envelope=asked.status_in_envelope,
            is_mall_flat=asked.mall_flat,
            shop_push_url=asked.shop_url.rstrip("/") + PUSH_PATH if asked.shop_url else "",
        )
    except OSError as taken:
        print(f"The sandbox cannot open its ports: {taken}", file=sys.stderr)
        return 1
    print(f"Pretend world at {running.url} (control, mailbox), mail on port {running.mail_port}", flush=True)
    ended.wait()
    running.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m storefront.sandbox", description=main.__doc__)
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8010, help="HTTP port, 0 takes a free one (%(default)s)")
    parser.add_argument("--mail-port", type=int, default=8025, help="SMTP port, 0 takes a free one (%(default)s)")
    parser.add_argument("--shop-url", default="", help="where the shop is; notices go to its /webhooks/…")
    parser.add_argument("--public-url", default="", help="where a buyer's browser finds this server, if elsewhere")
    parser.add_argument("--offset-file", type=Path, help="file that carries the moved clock to the shop")
    parser.add_argument("--seed", type=int, default=7, help="seed of the catalogue and the profiles (%(default)s)")
    parser.add_argument("--stripe-webhook-secret", default="whsec_test", help="secret that signs Stripe's notices")
    parser.add_argument("--stripe-account", default=server.DEFAULT_ACCOUNT, help="account id (%(default)s)")
    parser.add_argument("--hold-minutes", type=float, default=10, help="life of a hold: 10 or 60 (%(default)s)")
    parser.add_argument("--money-unit", choices=("major", "minor"), default="major", help="unit of payAmount")
    parser.add_argument("--status-in-envelope", action="store_true", help="wrap the order status like other answers")
    parser.add_argument(
        "--mall-flat", action="store_true", help="answer Mall calls without an envelope, as older pages show"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
