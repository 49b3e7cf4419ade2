"""Every template renders from plain facts, with nothing undefined, nothing inline, nothing unnamed."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace as Facts
from typing import Any

import pytest
from flask import Flask, render_template
from flask_babel import Babel
from jinja2 import StrictUndefined
from markupsafe import Markup

from storefront.letters import compose, wording
from storefront.ports import Letter
from storefront.settings import Settings
from storefront.sims.names import told_by
from tests.web.sample_desk import PAGES as DESK_PAGES
from tests.web.sample_renewals import (
    CLOSED,
    HALF_CLOSED,
    LIMITS,
    STOP_LINK,
    WHYS,
    make_closing,
    make_renewal,
)
from tests.web.sample_renewals import PAGES as RENEWAL_PAGES
from tests.web.sample_sims import PAGES as SIM_PAGES
from tests.web.sample_views import BRINGS_ITS_OWN_STYLE, NOON, REFUND, make_paid
from tests.web.sample_views import PAGES as SHOP_PAGES

PAGES = {**SHOP_PAGES, **SIM_PAGES, **RENEWAL_PAGES, **DESK_PAGES}
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
LINK = "https://shop.example/o/secret"
ORDER_LETTERS = ("order_delivered", "order_topped_up", "order_delayed", "order_refunded", "order_moved")
RENEWAL_LETTERS = ("renewal_started", "renewal_notice", "renewal_unpaid")
ENDPOINTS = {
    "theme": "/theme.css",
    "static": "/static/<path:filename>",
    "shop.home": "/en/usd/",
    "shop.search": "/en/usd/search",
    "shop.destination": "/en/usd/esim/<slug>",
    "shop.plan": "/en/usd/plan/<slug>",
    "shop.legal": "/en/usd/page/<name>",
    "checkout.form": "/en/usd/checkout/<slug>",
    "orders.history": "/en/orders",
    "orders.show": "/en/orders/<reference>",
    "orders.pay": "/en/orders/<reference>/pay",
    "orders.cancel": "/en/orders/<reference>/cancel",
    "help.form": "/en/orders/<reference>/help",
    "help.send": "/en/orders/<reference>/help",
    "orders.kit": "/en/orders/<reference>/kit",
    "orders.qr_svg": "/orders/<reference>/qr.svg",
    "orders.qr_png": "/orders/<reference>/qr.png",
    "sims.sign_in_form": "/en/sim/sign-in",
    "sims.sign_in": "/en/sim/sign-in",
    "sims.show": "/en/sim",
    "sims.leave": "/en/sim/leave",
    "sims.of_order": "/en/sim/of/<reference>",
    "sims.prove": "/en/sim/prove",
    "sims.top_up_form": "/en/sim/top-up/<key>",
    "sims.top_up": "/en/sim/top-up/<key>",
    "sims.ask_form": "/en/sim/ask",
    "sims.ask": "/en/sim/ask",
    "renewals.show": "/en/renewals/<reference>",
    "renewals.stop": "/en/renewals/<reference>/stop",
    "renewals.card": "/en/renewals/<reference>/card",
    "renewals.end": "/en/sim/renewal/close",
    "renewals.proof": "/en/sim/renewal/<reference>",
    **{f"desk.{name}": f"/desk/{name}" for name in ("home", "sign_in", "sign_out", "find", "waiting")},
    "desk_history.order": "/desk/orders/<reference>",
    "desk_history.sim": "/desk/sims/<sim_id>",
    "desk_history.look_up": "/desk/sims",
    "desk_history.note": "/desk/orders/<reference>/note",
    "desk_verbs.of_order": "/desk/orders/<reference>/<verb>",
    "desk_verbs.of_sim": "/desk/sims/<sim_id>/<verb>",
    "desk_verbs.done": "/desk/done/<int:action_id>",
    "desk_cases.show": "/desk/cases/<case_id>",
    "desk_cases.take": "/desk/cases/<case_id>/take",
    "desk_cases.resolve": "/desk/cases/<case_id>/resolve",
    "desk_cases.proof": "/desk/cases/<case_id>/proofs/<number>",
    "desk_cases.record": "/desk/cases/<case_id>/record.csv",
    "desk_closings.preview": "/desk/close",
    "desk_closings.begin": "/desk/close/begin",
    "desk_closings.show": "/desk/closings/<batch>",
    "desk_closings.table": "/desk/closings/<batch>.csv",
    "login.email": "/en/sign-in",
    "login.code": "/en/sign-in/code",
    "login.sign_out": "/en/sign-out",
}


class Reader(HTMLParser):
    """Collects what the checks below ask about a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.posting: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember every element."""
        self.tags.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """The attributes of every element of these kinds."""
        return [attrs for tag, attrs in self.tags if tag in tags]


@pytest.fixture(scope="module")
def shop() -> Flask:
    """A bare app with the contract's globals and filters, and an address for every endpoint the templates name."""
    return make_shop()


def make_shop(**more: Any) -> Flask:
    """See `shop`; `more` replaces facts of the page, for example ``direction="rtl"``."""
    app = Flask("preview", template_folder=str(TEMPLATES), static_folder=None)
    Babel(app)
    app.jinja_env.undefined = StrictUndefined
    for endpoint, path in ENDPOINTS.items():
        app.add_url_rule(path, endpoint, lambda **_: "")
    facts: dict[str, Any] = {
        "locale": "en", "direction": "ltr", "currency": "USD", "currencies": ("USD", "EUR"), "is_public": False,
        "languages": (("en", "English"), ("de", "Deutsch")), "path_without_prefix": "esim/japan", **more,
    }  # fmt: skip
    shop = Facts(name="Landfall", tagline="Data the moment you land", logo_path="", support_email="help@shop.example")
    shop.announcement, shop.accent, shop.is_demo = "Demo: card 4242 4242 4242 4242", "#0b6e5f", True
    app.jinja_env.globals.update(
        shop=shop, page=Facts(**facts), csrf_token=lambda: "token", asset=lambda name: f"/static/{name}"
    )
    app.add_template_filter(lambda amount: wording.money(amount, "en"), "money")
    app.add_template_filter(lambda data_mb: wording.volume(data_mb, "en"), "volume")
    app.add_template_filter(lambda at: round((at - NOON).total_seconds()), "seconds_left")
    app.add_template_filter(lambda at: wording.span(at - NOON, "en") if at > NOON else "", "time_left")
    app.add_template_filter(lambda date: wording.day(date, "en"), "day")
    app.add_template_filter(wording.mask_email, "mask_email")
    app.add_template_filter(wording.card_brand, "brand")
    app.add_template_filter(told_by, "told")
    app.add_template_filter(wording.card_brand, "brand")
    stamp = Markup('<time datetime="{}">{}</time>')
    app.add_template_filter(lambda at: stamp.format(at.isoformat(), wording.when(at, "en")), "when")

    def when_in(at: dt.datetime, zone: str, **more: bool) -> Markup:
        return stamp.format(at.isoformat(), wording.when_in(at, "en", zone, **more))

    app.add_template_filter(when_in, "when_in")
    return app


def render(app: Flask, template: str, facts: dict[str, Any]) -> str:
    """One template as the shop would send it."""
    with app.test_request_context("/en/usd/"):
        return render_template(template, **facts)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_obeys_the_content_policy_and_reads_well(shop: Flask, name: str) -> None:
    """Nothing inline or foreign; one h1, a title, a description; pictures, fields and references have their names."""
    text = render(shop, *PAGES[name])
    page = Reader(text)
    for tag, attrs in page.tags:
        assert not [key for key in attrs if key == "style" or key.startswith("on")], (tag, attrs)
    assert all(str(script.get("src")).startswith("/static/") for script in page.all("script"))
    assert bool(page.all("style")) == (name in BRINGS_ITS_OWN_STYLE)
    assert all(str(link["href"]).startswith("/") for link in page.all("link"))
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert [meta for meta in page.all("meta") if meta.get("name") == "description" and meta["content"]]
    assert all("alt" in img and img.get("width") and img.get("height") for img in page.all("img"))
    labelled = {label["for"] for label in page.all("label")}
    fields = [attrs for attrs in page.all("input", "select", "textarea") if attrs.get("type") != "hidden"]
    assert all(field["id"] in labelled for field in fields)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in page.tags:
        for key in ("aria-describedby", "aria-labelledby"):
            assert set(str(attrs.get(key) or "").split()) <= set(ids), attrs
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))


@pytest.mark.parametrize("name", PAGES)
def test_forms_that_post_carry_a_token_and_public_pages_have_none(shop: Flask, name: str) -> None:
    """A public page is cached whole: it may hold forms that ask, never forms that change something."""
    text = render(shop, *PAGES[name])
    for form in re.findall(r"<form.*?</form>", text, re.DOTALL):
        posts = 'method="post"' in form
        assert posts == ('name="csrf_token" value="token"' in form)
        assert not (posts and PAGES[name][0].startswith("shop/"))


@pytest.mark.parametrize("name", PAGES)
def test_what_people_type_stays_text(shop: Flask, name: str) -> None:
    """No value reaches a page as markup."""
    assert '"><script>' not in render(shop, *PAGES[name])


def test_faults_are_tied_to_their_fields(shop: Flask) -> None:
    """A faulty field says so, points to its sentence, and the summary on top leads to it."""
    text = render(shop, *PAGES["checkout-faults"])
    assert 'aria-describedby="email-hint email-fault" aria-invalid="true"' in text
    assert 'href="#email"' in text
    assert 'id="consent-fault"' in text


def test_the_code_for_the_phone_never_leaks_to_other_houses(shop: Flask) -> None:
    """Every link off our pages that carries the code sends no referrer; the confirmation code is not in the QR part."""
    for device in ("iphone", "android", "windows", "desktop"):
        page = Reader(render(shop, *PAGES[f"ready-{device}"]))
        out = [a for a in page.all("a") if "carddata" in str(a["href"]) or str(a["href"]).startswith("lpa:")]
        assert out
        assert all(a["rel"] == "noreferrer" and a["referrerpolicy"] == "no-referrer" for a in out)


@pytest.mark.parametrize(
    ("device", "first"), [("iphone", "this-device"), ("android", "this-device"), ("desktop", "scan")]
)
def test_the_likeliest_way_to_install_comes_first(shop: Flask, device: str, first: str) -> None:
    """A phone sees its own button first, a desktop the code to scan; the warning stands before both."""
    text = render(shop, *PAGES[f"ready-{device}"])
    ways = re.findall(r'id="(this-device|scan)"', text)
    assert ways[0] == first
    assert text.index("One phone, one time") < text.index(f'id="{first}"')


def test_pages_turn_around_for_languages_from_right_to_left() -> None:
    """The direction of the language stands on the root element."""
    assert 'dir="rtl"' in render(make_shop(direction="rtl", locale="ar"), *PAGES["home"])


def letters() -> dict[str, Letter]:
    """Every letter, written by the code that sends it."""
    settings = Settings()
    order = make_paid("ready", refund=REFUND, locale="en", time_zone="")
    code = Facts(id="1", email="ana@example.com", code="042137", locale="en", minutes=10)
    case = Facts(
        id="7", kind="unknown_answer", order_id="1", detail="No answer.", owner="desk", opened_at=NOON, due_at=NOON
    )
    told = {
        name: compose.order_letter(name, settings=settings, order=order, to="ana@example.com", link=LINK)
        for name in ORDER_LETTERS
    }
    for why in WHYS:
        told[f"renewal_closed:{why}"] = compose.closing_letter(
            "renewal_closed", settings=settings, closing=make_closing(why=why, has_sim=why != "not_eligible")
        )
    for name, closing in (("renewal_closed", CLOSED), ("renewal_charges_ended", HALF_CLOSED)):
        told[name] = compose.closing_letter(name, settings=settings, closing=closing)
    for name in RENEWAL_LETTERS:
        told[name] = compose.renewal_letter(
            name,
            settings=settings,
            renewal=make_renewal(limits=LIMITS, unpaid_url="https://pay.example/in_1"),
            key="",
            stop_link=STOP_LINK,
            charge_at=NOON,
        )
    told["sign_in_code"] = compose.sign_in_code(settings=settings, facts=code)
    told["case_opened"] = compose.case_opened(settings=settings, case=case)
    return told


def test_a_letter_has_a_subject_a_plain_twin_and_no_pictures() -> None:
    """Both twins say the same; the plain one holds no markup, and the link stands only where it belongs."""
    for name, letter in letters().items():
        assert letter.subject, name
        assert "<" not in letter.text, name
        assert "&#" not in letter.text, name
        assert "\n\n\n\n" not in letter.text, name
        assert not Reader(letter.html).all("img", "script", "link")
        assert len(Reader(letter.html).all("h1")) == 1
        assert (LINK in letter.text) == (LINK in letter.html) == (name in ORDER_LETTERS[:-1])
        assert (STOP_LINK in letter.text) == (STOP_LINK in letter.html) == (name in RENEWAL_LETTERS)
        assert ("042137" in letter.text) == (name == "sign_in_code")


def test_every_template_is_tried() -> None:
    """No template escapes the checks above."""
    tried = {template for template, _ in PAGES.values()} | {
        f"mail/{name}.{kind}" for name in letters() for kind in ("txt", "html")
    }
    there = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*")}
    assert there - tried == {
        "layout.html",
        "desk/layout.html",
        "desk/waiting.html",
        "mail/layout.html",
        *(n for n in there if n.startswith("partials/")),
    }
