"""A stream of purchases through real processes that are killed at random: a short one of `make kills`, each layout."""

import random

import pytest

from tests.kill.crowd import large, small
from tests.kill.kills import stream
from tests.kill.mishaps import ALL, Mishaps

pytestmark = pytest.mark.kill


def test_a_stream_under_kills_small(tmp_path):
    """One web server of two processes and one worker on SQLite: every buyer is served once, the books agree."""
    with small(tmp_path / "data") as crowd:
        assert stream(crowd, 16, 10, seed=3) == []
        assert crowd.kills == 10


@pytest.mark.postgres
@pytest.mark.redis
def test_a_stream_under_kills_large(tmp_path):
    """Two web servers of two processes and two workers on PostgreSQL and Redis: the same."""
    with large(tmp_path / "data") as crowd:
        assert stream(crowd, 16, 10, seed=4) == []
        assert crowd.kills == 10


@pytest.mark.postgres
@pytest.mark.redis
def test_a_slice_of_the_matrix_in_the_large_layout(tmp_path):
    """Lost answers, notices that are lost, doubled, late or reordered, lapsed holds and lost stock, and kills."""
    with large(tmp_path / "data") as crowd:
        mishaps = Mishaps(crowd.layout.sandbox_url, random.Random(5))
        assert stream(crowd, 16, 5, seed=5, mishaps=mishaps) == []
    assert all(mishaps.met[name] for name in ALL), mishaps.met
