"""What the pages of an order, the checkout and the operator's texts say, rendered from plain facts."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace as Facts

import pytest
from flask import Flask

from storefront.web.shop.legal import read_page
from tests.web.sample_views import NOON, PAGES, REFUND, make_checkout, make_install, make_order, make_paid, make_plan
from tests.web.test_templates import make_shop, render
from tests.web.visitor import words_of

DEAD_ENDS = ("rejected", "lapsed", "cancelled")


@pytest.fixture(scope="module")
def shop() -> Flask:
    """The templates with the contract's globals and filters."""
    return make_shop()


def test_a_case_says_by_when_somebody_answers(shop: Flask) -> None:
    """The clock of the case stands beside its number; without an open case no time is made up."""
    due = NOON + dt.timedelta(hours=4)
    page = words_of(render(shop, "orders/waiting.html", {"order": make_paid("attention", case_due_at=due)}))
    assert "A person answers within 4 hours that is by 20 Nov 2026, 16:00 UTC" in page
    late = make_paid("attention", case_due_at=NOON - dt.timedelta(minutes=1))
    page = words_of(render(shop, "orders/waiting.html", {"order": late}))
    assert "A person answers by 20 Nov 2026, 11:59 UTC at the latest." in page
    assert "A person answers" not in render(shop, "orders/waiting.html", {"order": make_paid("attention")})


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("attention", "C-4711"),
        ("rejected", "LF7K2MQ9"),
        ("stranger", "LF7K2MQ9"),
        ("error", "r-1"),
        ("kit", "LF7K2MQ9"),
    ],
)
def test_a_mail_to_us_names_what_it_is_about(shop: Flask, name: str, subject: str) -> None:
    """The address opens a mail whose subject finds the order, the case or the request."""
    assert f'href="mailto:help@shop.example?subject={subject}"' in render(shop, *PAGES[name])


@pytest.mark.parametrize("phase", DEAD_ENDS)
def test_nobody_reads_a_total_that_was_never_charged(shop: Flask, phase: str) -> None:
    """An unpaid order that ended names its price and says that it was not charged."""
    page = words_of(render(shop, "orders/ended.html", {"order": make_order(phase)}))
    assert "US$13.50, not charged" in page
    told = "You had not been asked for a card yet." if phase == "rejected" else "If your bank shows a payment later"
    assert f"Nothing was charged {told}" in page
    assert "Total" not in page


def test_a_refund_stands_under_the_total_with_its_day(shop: Flask) -> None:
    """What went back is a row of its own, once it has gone."""
    page = words_of(render(shop, "orders/ended.html", {"order": make_paid("refunded", refund=REFUND)}))
    assert "Total US$13.50 Refunded 20 Nov 2026, 12:00 UTC −US$13.50" in page
    pending = make_paid("refunding", refund=Facts(amount=REFUND.amount, state="pending", done_at=None))
    assert "−US$" not in render(shop, "orders/waiting.html", {"order": pending})


def test_the_checkout_says_what_is_needed_and_keeps_limits_with_what_they_limit(shop: Flask) -> None:
    """Consent is needed, auto-renew is apart under its own head, and its limits stand inside its frame."""
    facts = {"plan": make_plan(), "form": make_checkout(), "problem": None, "consent": "Yes.", "renew_consent": "Mine."}
    page = render(shop, "checkout/form.html", facts)
    assert words_of(page).index("Deliver my eSIM now needed") < words_of(page).index("Optional : Auto-renew")
    apart = page[page.index("<fieldset") : page.index("</fieldset>")]
    assert words_of(apart).startswith("Optional : Auto-renew My phone takes eSIMs")
    box = apart[apart.rindex('<div class="check">') :]
    assert words_of(box).startswith("Renew automatically every 30 days")
    assert box.index("Set a spending limit") < box.rindex("</div>")
    assert box.rstrip().endswith("</div>")


def test_the_summary_names_the_limit_it_means(shop: Flask) -> None:
    """Three limits can fail with like sentences; a fault that names its own field stands alone."""
    form = make_checkout(most=["Write a number."], email=["Type your e-mail."])
    facts = {"plan": make_plan(), "form": form, "problem": None, "consent": "", "renew_consent": "Mine."}
    page = render(shop, "checkout/form.html", facts)
    assert '<a href="#most">The most of this form: Write a number.</a>' in page
    assert '<a href="#email">Type your e-mail.</a>' in page


@pytest.mark.parametrize(("faults", "words"), [(1, "Please fix 1 thing"), (2, "Please fix 2 things")])
def test_the_summary_counts_what_is_to_mend(shop: Flask, faults: int, words: str) -> None:
    """One fault is one thing."""
    wrong = dict([("email", ["Type it."]), ("consent", ["Agree to delivery now."])][:faults])
    facts = {"plan": make_plan(), "form": make_checkout(**wrong), "problem": None, "consent": "", "renew_consent": ""}
    assert words in words_of(render(shop, "checkout/form.html", facts))


def test_a_form_with_one_field_says_its_fault_once(shop: Flask) -> None:
    """No summary repeats it, and it is read out at once."""
    page = render(shop, *PAGES["sign-in-fault"])
    assert page.count("Type it.") == 1
    assert 'id="email-fault" role="alert"' in page


def test_on_a_phone_the_tips_follow_the_button_and_the_code_stays_in_sight(shop: Flask) -> None:
    """Install, the way to help, the tips in one folded line, then the code for another screen in full."""
    page = render(shop, *PAGES["ready-iphone"])
    marks = ('id="this-device"', "It does not work", 'id="tips"', 'id="scan"', 'id="by-hand"')
    order = [page.index(mark) for mark in marks]
    assert order == sorted(order)
    before_the_code = page[: page.index("qr.svg")]
    assert before_the_code.count("<details") == before_the_code.count("</details") == 1


def test_a_row_of_the_history_says_that_it_opens(shop: Flask) -> None:
    """The whole row is a link, and its last word says so; place and plan are lines without a comma between them."""
    assert "<b>Japan</b> <span>" in render(shop, *PAGES["history"])
    assert words_of(render(shop, *PAGES["history"])).count("US$13.50 Open") == len(PAGES["history"][1]["orders"])


def test_a_top_up_that_is_there_leads_on_before_it_looks_back(shop: Flask) -> None:
    """What to do now, auto-renew and what may be wrong come first; the receipt stands aside."""
    page = words_of(render(shop, *PAGES["topped-up-active"]))
    marks = ("You can use it now", "See what is left on this SIM", "Auto-renew", "No data after a minute?", "Total")
    order = [page.index(mark) for mark in marks]
    assert order == sorted(order)


def test_a_day_reads_as_the_shop_writes_days(shop: Flask) -> None:
    """The last day to install, too."""
    facts = {"order": make_paid("ready"), "renewal": None}
    page = render(
        shop, "orders/ready.html", {**facts, "install": make_install("iphone", expires_on=dt.date(2027, 5, 20))}
    )
    assert "The days start when the eSIM first connects in Japan. Install by 20 May 2027" in words_of(page)


def test_the_step_a_person_works_on_is_marked_as_such(shop: Flask) -> None:
    """By a shape of its own and in words; otherwise no step is."""
    page = render(shop, *PAGES["attention"])
    assert words_of(page).count("Prepare (A person is on it)") == 1
    assert page.count("is-held") == 1
    assert "is-held" not in render(shop, *PAGES["preparing"])


def test_who_asked_for_help_is_led_to_what_is_done(shop: Flask) -> None:
    """The link ends inside the fold, which browsers open for it."""
    assert 'href="/en/orders/LF7K2MQ9#so-far"' in render(shop, *PAGES["help-sent"])
    assert re.search(
        r'<details[^>]*>\s*<summary>What happened so far</summary>\s*<ol[^>]* id="so-far"',
        render(shop, *PAGES["attention"]),
    )


def test_a_page_that_is_not_there_offers_the_search(shop: Flask) -> None:
    """The field leads to the search without a detour; numbers for support come last."""
    assert words_of(render(shop, *PAGES["error"])).index("Error 404") > words_of(render(shop, *PAGES["error"])).index(
        "r-1"
    )
    assert 'action="/en/usd/search"' in render(shop, *PAGES["error"])


def test_what_is_said_to_the_operator_reaches_customers_in_a_demo_only(tmp_path: Path, shop: Flask) -> None:
    """The placeholder is taken out of the text; only a shop that sells nothing shows it, as a notice."""
    source = tmp_path / "terms.md"
    source.write_text("# Terms\n\n> Placeholder text. Replace `terms.md`.\n> Soon.\n\n## Rules\n\n> A quotation.\n")
    page = read_page(Facts(name="Landfall", support_email="", promise_minutes=15), source)  # type: ignore[arg-type]
    assert "Placeholder" not in page.body_html
    assert "<blockquote>" in page.body_html
    assert "<code>terms.md</code>" in page.placeholder_html
    facts = {"title": page.title, "placeholder_html": page.placeholder_html, "body_html": page.body_html}
    assert "Sample text of a test shop." in render(shop, "shop/legal.html", facts)
    real = make_shop()
    real.jinja_env.globals["shop"].is_demo = False  # type: ignore[attr-defined]
    assert "Sample text" not in render(real, "shop/legal.html", facts)
