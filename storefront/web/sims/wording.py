"""What is wrong with a number and what to do about it, and what the buyer of a top-up agrees to."""

from __future__ import annotations

from flask_babel import gettext as _

from storefront.kernel.iccid import SHORTEST, has_check_digit, read_number


def number_fault(reason: str) -> str:
    """The sentence for `BadNumber.reason`."""
    sentences = {
        "empty": _("Type the number of your SIM or eSIM: 18 to 20 digits that begin with 89."),
        "letters": _("There are letters in this number. Type only its digits: 18 to 20 of them, beginning with 89."),
        "not_89": _(
            "This is not the number of a SIM: those begin with 89. A phone number or an EID does not work here."
        ),
        "too_short": _("Some digits are missing: the number has 18 to 20 of them. It may go on in a second line."),
        "too_long": _("These are too many digits: the number has 18 to 20. Paste only one number."),
    }
    return str(sentences[reason])


def not_known() -> str:
    """One sentence for numbers that are unknown, another's, locked, or tried too often."""
    return str(
        _(
            "We do not find this number on the network we sell for. Compare it digit by digit with your card. "
            "After several tries in a row, wait an hour."
        )
    )


def typing_hint(typed: str) -> tuple[str, str] | None:
    """What length and check digit say, as a title and what to do.

    It depends on what was typed alone and so tells nobody anything.
    """
    number = read_number(typed)
    if not has_check_digit(number):
        return _("A digit looks wrong"), _("The digits do not fit together. Compare all of them with your card.")
    if len(number) == SHORTEST:
        return _("A digit may be missing"), _("This number has 18; most have 19 or 20. Compare it with your card.")
    return None


def in_groups(typed: str) -> str:
    """Digits alone in groups of four, so that they can be compared with a card; anything else as typed."""
    number = "".join(typed.split())
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if number.isdigit() else typed


def top_up_consent() -> str:
    """The words the buyer agrees to; stored on the order as shown."""
    return str(
        _(
            "I want this plan put on my SIM at once. I know that my right of withdrawal ends when it begins; "
            "until then I can have my money back."
        )
    )
