"""References people can read over the phone, ids that sort, tokens nobody can guess."""

from storefront.kernel import ids


def test_ids_sort_by_time():
    """Ids made later sort later, so that newest-first needs no second column."""
    made = []
    for _ in range(5):
        made.append(ids.new_id())
        first_half = made[-1][:13]
        while ids.new_id()[:13] == first_half:
            pass
    assert made == sorted(made)


def test_references_forgive_what_people_do_to_them():
    """Case, dashes and look-alike letters lead to the same reference."""
    assert ids.normalise_reference(" 7k3m-xwot9b ") == "7K3MXW0T9B"


def test_nonsense_is_no_reference():
    """Anything of another length or alphabet is None, not an error."""
    assert [ids.normalise_reference(text) for text in ("", "short", "7K3MXW0T9B1", "7K3MXW0T9!")] == [None] * 4


def test_tokens_are_long_and_stored_as_hashes():
    """Two tokens differ, and the stored form does not contain the token."""
    one, other = ids.new_token(), ids.new_token()
    assert one != other
    assert len(one) >= 43
    assert one not in ids.token_hash(one)
