"""What our mails say, composed from plain facts; nothing here reads a database or sends anything.

No letter carries an activation code: whoever reads the mailbox gets a link that expires.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from storefront.kernel.money import Money
from storefront.kernel.places import beside
from storefront.letters import wording
from storefront.letters.facts import CaseFacts, ClosingFacts, CodeFacts, OrderFacts, RenewalFacts
from storefront.ports import Letter
from storefront.settings import Settings


@dataclass(frozen=True, slots=True)
class Sender:
    """The shop as letters name it."""

    name: str
    tagline: str
    support_email: str
    public_url: str


def sign_in_code(*, settings: Settings, facts: CodeFacts) -> Letter:
    """The six digits."""
    told = {"code": facts.code, "minutes": facts.minutes}
    return _letter("sign_in_code", settings, to=facts.email, locale=facts.locale, key=facts.id, told=told)


def order_letter(
    template: str, *, settings: Settings, order: OrderFacts, to: str, link: str, again: str = ""
) -> Letter:
    """One of the letters about an order: ``order_delivered``, ``order_refunded``, ``order_delayed`` and so on.

    One that is sent once more on purpose names the wish in `again`: a repeat mail programs must show.
    """
    told = {
        "order": order,
        "link": link,
        "refund": order.refund,
        "promise": order.promise_until,
        "time_zone": order.time_zone,
    }
    # A second refund, or a second delay, is news of its own and must not look like a repeat of the first.
    news = {"order_refunded": order.refund and order.refund.amount, "order_delayed": order.promise_until}.get(template)
    key = f"{order.reference}|{again or news or ''}"
    return _letter(template, settings, to=to, locale=order.locale, key=key, told=told)


def case_opened(*, settings: Settings, case: CaseFacts) -> Letter:
    """Tells the owner of a case what to decide; ids only, since mailboxes of teams are read by many."""
    return _letter(
        "case_opened", settings, to=settings.case_email, locale=settings.languages[0], key=case.id, told={"case": case}
    )


def closing_letter(template: str, *, settings: Settings, closing: ClosingFacts) -> Letter:
    """``renewal_closed``, the proof that nothing renews any more, or ``renewal_charges_ended``, the half of it."""
    told = {"closing": closing}
    return _letter(template, settings, to=closing.email, locale=closing.locale, key=closing.reference, told=told)


def renewal_letter(
    template: str,
    *,
    settings: Settings,
    renewal: RenewalFacts,
    key: str,
    stop_link: str,
    charge_at: dt.datetime | None,
) -> Letter:
    """One of the letters about an agreement to renew: ``renewal_started``, ``renewal_notice``, ``renewal_unpaid``."""
    told = {"renewal": renewal, "stop_link": stop_link, "charge_at": charge_at, "time_zone": renewal.time_zone}
    key = f"{renewal.reference}|{key}"
    return _letter(template, settings, to=renewal.email, locale=renewal.locale, key=key, told=told)


def message_id(template: str, key: str, settings: Settings) -> str:
    """The same letter has the same id however often it is sent, so that mail programs can tell a repeat."""
    digest = hashlib.sha256(f"{template}|{key}".encode()).hexdigest()[:32]
    return f"<{template}.{digest}@{urlsplit(settings.public_url).hostname or 'shop'}>"


def _letter(template: str, settings: Settings, *, to: str, locale: str, key: str, told: dict[str, Any]) -> Letter:
    facts = {
        "time_zone": "",
        **told,
        "shop": Sender(settings.name, settings.tagline, settings.support_email, settings.public_url),
        "locale": locale,
        "direction": wording.direction(locale),
    }
    environment = _environment(locale)
    head, _, text = environment.get_template(f"mail/{template}.txt").render(facts).partition("\n")
    # A line break in a fact must not become a header of its own.
    subject = " ".join(head.removeprefix("Subject:").split())
    html = environment.get_template(f"mail/{template}.html").render(facts)
    return Letter(
        to=to, subject=subject, text=text.strip() + "\n", html=html, message_id=message_id(template, key, settings)
    )


@lru_cache(maxsize=64)
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(beside("templates")),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.install_gettext_translations(wording.translations(locale), newstyle=True)  # type: ignore[attr-defined]

    def money(amount: Money) -> str:
        return wording.money(amount, locale)

    def volume(data_mb: int) -> str:
        return wording.volume(data_mb, locale)

    @pass_context
    def when(context: Context, moment: dt.datetime) -> str:
        return wording.when_in(moment, locale, context["time_zone"])

    def day(date: dt.date) -> str:
        return wording.day(date, locale)

    environment.filters.update(money=money, volume=volume, when=when, day=day)
    environment.filters.update(mask_email=wording.mask_email, brand=wording.card_brand)
    return environment
