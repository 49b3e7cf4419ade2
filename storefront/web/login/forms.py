"""The two forms of signing in; each fault names its remedy."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Form, StringField, ValidationError
from wtforms.validators import InputRequired

from storefront.identity.email_address import BadAddress, normalise_address


def check_address(_form: Form, field: StringField) -> None:
    """A validator for every form that asks for an e-mail address: puts its one spelling into the field."""
    try:
        field.data = normalise_address(field.data)
    except BadAddress as wrong:
        raise ValidationError(gettext(wrong.sentence)) from wrong


def _digits(text: str | None) -> str:
    # People paste "123 456" or type the digits of their own script.
    kept = re.sub(r"[\s-]", "", text or "")
    return "".join(str(unicodedata.digit(char, char)) for char in kept)


class EmailForm(Form):  # type: ignore[misc]
    """Who wants to sign in."""

    email = StringField(validators=[check_address])


class CodeForm(Form):  # type: ignore[misc]
    """The six digits of the mail."""

    code = StringField(filters=[_digits], validators=[InputRequired(_("Type the six digits from the mail."))])

    def validate_code(self, field: StringField) -> None:
        """Anything but six digits is a slip of the finger and costs no try."""
        if not re.fullmatch(r"[0-9]{6}", field.data or ""):
            raise ValidationError(_("The code has exactly six digits; type it as it stands in the mail."))
