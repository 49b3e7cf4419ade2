"""Encryption at rest with keys that can be rotated: the first key writes, all of them read."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class VaultLocked(RuntimeError):
    """The stored text cannot be opened with the keys we hold."""


class Vault:
    """Seals secrets (activation codes, QR images, confirmation codes, tokens) as ciphertext for ordinary columns."""

    def __init__(self, keys: str) -> None:
        """`keys`: Fernet keys, comma separated, newest first. Raises `ValueError` for none, or for a broken one."""
        parts = [part.strip() for part in keys.split(",") if part.strip()]
        if not parts:
            raise ValueError("SHOP_VAULT_KEYS is empty: make a key with `flask secrets new`")
        try:
            self._fernet = MultiFernet([Fernet(part) for part in parts])
        except ValueError:
            # The library's own error would bring part of the key into the log.
            raise ValueError(
                "SHOP_VAULT_KEYS holds something that is no key: make one with `flask secrets new`"
            ) from None

    def seal(self, secret: str | bytes) -> bytes:
        """Ciphertext of `secret` under the newest key."""
        return self._fernet.encrypt(secret.encode() if isinstance(secret, str) else secret)

    def open(self, sealed: bytes) -> bytes:
        """The secret again; raises `VaultLocked` when no key fits."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as wrong:
            raise VaultLocked("no key of the vault opens this") from wrong

    def open_text(self, sealed: bytes) -> str:
        """The secret as text."""
        return self.open(sealed).decode()

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret under the newest key."""
        return self._fernet.rotate(sealed)


def new_key() -> str:
    """A fresh key for the front of the list."""
    return Fernet.generate_key().decode()
