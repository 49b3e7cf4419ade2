"""What the pages and mails about a SIM and its auto-renew say, rendered from plain facts."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.web.sample_renewals import PAGES as RENEWAL_PAGES
from tests.web.sample_sims import PAGES
from tests.web.test_templates import letters, make_shop, render
from tests.web.visitor import words_of


@pytest.fixture(scope="module")
def shop() -> Flask:
    """The templates with the contract's globals and filters."""
    return make_shop()


def test_a_plan_is_named_one_way_wherever_it_stands(shop: Flask) -> None:
    """Plans, orders and auto-renew say place, size, days; the supplier's name is a tip while ours says it all."""
    page = render(shop, *PAGES["sim-proved"])
    assert words_of(page).count("Europe · 3 GB") == 4
    assert "Europe 3GB" not in words_of(page)
    assert 'title="Europe 3GB"' in page
    assert "Europe · 1 GB · 7 days" in words_of(page)


def test_the_number_of_countries_heads_the_shelf(shop: Flask) -> None:
    """It is the same for every plan of the place, so no ticket repeats it."""
    page = words_of(render(shop, *PAGES["sim-elsewhere"]))
    assert page.count("33 countries") == page.count("Europe 33 countries") == 1


def test_a_charge_ahead_has_one_wording_everywhere(shop: Flask) -> None:
    """Not before a moment: it may come later, when a plan on the SIM runs longer."""
    for name in ("renewal_notice", "renewal_started"):
        letter = letters()[name]
        assert "ot before" in letter.text
        assert "ot before" in letter.html
        assert not re.search(r"\bon 20 Nov", letter.text.split("agreed")[0])
    assert letters()["renewal_notice"].subject.endswith("not before 20 Nov 2026, 12:00 UTC")
    assert "not before 20 Nov 2026, 12:00 UTC" in words_of(render(shop, *RENEWAL_PAGES["renewal"]))


def test_a_mailed_stop_can_be_left_alone(shop: Flask) -> None:
    """Beside stopping there is a quiet way back that changes nothing: a plain link."""
    page = render(shop, *RENEWAL_PAGES["renewal-by-mail"])
    assert re.search(r'<a href="/en/orders/LF7K2MQ9">Keep it, and see the order</a>', page)
    assert "Keep it" not in render(shop, *RENEWAL_PAGES["renewal"])


def test_a_mailed_stop_leads_no_stranger_to_a_sign_in(shop: Flask) -> None:
    """Where this browser may not see the order, closing the page is the whole way back."""
    page = render(shop, *RENEWAL_PAGES["renewal-by-mail-elsewhere"])
    assert "To keep it, close this page" in page
    assert "Keep it, and see" not in page


@pytest.mark.parametrize("name", ["closing", "renewal-ended-asked"])
def test_a_proof_offers_to_be_printed(shop: Flask, name: str) -> None:
    """The button waits for the script that can press it, and a proof that is none yet has no button."""
    page = render(shop, *RENEWAL_PAGES[name])
    assert re.search(r"<button[^>]* data-print hidden>Print the proof</button>", page)
    assert "print.js" in page
    for unfinished in ("closing-asked", "closing-stuck", "renewal-half"):
        assert "data-print" not in render(shop, *RENEWAL_PAGES[unfinished])
