"""The part of a checkout that agrees to renew: off by default, with a consent of its own and limits that are read."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField

from storefront.kernel.money import Money
from storefront.letters import wording
from storefront.renewals.enrol import BadLimit, Wish
from storefront.renewals.last_look import Limits

_AMOUNT = re.compile(r"(?P<before>[^\d\s.,-]*)\s*(?P<number>-?[\d.,]+)\s*(?P<after>[^\d\s.,-]*)")
_SIGNS = {"US$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "JP¥": "JPY"}


class RenewForm(FlaskForm):  # type: ignore[misc]
    """A checkbox and three limits; all may stay empty."""

    renew = BooleanField(_l("Renew automatically"))
    most_renewals = StringField(_l("Stop after so many renewals"))
    most = StringField(_l("Never more than this in all"))
    last_day = StringField(_l("Stop when I am home"))


def wish_of(form: RenewForm, price: Money, days: int, locale: str) -> Wish | None:
    """What the traveller agreed to, or None. Raises `BadLimit` for what cannot be read, naming the field."""
    limits = Limits(
        most_renewals=_number(form.most_renewals.data),
        most=_amount(form.most.data, price.currency),
        last_day=_day(form.last_day.data),
    )
    if form.renew.data:
        return Wish(consent_text(price, days, locale), limits)
    if limits != Limits():
        raise BadLimit("without_renew", field="renew")
    return None


def blame(form: RenewForm, wrong: BadLimit, price: Money, locale: str) -> None:
    """Put the sentence for a limit beside its field."""
    field = form[wrong.field or "renew"]
    field.errors = [*field.errors, _sentence(wrong.detail, wording.money(price, locale), price.currency)]


def consent_text(price: Money, days: int, locale: str) -> str:
    """The words the traveller agrees to; kept as shown."""
    return str(
        _(
            "Until I stop it, %(price)s is charged to the card I pay with every %(days)s days, and my data is renewed. "
            "I get a mail before every charge and can stop it there with two clicks.",
            price=wording.money(price, locale),
            days=days,
        )
    )


def _number(typed: str | None) -> int | None:
    text = (typed or "").strip()
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,6}", text):
        raise BadLimit("not_a_number", field="most_renewals")
    return int(text)


def _amount(typed: str | None, currency: str) -> Money | None:
    text = (typed or "").strip()
    if not text:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise BadLimit("not_an_amount", field="most")
    named = (found["before"] + found["after"]).strip()
    if named and _SIGNS.get(named, named.upper()) != currency:
        raise BadLimit("other_currency", field="most")
    number = found["number"]
    # 1.234,50 and 1,234.50: whatever comes last, with one or two digits behind it, is the decimal point.
    digits = re.sub(r"[.,](?=.*[.,])", "", number).replace(",", ".")
    try:
        return Money.from_decimal(Decimal(digits), currency)
    except (InvalidOperation, ValueError):
        raise BadLimit("not_an_amount", field="most") from None


def _day(typed: str | None) -> dt.date | None:
    text = (typed or "").strip()
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadLimit("not_a_day", field="last_day") from None


def _sentence(detail: str, price: str, currency: str) -> str:
    sentences = {
        "without_renew": _("You set a limit but did not switch auto-renew on. Switch it on, or empty the limits."),
        "not_a_number": _("Write a whole number, for example 3, or leave it empty."),
        "not_positive": _("This must be more than zero. To buy just once, leave auto-renew switched off."),
        "too_many": _("The most is 120 renewals. Leave it empty for no limit."),
        "not_an_amount": _("Write an amount, for example 50.00, or leave it empty."),
        "other_currency": _(
            "You pay in %(currency)s, %(price)s for each renewal, so write this limit in %(currency)s and no lower.",
            currency=currency,
            price=price,
        ),
        "below_price": _("One renewal costs %(price)s, so this limit would allow none.", price=price),
        "not_a_day": _("Write a day as year-month-day, for example 2027-01-31, or leave it empty."),
        "in_past": _("This day is over. Choose one in the future, or leave it empty."),
        "before_first": _("Your plan already lasts until then, so nothing would ever renew. Choose a later day."),
        "too_far": _("This is more than ten years away. Choose an earlier day, or leave it empty."),
    }
    return str(sentences[detail])
