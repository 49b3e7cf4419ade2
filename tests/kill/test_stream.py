"""Real processes, really killed while buyers buy, in both layouts (`make kills`: the long run)."""

import pytest

from tests.kill.crowd import large, small
from tests.kill.kills import stream

ORDERS, KILLS = 20, 12


@pytest.mark.kill
def test_a_stream_through_the_small_layout(tmp_path):
    """One web server and one worker on SQLite: every order is delivered once, and three books agree."""
    with small(tmp_path / "data") as crowd:
        assert stream(crowd, ORDERS, KILLS, seed=3) == []
        assert crowd.kills == KILLS


@pytest.mark.kill
@pytest.mark.postgres
@pytest.mark.redis
def test_a_stream_through_the_large_layout(tmp_path):
    """Two web processes, two workers, PostgreSQL and Redis: the same."""
    with large(tmp_path / "data") as crowd:
        assert stream(crowd, ORDERS, KILLS, seed=4) == []
        assert crowd.kills == KILLS
