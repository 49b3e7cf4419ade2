"""What our mails say."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace

import pytest

from storefront.kernel.money import Money
from storefront.kernel.places import beside
from storefront.letters import compose, wording
from storefront.settings import Settings

NOON = dt.datetime(2026, 11, 20, 22, 15, tzinfo=dt.UTC)
SETTINGS = Settings(public_url="https://shop.example", case_email="desk@example.com", name="Land & Fall")
LINK = "https://shop.example/o/secret"
ORDER_LETTERS = sorted(path.stem for path in beside("templates").glob("mail/order_*.txt"))


def an_order(**changes: object) -> SimpleNamespace:
    """Tell what letters may ask of an order."""
    facts = {
        "kind": "esim",
        "reference": "7K3MXW0T9B",
        "locale": "en",
        "time_zone": "",
        "plan_name": "5 GB · 30 days",
        "destination": "Japan <b>",
        "destination_slug": "japan",
        "data_mb": 5000,
        "is_unlimited": False,
        "days": 30,
        "charged": Money(499, "USD"),
        "placed_at": NOON,
        "paid_at": NOON,
        "delivered_at": NOON,
        "promise_until": NOON,
        "refund": SimpleNamespace(amount=Money(499, "USD"), state="done", done_at=NOON),
    }
    return SimpleNamespace(**{**facts, **changes})


@pytest.mark.parametrize("template", [one for one in ORDER_LETTERS if one != "order_moved"])
def test_letters_about_an_order(template: str) -> None:
    """Each has a subject, both bodies, the secret link, and no trace of an activation code."""
    letter = compose.order_letter(template, settings=SETTINGS, order=an_order(), to="ada@example.com", link=LINK)
    assert letter.to == "ada@example.com"
    assert "Japan <b>" in letter.subject or "US$4.99" in letter.subject
    assert "7K3MXW0T9B" in letter.text
    assert LINK in letter.text
    assert LINK in letter.html
    assert not re.search(r"LPA:|1\$", letter.text + letter.html)
    assert letter.attachments == ()


@pytest.mark.parametrize(
    ("zone", "reads"),
    [
        ("Asia/Tokyo", "21 Nov 2026, 07:15\xa0JST"),
        ("", "20 Nov 2026, 22:15\xa0UTC"),
        ("Moon/Base", "20 Nov 2026, 22:15\xa0UTC"),
    ],
)
def test_moments_are_told_on_the_clocks_of_the_buyer(zone: str, reads: str) -> None:
    """The zone is said with them; where nobody knows it, it is UTC."""
    order = an_order(time_zone=zone)
    letter = compose.order_letter("order_delayed", settings=SETTINGS, order=order, to="ada@example.com", link=LINK)
    assert reads in letter.text
    assert reads in letter.html


def test_only_html_is_escaped() -> None:
    """Names of places cannot become markup, and plain text stays plain."""
    letter = compose.order_letter("order_delivered", settings=SETTINGS, order=an_order(), to="a@example.com", link=LINK)
    assert "Japan &lt;b&gt;" in letter.html
    assert "Japan <b>" not in letter.html
    assert "Land & Fall" in letter.text
    assert "Land &amp; Fall" in letter.html


def test_no_fact_can_add_a_header() -> None:
    """A line break in a fact stays inside the subject as a blank."""
    order = an_order(destination="Japan\r\nBcc: eve@example.com")
    letter = compose.order_letter("order_delivered", settings=SETTINGS, order=order, to="ada@example.com", link=LINK)
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


def test_the_code_letter() -> None:
    """The code stands in subject and body, with its time to live."""
    facts = SimpleNamespace(id="c1", email="ada@example.com", code="042137", locale="en", minutes=10)
    letter = compose.sign_in_code(settings=SETTINGS, facts=facts)
    assert "042137" in letter.subject
    assert "042137" in letter.text
    assert "10 minutes" in letter.text


def test_the_case_letter_goes_to_the_owner() -> None:
    """The desk learns what to decide and until when."""
    case = SimpleNamespace(
        id="0192", kind="parked_work", order_id=None, detail="it failed", owner="desk", opened_at=NOON, due_at=NOON
    )
    letter = compose.case_opened(settings=SETTINGS, case=case)
    assert letter.to == "desk@example.com"
    assert letter.subject.startswith("Work was parked: a person is needed by 20 Nov 2026")
    assert "parked_work" in letter.text
    assert "flask case show 0192" in letter.text


def test_a_repeat_is_recognisable() -> None:
    """The same letter keeps its Message-ID; another order, or another letter about it, has one of its own."""
    ids = {
        compose.order_letter(
            template, settings=SETTINGS, order=an_order(reference=ref), to="a@b.example", link=LINK
        ).message_id
        for template in ("order_delivered", "order_refunded")
        for ref in ("7K3MXW0T9B", "7K3MXW0T9C")
        for _ in range(2)
    }
    assert len(ids) == 4
    assert all(re.fullmatch(r"<[a-z_]+\.[0-9a-f]{32}@shop\.example>", found) for found in ids)


@pytest.mark.parametrize(
    ("amount", "locale", "reads"),
    [
        (Money(499, "USD"), "en", "US$4.99"),
        (Money(680, "JPY"), "en", "JP¥680"),
        (Money(1234567, "EUR"), "en", "€12,345.67"),
        (Money(1500, "KWD"), "en", "KWD\xa01.500"),
        (Money(500, "ISK"), "en", "ISK\xa05.00"),
        (Money(499, "EUR"), "de", "4,99\xa0€"),
    ],
)
def test_money_reads_in_the_language_with_its_own_places(amount: Money, locale: str, reads: str) -> None:
    """The decimals are those the cashier charges, whatever the custom of the language."""
    assert wording.money(amount, locale) == reads


@pytest.mark.parametrize(
    ("data_mb", "reads"),
    [
        (500, "500 MB"),
        (1000, "1 GB"),
        (1024, "1 GB"),
        (5120, "5 GB"),
        (10240, "10 GB"),
        (1536, "1.5 GB"),
        (100, "100 MB"),
    ],
)
def test_volumes_read_round(data_mb: int, reads: str) -> None:
    """A gigabyte of 1000 and one of 1024 both read as people say it."""
    assert wording.volume(data_mb, "en") == reads


@pytest.mark.parametrize(
    ("minutes", "reads"),
    [
        (0.2, "1 minute"),
        (14.1, "15 minutes"),
        (89, "89 minutes"),
        (91, "2 hours"),
        (180.5, "4 hours"),
        (2000, "34 hours"),
    ],
)
def test_a_span_is_rounded_up(minutes: float, reads: str) -> None:
    """What is promised within a time is never promised for sooner than it is."""
    assert wording.span(dt.timedelta(minutes=minutes), "en") == reads


def test_times_and_addresses() -> None:
    """Times are UTC and say so; addresses are masked; directions follow the language."""
    tokyo = NOON.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert wording.when(tokyo, "en") == "20 Nov 2026, 22:15\xa0UTC"
    assert wording.mask_email("ada@example.com") == "a•••@example.com"
    assert (wording.direction("ar"), wording.direction("en"), wording.direction("??")) == ("rtl", "ltr", "ltr")
