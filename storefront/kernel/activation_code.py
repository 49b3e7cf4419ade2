"""Activation codes as GSMA SGP.22 section 4.1 writes them: ``LPA:1$host$matching-id[$oid[$1]]``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")
_MATCHING_ID = re.compile(r"[A-Za-z0-9-]{1,200}")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,8})){1,31}")
_LONGEST = 255


class NotAnActivationCode(ValueError):
    """The text is no activation code a phone could use; the message never repeats the text."""


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """The parts of one code; `needs_confirmation`: the phone will ask for a confirmation code not in the string."""

    host: str
    matching_id: str
    oid: str = ""
    needs_confirmation: bool = False

    @classmethod
    def parse(cls, text: str) -> ActivationCode:
        """Read ``LPA:1$…`` or ``1$…``; raises `NotAnActivationCode` naming the part that is wrong."""
        plain = text.strip()
        if plain[:4].upper() == "LPA:":
            plain = plain[4:]
        if len(plain) > _LONGEST:
            raise NotAnActivationCode("longer than 255 characters")
        parts = plain.split("$")
        if len(parts) < 3 or parts[0] != "1":
            raise NotAnActivationCode("does not start with 1$ and a server address")
        host, matching_id = parts[1], parts[2]
        oid = parts[3] if len(parts) > 3 else ""
        flag = parts[4] if len(parts) > 4 else ""
        if not _HOST.fullmatch(host):
            raise NotAnActivationCode("the server address is not a host name")
        if not _MATCHING_ID.fullmatch(matching_id):
            raise NotAnActivationCode("the matching id is missing or malformed")
        if oid and not _OID.fullmatch(oid):
            raise NotAnActivationCode("the object identifier is malformed")
        if len(parts) == 4 and not oid:
            raise NotAnActivationCode("ends in an empty field")
        if len(parts) > 4 and flag != "1":
            raise NotAnActivationCode("the confirmation flag is not 1")
        return cls(host, matching_id, oid, flag == "1")

    @property
    def lpa(self) -> str:
        """The text a QR code or an install link carries: the supplier's code to the letter, with its prefix.

        An upper-case host would make the QR code a little smaller, but the supplier mails the same code itself, and
        two codes that differ in case look like two codes to a traveller.
        """
        tail = f"${self.oid}$1" if self.needs_confirmation else (f"${self.oid}" if self.oid else "")
        return f"LPA:1${self.host}${self.matching_id}{tail}"

    def __repr__(self) -> str:
        return "ActivationCode(<hidden>)"
