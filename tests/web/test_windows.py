"""Windows of rate limits that this process counts by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from storefront.web.windows import TIDY_EVERY, Windows


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


def test_a_window_ends_and_begins_anew() -> None:
    """What was counted is forgotten when the window ends, not before."""
    clock = Hands()
    windows = Windows(clock)
    assert [windows.incr("a", 60), windows.incr("a", 60), windows.incr("b", 60)] == [1, 2, 1]
    assert windows.get_expiry("a") == clock.at + 60
    clock.at += 59.9
    assert windows.get("a") == 2
    assert windows.incr("a", 60) == 3
    clock.at += 0.1
    assert windows.get("a") == 0
    assert windows.get_expiry("a") == clock.at
    assert windows.incr("a", 60) == 1


def test_ended_windows_do_not_pile_up() -> None:
    """Ten thousand strangers of a past minute take no room; a window that still runs keeps its count."""
    clock = Hands()
    windows = Windows(clock)
    windows.incr("long", 3600)
    for number in range(10_000):
        windows.incr(f"stranger {number}", 30)
    clock.at += TIDY_EVERY
    windows.incr("late", 30)
    assert len(windows) == 2
    assert windows.get("long") == 1


def test_one_key_or_all_can_be_forgotten() -> None:
    """As the library asks of a store."""
    windows = Windows(Hands())
    windows.incr("a", 60)
    windows.incr("b", 60)
    windows.clear("a")
    assert (windows.get("a"), windows.get("b")) == (0, 1)
    assert windows.reset() == 1
    assert windows.get("b") == 0
    assert windows.check()


def test_callers_at_once_are_all_counted() -> None:
    """Eight threads lose none of each other's calls."""
    windows = Windows()
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda _: [windows.incr("a", 3600) for _ in range(500)], range(8)))
    assert windows.get("a") == 4000
