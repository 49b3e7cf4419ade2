"""The vault says which setting is wrong, and nothing of what stands in it."""

from __future__ import annotations

import pytest

from storefront.db.vault import Vault, VaultLocked, new_key


@pytest.mark.parametrize("keys", ["", " , "])
def test_no_key_is_a_sentence_with_its_remedy(keys: str) -> None:
    """Whoever starts the shop without keys reads which setting to fill and how."""
    with pytest.raises(ValueError, match="SHOP_VAULT_KEYS is empty: make a key with `flask secrets new`"):
        Vault(keys)


def test_a_broken_key_is_refused_and_not_shown() -> None:
    """A key cut short while copying is named as such, without its text."""
    broken = new_key()[:-5]
    with pytest.raises(ValueError, match="SHOP_VAULT_KEYS holds something that is no key") as refused:
        Vault(f"{new_key()},{broken}")
    assert broken not in str(refused.value)
    assert refused.value.__suppress_context__


def test_an_older_key_still_opens_what_it_sealed() -> None:
    """The first key writes, all of them read; without the old one nothing opens."""
    old, new = new_key(), new_key()
    sealed = Vault(old).seal("LPA:1$smdp.example.com$CODE")
    assert Vault(f"{new},{old}").open_text(sealed) == "LPA:1$smdp.example.com$CODE"
    with pytest.raises(VaultLocked):
        Vault(new).open(sealed)
