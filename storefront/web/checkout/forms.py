"""The one form of the checkout."""

from __future__ import annotations

import secrets

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField
from wtforms.validators import DataRequired, Length, Regexp

from storefront.web.checkout.renew import RenewForm


def new_form_key() -> str:
    """What makes a second click the same order."""
    return secrets.token_urlsafe(24)


class CheckoutForm(RenewForm):
    """E-mail, consent to immediate delivery, and the key of this rendering of the form."""

    email = EmailField(
        _l("E-mail address"),
        validators=[
            DataRequired(_l("Write the e-mail address your eSIM should be sent to.")),
            Length(max=254, message=_l("This address is longer than any mailbox allows; check it.")),
        ],
    )
    consent = BooleanField(
        _l("Deliver my eSIM now"),
        validators=[DataRequired(_l("Agree to delivery now: we can only deliver at once if you do."))],
    )
    device_ok = BooleanField(_l("My phone takes eSIMs and is not locked to a carrier"))
    form_key = HiddenField(
        validators=[
            DataRequired(_l("This page was incomplete; please fill it in again.")),
            Regexp(r"^[A-Za-z0-9_-]{16,64}$", message=_l("This page was incomplete; please fill it in again.")),
        ]
    )
