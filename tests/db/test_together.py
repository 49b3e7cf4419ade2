"""Several looks in one transaction."""

import pytest

from storefront.db.session import together, transaction_is_open


def test_each_look_is_the_same_transaction(house):
    """What costs is to begin and to end one; it is done once, and over when the looks are."""
    with together(house.read) as look:
        with look() as first:
            pass
        assert transaction_is_open()
        with look() as second:
            assert second is first
    assert not transaction_is_open()


def test_it_ends_when_a_look_fails(house):
    """Nothing stays open behind an error, and the error is the caller's."""
    with pytest.raises(KeyError), together(house.read) as look, look():
        raise KeyError
    assert not transaction_is_open()
