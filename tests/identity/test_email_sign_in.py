"""The six-digit code: what it takes to get in, and what it takes to be kept out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlmodel import select

from storefront.identity import email_sign_in, sessions
from storefront.identity.email_sign_in import CodeExpired, CodeSpent, CodeUsed, CodeWrong
from storefront.identity.lockout import TooManyAttempts
from storefront.kernel.errors import StorefrontError
from storefront.models.identity import SignInCode
from storefront.models.work import OutboxRow
from tests.identity.making import KEY, Room


def test_the_right_code_signs_in(room: Room) -> None:
    """The code of the mail raises the session to its address."""
    sent = room.ask(" Ada@Example.com ")
    done = room.answer(sent, room.code_of(sent))
    assert done.session.email == "ada@example.com"
    assert sessions.find(room.read, done.token, now=room.clock.now()).is_signed_in


def test_asking_stages_one_mail_that_holds_ids_only(room: Room) -> None:
    """The mail is work of the same transaction, and the outbox row does not hold the code."""
    sent = room.ask()
    with room.read() as session:
        row = session.exec(select(OutboxRow)).one()
        stored = session.exec(select(SignInCode)).one()
    assert (row.job, row.arguments) == ("letters.sign_in_code", {"code_id": sent.code_id})
    assert room.code_of(sent) not in f"{row.key}{stored.code_hash}"
    assert room.code_of(sent).encode() not in (stored.sealed_code or b"")


def test_the_readable_code_goes_with_the_mail(room: Room) -> None:
    """Once the mail is out nothing in the database can be read as the code, and the code still works."""
    sent = room.ask()
    code = room.code_of(sent)
    email_sign_in.mark_code_sent(room.write, sent.code_id)
    assert email_sign_in.pending_code(room.read, room.vault, sent.code_id, now=room.clock.now()) is None
    assert room.answer(sent, code).session.is_signed_in


def test_a_late_mail_is_not_written(room: Room) -> None:
    """A mail that would arrive with a dead code has nothing to say."""
    sent = room.ask()
    assert email_sign_in.pending_code(room.read, room.vault, sent.code_id, now=room.clock.forward(minutes=10)) is None


def test_five_tries_and_not_one_more(room: Room) -> None:
    """Wrong codes count down to none; then even the right one is refused."""
    sent = room.ask()
    right, wrong = room.code_of(sent), room.wrong_for(sent)
    left = []
    for _ in range(4):
        with pytest.raises(CodeWrong) as refused:
            room.answer(sent, wrong)
        left.append(refused.value.tries_left)
    assert left == [4, 3, 2, 1]
    for code in (wrong, right):
        with pytest.raises(CodeSpent):
            room.answer(sent, code)


def test_a_code_works_once_and_for_ten_minutes(room: Room) -> None:
    """Replaying a used code and using an old one both fail, each with its own reason."""
    used, late = room.ask("ada@example.com"), room.ask("grace@example.com")
    late_code = room.code_of(late)
    code = room.code_of(used)
    room.answer(used, code)
    with pytest.raises(CodeUsed):
        room.answer(used, code)
    room.clock.forward(minutes=10)
    with pytest.raises(CodeExpired):
        room.answer(late, late_code)


def test_a_code_answers_to_its_own_question_only(room: Room) -> None:
    """A code somebody else asked for opens nothing here, and guessing here spends no try of theirs."""
    mine, theirs = room.ask("ada@example.com"), room.ask("eve@example.com")
    mine_code = room.code_of(mine)
    if mine_code != room.code_of(theirs):
        with pytest.raises(CodeWrong):
            room.answer(theirs, mine_code)
    assert room.answer(mine, mine_code).session.email == "ada@example.com"


def test_an_unknown_question_has_no_answer(room: Room) -> None:
    """A made-up code id is treated like an expired code."""
    sent = room.ask()
    with pytest.raises(CodeExpired):
        email_sign_in.sign_in(
            room.write, room.clock, key=KEY, code_id="nonsense", code=room.code_of(sent), token=None, network="n"
        )


def test_three_codes_for_an_address_in_a_quarter_of_an_hour(room: Room) -> None:
    """The fourth code must wait, from any network; nothing is written for it."""
    for index in range(3):
        room.ask(network=f"203.0.113.{index}")
    with pytest.raises(TooManyAttempts) as refused:
        room.ask(network="203.0.113.9")
    assert refused.value.retry_after == 900
    with room.read() as session:
        assert len(session.exec(select(OutboxRow)).all()) == 3


def test_a_network_cannot_ask_for_everybody(room: Room) -> None:
    """One network gets thirty codes in a quarter of an hour, whatever addresses it names."""
    for index in range(30):
        room.ask(f"a{index}@example.com")
    with pytest.raises(TooManyAttempts):
        room.ask("b@example.com")
    assert room.ask("b@example.com", network="198.51.100.7").email == "b@example.com"


def test_ten_thousand_guesses_in_an_hour_are_a_handful(room: Room) -> None:
    """Somebody who asks for new codes and guesses without pause compares fifteen guesses in the first hour."""
    compared: Counter[str] = Counter()
    asked = []
    for index in range(10_000):
        if index % 500 == 0:
            room.clock.forward(minutes=2.9)
            try:
                asked.append(room.ask(network=f"n{index}"))
            except TooManyAttempts:
                compared["not sent"] += 1
        try:
            room.answer(asked[-1], "not it", network=f"n{index % 50}")
        except StorefrontError as refused:
            compared[refused.code] += 1
    assert compared["code_wrong"] <= 12
    assert (
        compared["code_wrong"] + compared["code_spent"] + compared["code_expired"] + compared["too_many_attempts"]
        == 10_000
    )
    with room.read() as session:
        tries = session.exec(select(SignInCode.tries)).all()
    assert sum(tries) <= 15
    assert max(tries) == 5


def in_parallel(count: int, act: Callable[[], object]) -> list[object]:
    """Everything at once: the results, or the names of the errors."""
    start, results = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        except StorefrontError as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_parallel_guesses_win_no_extra_tries(room: Room) -> None:
    """Twenty wrong guesses at the same moment are five tries."""
    sent = room.ask()
    wrong = room.wrong_for(sent)
    outcomes = in_parallel(20, lambda: room.answer(sent, wrong))
    assert outcomes.count("code_wrong") == 4
    assert outcomes.count("code_spent") == 16
    with room.read() as session:
        assert session.exec(select(SignInCode.tries)).one() == 5


def test_a_code_is_used_once_even_at_the_same_moment(room: Room) -> None:
    """Ten right answers at the same moment sign in once."""
    sent = room.ask()
    code = room.code_of(sent)
    outcomes = in_parallel(10, lambda: room.answer(sent, code))
    assert outcomes.count("code_used") == 9


def test_the_secret_key_is_part_of_the_code(room: Room) -> None:
    """With the database but another key the right code is wrong."""
    sent = room.ask()
    with pytest.raises(CodeWrong):
        email_sign_in.sign_in(
            room.write,
            room.clock,
            key=email_sign_in.code_key("another secret"),
            code_id=sent.code_id,
            code=room.code_of(sent),
            token=None,
            network="n",
        )
