"""One token for the whole shop: kept sealed, renewed by one at a time, taken over from whoever was first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storefront.db.vault import Vault, new_key
from storefront.gateways.calls import Deadline
from storefront.gateways.linksfield.tokens import Tokens
from storefront.kernel.clock import Clock
from storefront.kernel.errors import Unreachable
from storefront.models.supplier_token import SupplierToken
from storefront.ports import SessionFactory

NewTokens = Callable[[], Tokens]


class Logins:
    """A login that counts and answers token-1, token-2, …"""

    def __init__(self, seconds: float = 0.0) -> None:
        self.count = 0
        self._seconds = seconds

    def __call__(self, _deadline: Deadline) -> str:
        """One more login."""
        self.count += 1
        number = self.count
        time.sleep(self._seconds)
        return f"token-{number}"


def test_one_login_serves_all_threads(new_tokens: NewTokens) -> None:
    """Ten threads that find no token make one login and share its token."""
    tokens, logins, got = new_tokens(), Logins(0.1), []
    threads = [threading.Thread(target=lambda: got.append(tokens.current(logins, Deadline(5)).text)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["token-1"] * 10
    assert logins.count == 1


def test_another_process_takes_the_stored_token(new_tokens: NewTokens) -> None:
    """A process that starts later does not log in again."""
    logins = Logins()
    new_tokens().current(logins, Deadline(5))
    assert new_tokens().current(logins, Deadline(5)).text == "token-1"
    assert logins.count == 1


def test_ten_rejected_threads_log_in_once(new_tokens: NewTokens) -> None:
    """When all threads learn at once that their token is dead, the first one renews it for all."""
    tokens, logins, got = new_tokens(), Logins(0.05), []
    dead = tokens.current(logins, Deadline(5))
    threads = [
        threading.Thread(target=lambda: got.append(tokens.after_rejection(dead, logins, Deadline(5)).text))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["token-2"] * 10
    assert logins.count == 2


def test_a_rejected_token_is_replaced_by_a_newer_stored_one(new_tokens: NewTokens) -> None:
    """Whoever holds an old generation takes the newer one without a login."""
    logins = Logins()
    slow, quick = new_tokens(), new_tokens()
    dead = slow.current(logins, Deadline(5))
    quick.after_rejection(quick.current(logins, Deadline(5)), logins, Deadline(5))
    assert slow.after_rejection(dead, logins, Deadline(5)).text == "token-2"
    assert logins.count == 2


@pytest.mark.parametrize("already_stored", [True, False])
def test_a_late_refresher_takes_the_winners_token(new_tokens: NewTokens, already_stored: bool) -> None:
    """Two processes log in at once: the one that writes second finds a newer generation and uses that."""
    logins = Logins()
    late, winner = new_tokens(), new_tokens()
    dead = late.current(logins, Deadline(5)) if already_stored else None

    def overtaken(deadline: Deadline) -> str:
        mine = logins(deadline)
        if dead is None:
            winner.current(logins, deadline)
        else:
            winner.after_rejection(winner.current(logins, deadline), logins, deadline)
        return mine

    got = late.after_rejection(dead, overtaken, Deadline(5)) if dead else late.current(overtaken, Deadline(5))
    assert got.text == f"token-{logins.count}"
    assert new_tokens().current(logins, Deadline(5)).text == got.text


def test_a_token_is_renewed_before_its_three_days_end(new_tokens: NewTokens, offset_file: Path) -> None:
    """The business clock decides: good for more than two days, renewed with an hour to spare."""
    tokens, logins = new_tokens(), Logins()
    tokens.current(logins, Deadline(5))
    for hours, wanted in ((70, "token-1"), (71.5, "token-2")):
        offset_file.write_text(str(hours * 3600))
        time.sleep(0.15)
        assert tokens.current(logins, Deadline(5)).text == wanted


def test_the_token_is_stored_sealed(new_tokens: NewTokens, write: SessionFactory) -> None:
    """Neither the row nor a printed token shows the token."""
    known = new_tokens().current(Logins(), Deadline(5))
    with write() as session:
        row = session.get(SupplierToken, "shop@example.com")
        assert row is not None
        assert b"token-1" not in row.sealed_token
        assert (row.generation, known.generation) == (1, 1)
    assert "token-1" not in repr(known)


def test_a_lost_vault_key_costs_one_login(new_tokens: NewTokens, write: SessionFactory) -> None:
    """A token sealed under a key that is gone is replaced, not mourned."""
    logins = Logins()
    new_tokens().current(logins, Deadline(5))
    stranger = Tokens(write, Vault(new_key()), Clock(), account="shop@example.com")
    assert stranger.current(logins, Deadline(5)).text == "token-2"


def test_nobody_waits_for_a_login_past_the_deadline(new_tokens: NewTokens) -> None:
    """A thread behind somebody else's hanging login gives up at its own deadline."""
    tokens = new_tokens()
    thread = threading.Thread(target=lambda: tokens.current(Logins(0.6), Deadline(5)))
    thread.start()
    time.sleep(0.1)
    started = time.monotonic()
    with pytest.raises(Unreachable):
        tokens.current(Logins(), Deadline(0.2))
    assert time.monotonic() - started < 0.5
    thread.join()


def test_a_failing_login_leaves_no_lock_behind(new_tokens: NewTokens) -> None:
    """After a login that failed, the next caller tries again."""
    tokens = new_tokens()

    def fail(_deadline: Deadline) -> str:
        raise Unreachable("down")

    with pytest.raises(Unreachable):
        tokens.current(fail, Deadline(5))
    assert tokens.current(Logins(), Deadline(5)).text == "token-1"
