"""The shop window: pages for everybody, kept whole, found at one address each."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, update
from sqlmodel import col, select

from storefront.models.catalogue import Plan
from storefront.web.shop import pages_cache
from storefront.web.shop.legal import read_page, source_of
from storefront.web.shop.pages_cache import PagesCache
from storefront.wiring import House
from tests.apps import create_app
from tests.web.visitor import Visitor
from tests.web.window import window

PUBLIC = (
    "/en/usd/",
    "/en/jpy/",
    "/en/usd/search?q=japan",
    "/en/usd/search?q=Jpan",
    "/en/usd/search",
    "/en/usd/esim/japan",
    "/en/eur/esim/europe",
    "/en/usd/esim/austria",
    "/en/gbp/plan/japan-1gb-7days",
    "/en/usd/plan/europe-10gb-30days",
    "/en/usd/page/terms",
    "/en/usd/page/help",
    "/robots.txt",
    "/sitemap.xml",
)


@pytest.fixture(scope="module")
def shown(stocked_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A stocked shop that is only looked at."""
    with window(stocked_database, tmp_path_factory.mktemp("window")) as app:
        yield app


@pytest.fixture
def visitor(shown: Flask) -> Visitor:
    """Somebody in front of it."""
    return Visitor(shown)


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache looks for changes at every request instead of once a second."""
    monkeypatch.setattr(pages_cache, "LOOK_EVERY", 0.0)


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_are_the_same_for_everybody(visitor: Visitor, path: str) -> None:
    """No cookie is set, none is looked at, no form posts, and caches may keep the answer for a minute."""
    answer = visitor.ask(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "cookie" not in answer.headers["Vary"].lower()
    assert 'method="post"' not in answer.text.lower()
    assert "csrf" not in answer.text.lower()
    for name, value in (("shop_session", "abc"), ("prefs", "en.eur")):
        visitor.client.set_cookie(name, value, domain="127.0.0.1")
    assert visitor.ask(path).text == answer.text


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_the_visitor_has_is_not_sent_again(visitor: Visitor, path: str) -> None:
    """Its tag brings a 304 without a body; another tag brings the page."""
    tag = visitor.ask(path).headers["ETag"]
    again = visitor.ask(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert visitor.ask(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_a_page_travels_compressed_to_who_can_read_it(visitor: Visitor) -> None:
    """The compressed form is the same page; whoever refuses it gets the plain one."""
    plain = visitor.ask("/en/usd/esim/japan")
    packed = visitor.ask("/en/usd/esim/japan", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < 25_000
    refused = visitor.ask("/en/usd/esim/japan", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/en/usd/esim/atlantis", "Search for your destination"),
        ("/en/usd/plan/atlantis-5gb-30days", "other plans for your destination"),
        ("/xx/usd/", "Search for your destination"),
        ("/en/xxx/", "Search for your destination"),
        ("/en/XXX/", "Search for your destination"),
        ("/en/EUR//evil.example/", "Search for your destination"),
        ("/en/usd/page/secrets", "Search for your destination"),
        ("/en/usd/page/..%2f..%2fREADME", "Search for your destination"),
        ("/en/usd/esim/" + "x" * 3000, "Search for your destination"),
    ],
)
def test_what_does_not_exist_says_what_to_do(visitor: Visitor, path: str, remedy: str) -> None:
    """A 404 with a sentence and a way on; nobody may cache it."""
    answer = visitor.ask(path)
    assert answer.status_code == 404
    assert remedy in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/en/USD/", "/en/usd/"),
        ("/en/Usd/esim/japan", "/en/usd/esim/japan"),
        ("/en/EUR/search?q=a%26b", "/en/eur/search?q=a%26b"),
    ],
)
def test_a_shouted_currency_leads_to_the_one_address(visitor: Visitor, path: str, target: str) -> None:
    """The redirect is for ever and never leaves the shop."""
    answer = visitor.ask(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, target)


@pytest.mark.parametrize(
    ("headers", "target"),
    [
        ({}, "/en/usd/"),
        ({"Accept-Language": "en-GB,en;q=0.8"}, "/en/gbp/"),
        ({"Accept-Language": "de-DE,de;q=0.9"}, "/en/eur/"),
        ({"Accept-Language": "ja"}, "/en/jpy/"),
        ({"Accept-Language": "pt-BR,fr-FR;q=0.5"}, "/en/eur/"),
        ({"Accept-Language": "x-klingon, *;q=0.1, 💥"}, "/en/usd/"),
    ],
)
def test_the_door_steers_by_what_the_browser_says(visitor: Visitor, headers: dict[str, str], target: str) -> None:
    """Language and country of the browser decide; nobody may cache the answer for others."""
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    answer = visitor.ask("/", headers=encoded)
    assert (answer.status_code, answer.headers["Location"]) == (302, target)
    assert "Accept-Language" in answer.headers["Vary"]
    assert "public" not in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("chosen", "target"), [("en.jpy", "/en/jpy/"), ("xx.zzz", "/en/gbp/"), ("", "/en/gbp/")])
def test_the_door_remembers_a_choice(visitor: Visitor, chosen: str, target: str) -> None:
    """A choice made before beats the browser's settings; one the shop does not know is ignored."""
    visitor.client.set_cookie("prefs", chosen, domain="127.0.0.1")
    assert visitor.ask("/", headers={"Accept-Language": "en-GB"}).headers["Location"] == target


def test_a_change_of_the_catalogue_shows_at_once(app: Flask, house: House) -> None:
    """A plan that sells out is sold out on its page, under a new tag."""
    visitor = Visitor(app)
    before = visitor.ask("/en/usd/plan/japan-1gb-7days")
    assert "Buy this eSIM" in before.text
    with house.write() as session:
        session.execute(update(Plan).where(col(Plan.slug) == "japan-1gb-7days").values(in_stock=False))
    after = visitor.ask("/en/usd/plan/japan-1gb-7days")
    assert "Sold out" in after.text
    assert after.headers["ETag"] != before.headers["ETag"]


def test_the_window_stays_lit_without_the_database(app: Flask, house: House) -> None:
    """Visitors go on looking at what was read before the database went away."""
    visitor = Visitor(app)
    visitor.ask("/en/usd/")
    with house.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE price_rules RENAME TO away")
    assert visitor.ask("/en/usd/").status_code == 200
    assert visitor.ask("/en/usd/esim/japan").status_code == 200


def test_the_cache_never_grows_beyond_its_bound(house: House) -> None:
    """Old pages make room for new ones; one that is too large is served and not kept."""
    cache = PagesCache(house.read, most_bytes=4000)
    for number in range(50):
        assert cache.page(number, "text/html", lambda: "x" * 300).body == b"x" * 300
    assert 0 < len(cache._pages) <= 13
    assert cache._bytes == sum(page.size for page in cache._pages.values()) <= 4000
    big = "".join(str(number) for number in range(3000))
    assert cache.page("big", "text/html", lambda: big).body == big.encode()
    assert cache._bytes <= 4000


def test_a_kept_page_is_made_once(house: House) -> None:
    """The second visitor gets the first one's page."""
    cache, made = PagesCache(house.read), []
    for _ in range(3):
        cache.page("key", "text/html", lambda: made.append(1) or "page")
    assert made == [1]


def test_no_plan_on_sale_still_is_a_shop(quiet_app: Flask) -> None:
    """Before the first refresh the front page says that the list is being filled."""
    answer = Visitor(quiet_app).ask("/en/usd/")
    assert answer.status_code == 200
    assert "being filled" in answer.text


def test_search_shows_what_was_typed_without_obeying_it(visitor: Visitor) -> None:
    """Markup in a query is text; endless queries are cut."""
    answer = visitor.ask("/en/usd/search", query_string={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.text
    assert visitor.ask("/en/usd/search", query_string={"q": "x" * 9000}).status_code == 200


def test_every_place_and_plan_has_its_page(visitor: Visitor) -> None:
    """Nothing on the sitemap leads nowhere."""
    house = visitor.house
    paths = [
        part.split("</loc>")[0].removeprefix(house.settings.public_url)
        for part in visitor.ask("/sitemap.xml").text.split("<loc>")[1:]
    ]
    with house.read() as session:
        listed = session.exec(select(func.count()).select_from(Plan).where(Plan.is_listed)).one()
    assert len(paths) > listed > 300
    assert [path for path in paths[::7] if visitor.ask(path).status_code != 200] == []


def test_where_a_plan_works_is_said_once(visitor: Visitor) -> None:
    """A region names its countries in one list, its plans no number each; a plan for one country has no such block."""
    region = visitor.ask("/en/usd/esim/europe").text
    assert region.count("35 countries") == 1
    assert '<a href="#countries">' in region
    listed = region.split('id="countries"')[1].split("</section>")[0]
    assert listed.count("<li>") == 35
    assert "Portugal" in listed
    assert "works in" in visitor.ask("/en/usd/esim/japan").text
    assert 'id="works"' not in visitor.ask("/en/gbp/plan/japan-1gb-7days").text
    assert 'id="works"' in visitor.ask("/en/usd/plan/europe-10gb-30days").text


def test_crawlers_are_kept_from_what_is_private(visitor: Visitor) -> None:
    """Orders, sign-in, checkout and order links are closed to them."""
    text = visitor.ask("/robots.txt").text
    assert all(f"Disallow: {path}" in text for path in ("/*/orders", "/*/sign-in", "/o/", "/api/"))
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text


def test_operator_pages_are_markdown_without_html(house: House, tmp_path: Path) -> None:
    """Headings and links work; raw HTML is shown as text; links that run something lose their target."""
    text = (
        "# Our *terms*\n\n{shop} <b>bold</b> <script>x()</script>\n\n"
        "[a](javascript:x()) [b](https://e.example) {support_email}\n"
    )
    (tmp_path / "terms.md").write_text(text)
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "help.md").write_text("no heading")
    settings = house.settings.model_copy(update={"pages_dir": tmp_path})
    source = source_of(settings, "en", "terms")
    assert source is not None
    page = read_page(settings, source)
    assert page.title == "Our *terms*"
    assert house.settings.name in page.body_html
    assert house.settings.support_email in page.body_html
    assert "<script>" not in page.body_html
    assert "<b>" not in page.body_html
    assert "javascript:" not in page.body_html
    assert 'href="https://e.example"' in page.body_html
    assert source_of(settings, "en", "help") == tmp_path / "en" / "help.md"
    assert source_of(settings, "en", "privacy") is None


def test_an_edited_page_shows_at_once(house: House, tmp_path: Path) -> None:
    """The operator changes the file and reloads."""
    settings = house.settings.model_copy(update={"pages_dir": tmp_path / "pages"})
    settings.pages_dir.mkdir()
    (settings.pages_dir / "terms.md").write_text("# Terms\n\nOld rule\n")
    moved = House(**{**vars(house), "settings": settings})
    visitor = Visitor(create_app(moved))
    assert "Old rule" in visitor.ask("/en/usd/page/terms").text
    (settings.pages_dir / "terms.md").write_text("# Terms\n\nNew rule\n")
    assert "New rule" in visitor.ask("/en/usd/page/terms").text
