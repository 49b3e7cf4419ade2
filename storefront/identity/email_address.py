"""Mail addresses as keys: one spelling for each mailbox, and a remedy for each mistake."""

from __future__ import annotations

import re
import unicodedata

import idna

from storefront.kernel.errors import Kind, StorefrontError

LONGEST = 254
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def N_(text: str) -> str:  # noqa: N802 - the extractor of translatable texts looks for this name
    """Mark a sentence for the translators; whoever shows it translates it."""
    return text


MISSING = N_("Type your e-mail address, like name@example.com.")
TOO_LONG = N_("This e-mail address is longer than 254 characters; use a shorter one.")
SPACES = N_("An e-mail address has no spaces; take them out.")
NO_AT = N_("The @ is missing from the e-mail address; write it like name@example.com.")
SEVERAL_ATS = N_("There is more than one @ in the e-mail address; type one address only.")
NAME = N_("The part of the e-mail address before the @ has characters we cannot write to; check it.")
DOMAIN = N_("Check the part of the e-mail address after the @; it should look like example.com.")


class BadAddress(StorefrontError):
    """Not a mail address we can write to; `sentence` (English, marked for translation) names the remedy."""

    kind = Kind.REJECTED
    code = "address_invalid"

    def __init__(self, sentence: str) -> None:
        super().__init__(field="email")
        self.sentence = sentence


def normalise_address(text: str | None) -> str:
    """One spelling of an address: lower case, international domains in their ASCII form. Raises `BadAddress`.

    The part before the @ is plain ASCII, since not every mail server takes more; its case is ignored, as every
    provider travellers use does.
    """
    plain = unicodedata.normalize("NFKC", text or "").strip()
    if not plain:
        raise BadAddress(MISSING)
    if len(plain) > LONGEST:
        raise BadAddress(TOO_LONG)
    if any(char.isspace() or unicodedata.category(char).startswith("C") for char in plain):
        raise BadAddress(SPACES)
    if plain.count("@") != 1:
        raise BadAddress(SEVERAL_ATS if "@" in plain else NO_AT)
    local, _, domain = plain.lower().partition("@")
    if len(local) > 64 or not _LOCAL.fullmatch(local):
        raise BadAddress(NAME)
    address = f"{local}@{_ascii_domain(domain)}"
    if len(address) > LONGEST:
        raise BadAddress(TOO_LONG)
    return address


def _ascii_domain(domain: str) -> str:
    try:
        found = idna.encode(domain, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError) as wrong:
        raise BadAddress(DOMAIN) from wrong
    if not _DOMAIN.fullmatch(found) or found.rpartition(".")[2].isdigit():
        raise BadAddress(DOMAIN)
    return found
