"""The worker is killed at every commit of a renewal and of its end, restarted and left alone: one charge, one plan."""

import pytest

from storefront.renewals import close
from tests.crash.killing import killed_at, restarted
from tests.crash.renewal_life import Life
from tests.crash.renewal_promises import violations

pytestmark = pytest.mark.kill
LAST_OF_RENEWAL, LAST_OF_END = 36, 16
HERE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def begun(house, sandbox):
    """An agreement a few minutes before its first renewal."""
    life = Life(house, sandbox)
    life.enrol(0)
    life.live(29.95)
    assert life.now_renewing() is not None
    return life


def afterwards(life):
    """The shop is back, and has had its time."""
    life.house = restarted(life.house)
    life.settle()
    wrong = violations(life)
    life.house.engine.dispose()
    return wrong


@HERE
@pytest.mark.parametrize("nth", range(1, LAST_OF_RENEWAL + 1))
def test_killed_at_one_commit_of_a_renewal(house, sandbox, nth):
    """Looked at, charged, ordered, delivered: killed anywhere, it is charged once and on the SIM once."""
    life = begun(house, sandbox)
    with killed_at(house, nth, is_after=bool(nth % 2)) as count:
        life.live(0.2)
    assert afterwards(life) == []
    assert count["died"] or count["commits"] < nth
    assert (life.charged, life.kept) == (1, 1)


@HERE
@pytest.mark.parametrize("nth", range(1, LAST_OF_END + 1))
def test_killed_at_one_commit_of_an_end(house, sandbox, nth):
    """Stopped as the draft stands: killed anywhere, both sides end, and nothing is kept."""
    life = begun(house, sandbox)
    life.live(0.06)
    with killed_at(house, nth, is_after=bool(nth % 2)):
        close.ask(life.house.bench, iccid=life.iccid, asked_by="desk", actor="ada", email=life.email, locale="en")
        life.wait(2)
    life.house = restarted(life.house)
    if life.now_renewing() is not None:
        # Whoever asked saw an error, and asks again.
        close.ask(life.house.bench, iccid=life.iccid, asked_by="desk", actor="ada", email=life.email, locale="en")
    assert afterwards(life) == []
    assert life.kept == 0
    assert life.now_renewing() is None


@HERE
def test_the_ranges_above_cover_everything(house, sandbox):
    """A renewal and an end have fewer commits than the ranges kill at."""
    life = begun(house, sandbox)
    with killed_at(house, 10_000, is_after=False) as count:
        life.live(0.2)
    assert 10 < count["commits"] <= LAST_OF_RENEWAL
    with killed_at(house, 10_000, is_after=False) as count:
        life.desk_close(0)
        life.wait(2)
    assert 3 < count["commits"] <= LAST_OF_END
    assert afterwards(life) == []
