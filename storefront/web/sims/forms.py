"""The forms about a SIM: its number, a top-up of it, and a question to the desk."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, HiddenField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, Regexp

from storefront.cases.ask import WISHES
from storefront.web.checkout.renew import RenewForm
from storefront.web.login.forms import check_address

WISH_NAMES = dict(
    zip(
        WISHES,
        (
            _l("Stop auto-renew"),
            _l("Tell me which plans were ordered"),
            _l("Stop this SIM: it is lost or stolen"),
            _l("Something else"),
        ),
        strict=True,
    )
)
_INCOMPLETE = _l("This page was incomplete; please fill it in again.")


class NumberForm(FlaskForm):  # type: ignore[misc]
    """The number of a SIM or eSIM; what is a number is decided by `kernel.iccid.read_number`."""

    number = StringField(_l("Number of your SIM or eSIM"))


class TopUpForm(RenewForm):
    """Where the receipt goes, consent to start at once, and the key of this rendering of the form."""

    email = EmailField(_l("Your e-mail"), validators=[check_address])
    consent = BooleanField(
        _l("Put it on my SIM now"),
        validators=[DataRequired(_l("Tick this box: we can only top up at once if you agree to it."))],
    )
    form_key = HiddenField(
        validators=[
            DataRequired(_INCOMPLETE),
            Regexp(r"^[A-Za-z0-9_-]{16,64}$", message=_INCOMPLETE),
        ]
    )


class AskForm(FlaskForm):  # type: ignore[misc]
    """What the owner of a SIM we did not deliver wishes, and a proof that it is theirs."""

    wish = StringField(
        _l("What should we do?"), validators=[AnyOf(list(WISH_NAMES), message=_l("Choose one of the four wishes."))]
    )
    email = EmailField(_l("Your e-mail"), validators=[check_address])
    words = TextAreaField(
        _l("Anything we should know"),
        validators=[Length(max=2000, message=_l("This is longer than 2,000 characters; please shorten it."))],
    )
    file = FileField(_l("A photo or PDF that shows the SIM is yours"))
