"""A look at everything the shop needs, with the remedy for each thing that is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from sqlalchemy import text

from storefront import wiring
from storefront.db import migrate
from storefront.gateways.calls import Deadline, connect_within
from storefront.gateways.http import Http, HttpAnswer, HttpCall
from storefront.jobs import outbox
from storefront.jobs.engine import Lane
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import OutsideError, Refused, Unintelligible
from storefront.settings import production_faults
from storefront.web.shop import legal
from storefront.wiring import House

FIVE_MINUTES = dt.timedelta(minutes=5)
LATE_WORK = 120.0
NO_SIM = "8900000000000000000"
NO_ORDER = "doctor"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    is_well: bool
    detail: str
    remedy: str = ""


def examine(house: House) -> list[Finding]:
    """Look at everything; never raises, never changes anything, prints no secret."""
    looks: tuple[Callable[[House], Finding], ...] = (
        _settings,
        _pages,
        _webhook_secret,
        _database,
        _queue,
        _mail,
        _supplier,
        _mall,
        _csss,
        _pushes,
        _clock,
        _cashier,
    )
    return [look(house) for look in looks]


def _settings(house: House) -> Finding:
    faults = production_faults(house.settings)
    if not faults:
        return Finding("settings", True, "fit for production")
    if not house.settings.is_production:
        return Finding("settings", True, f"development; {len(faults)} would stop production: {'; '.join(faults)}")
    return Finding("settings", False, "; ".join(faults), "mend each, then start again")


def _pages(house: House) -> Finding:
    found = {name: legal.source_of(house.settings, house.settings.languages[0], name) for name in legal.NAMES}
    missing = sorted(name for name, source in found.items() if source is None)
    unread = sorted(
        name for name, source in found.items() if source and legal.read_page(house.settings, source).placeholder_html
    )
    if not missing and not unread:
        return Finding("pages", True, "all written")
    detail = "; ".join(
        f"{what}: {', '.join(names)}"
        for what, names in (("missing", missing), ("still our placeholder", unread))
        if names
    )
    remedy = "write them into the folder SHOP_PAGES_DIR names"
    return Finding("pages", not house.settings.is_production, detail, remedy)


def _webhook_secret(house: House) -> Finding:
    if house.settings.stripe_webhook_secret.get_secret_value():
        return Finding("webhook secret", True, "set")
    return Finding(
        "webhook secret",
        False,
        "empty, so every notice of Stripe is turned away",
        "create an endpoint for /webhooks/stripe at Stripe and put its secret into SHOP_STRIPE_WEBHOOK_SECRET",
    )


def _database(house: House) -> Finding:
    try:
        with house.read() as session:
            session.connection().execute(text("SELECT 1"))
        if migrate.is_current(house.engine):
            return Finding("database", True, house.engine.dialect.name)
    except Exception as broken:  # noqa: BLE001 - any failure to reach a database is the same finding
        return Finding("database", False, type(broken).__name__, "check SHOP_DATABASE_URL and that the server runs")
    return Finding("database", False, "the schema is not the newest", "run: flask db upgrade")


def _queue(house: House) -> Finding:
    try:
        pending = sum(house.jobs.pending(lane) for lane in Lane)
        age = outbox.backlog_age(house.read, house.outside.clock)
    except Exception as broken:  # noqa: BLE001 - as above
        return Finding("queue", False, type(broken).__name__, "check SHOP_REDIS_URL, or SHOP_DATA_DIR's permissions")
    if age > LATE_WORK:
        return Finding("queue", False, f"the oldest due work waits {age:.0f} s", "start a worker: flask worker")
    return Finding("queue", True, f"{pending} hints waiting, nothing late")


def _mail(house: House) -> Finding:
    address = (house.settings.smtp_host, house.settings.smtp_port)
    try:
        connect_within(*address, Deadline(5)).close()
    except OSError as broken:
        return Finding("mail", False, type(broken).__name__, "check SHOP_SMTP_HOST and SHOP_SMTP_PORT")
    return Finding("mail", True, "the mail server answers")


def _supplier(house: House) -> Finding:
    try:
        found = house.outside.supplier.countries()
    except OutsideError as broken:
        remedy = "check SHOP_SUPPLIER_URL, _PARTNER_CODE, _EMAIL and _PASSWORD; ask the supplier if they are right"
        return Finding("supplier", False, _said(broken), remedy)
    return Finding("supplier", True, f"sells {len(found)} countries to this account")


def _mall(house: House) -> Finding:
    client = wiring.mall(house.settings, Http(house.metrics.observe_call))
    try:
        client.verify(NO_SIM)
    except Refused:
        pass  # What a number of nobody is told: the shop's side of the family answers.
    except OutsideError as broken:
        return Finding("mall", False, _said(broken), "check SHOP_MALL_SHOP_URL and the network")
    try:
        client.find_orders(purchase_order_id=NO_ORDER)
    except Refused as no:
        remedy = "check SHOP_SUPPLIER_PARTNER_CODE, and SHOP_MALL_SIGN_KEY if the supplier gave one"
        return Finding("mall", False, _said(no), remedy)
    except OutsideError as broken:
        return Finding("mall", False, _said(broken), "check SHOP_MALL_ORDER_URL and the network")
    return Finding("mall", True, "card login and the order look-up answer")


def _csss(house: House) -> Finding:
    client = wiring.csss(house.settings, Http(house.metrics.observe_call))
    try:
        client.orders(order_id=NO_ORDER)
    except Refused as no:
        remedy = "check SHOP_CSSS_ACCESS_CODE, SHOP_CSSS_SECRET and this machine's clock"
        return Finding("csss", False, _said(no), remedy)
    except Unintelligible as odd:
        remedy = "check SHOP_CSSS_URL; if only data.sign does not fit, check SHOP_CSSS_SECRET and ask the supplier"
        return Finding("csss", False, f"{_said(odd)} {odd.field or ''}".strip(), remedy)
    except OutsideError as broken:
        return Finding("csss", False, _said(broken), "check SHOP_CSSS_URL and the network")
    return Finding("csss", True, "the order history answers")


def _said(error: OutsideError) -> str:
    return f"{error.code} {error.vendor_code}".strip()


def _pushes(house: House) -> Finding:
    if any(key.get_secret_value() for key in house.settings.push_keys.values()):
        return Finding("pushes", True, "a key is set")
    # Pushes only save time, so a shop without them is well.
    return Finding("pushes", True, "no key in SHOP_PUSH_KEYS, so every push of the supplier is turned away")


def _clock(house: House) -> Finding:
    call = HttpCall("linksfield", "clock", "GET", house.settings.supplier_url, {}, is_read=True)
    try:
        stamp = Http(house.metrics.observe_call).ask(call, deadline=Deadline(5.0), understand=_date_of)
    except OutsideError as broken:
        return Finding("clock", False, f"the supplier's clock cannot be read: {broken.code}", "check SHOP_SUPPLIER_URL")
    if stamp is None:
        return Finding("clock", True, "the supplier's answers carry no date; trust your time service")
    skew = abs(wall_now() - stamp)
    if skew < FIVE_MINUTES:
        return Finding("clock", True, f"{skew.total_seconds():.0f} s from the supplier's (it allows five minutes)")
    return Finding("clock", False, f"{skew} from the supplier's; it allows five minutes", "run a time service (NTP)")


def _date_of(answer: HttpAnswer) -> dt.datetime | None:
    stamp = {name.lower(): value for name, value in answer.headers.items()}.get("date")
    return parsedate_to_datetime(stamp) if stamp else None


def _cashier(house: House) -> Finding:
    mode = "live" if house.settings.livemode else "test"
    try:
        house.outside.cashier.page("cs_test_doctor")
    except Refused as no:
        if no.vendor_code in {"resource_missing", "404"}:
            return Finding("cashier", True, f"Stripe knows the key ({mode} mode)")
        return Finding("cashier", False, no.vendor_code or no.code, "check SHOP_STRIPE_API_KEY")
    except OutsideError as broken:
        return Finding("cashier", False, broken.code, "check SHOP_STRIPE_URL and the network")
    return Finding("cashier", True, f"Stripe answers ({mode} mode)")
