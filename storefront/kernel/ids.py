"""Identifiers: sortable ones inside, short unambiguous references outside, tokens nobody can guess."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
import uuid

# Crockford's base 32 alphabet: no I, L, O or U, so that a reference survives being read over the phone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILOU", "110V")
REFERENCE_LENGTH = 10


def new_id() -> str:
    """A UUID version 7 as text: unique, and sorted by the millisecond it was made in (RFC 9562)."""
    stamp = time.time_ns() // 1_000_000
    raw = bytearray(stamp.to_bytes(6, "big") + os.urandom(10))
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def new_reference() -> str:
    """A public order reference of ten characters (50 random bits), for example ``7K3MXW0T9B``."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(REFERENCE_LENGTH))


def normalise_reference(text: str) -> str | None:
    """What a person typed, as a reference: dashes and case forgiven, look-alikes mapped; None if it cannot be one."""
    plain = text.strip().upper().replace("-", "").replace(" ", "").translate(_READ_AS)
    return plain if len(plain) == REFERENCE_LENGTH and all(c in _ALPHABET for c in plain) else None


def new_token() -> str:
    """A secret of 256 bits for cookies and links; store only its `token_hash`."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token: a SHA-256 digest (the token itself has enough entropy for a plain hash)."""
    return hashlib.sha256(token.encode()).hexdigest()
