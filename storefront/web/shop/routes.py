"""The shop window: pages that are the same for everybody, and the door that leads to them."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as AnyResponse

from storefront.catalogue import browse
from storefront.catalogue.search import LONGEST_QUERY
from storefront.web.context import house
from storefront.web.limits import Access, guard
from storefront.web.shop import legal as operator_pages
from storefront.web.shop.pages_cache import PagesCache, fresh, kept, pages
from storefront.web.shop.steering import preferred


class ShoutedCurrency(BaseConverter):
    """A currency that is not written in lower case."""

    regex = "(?=[a-z]*[A-Z])[A-Za-z]{3}"
    weight = 50


blueprint = Blueprint("shop", __name__)


@blueprint.record_once
def furnish(state: BlueprintSetupState) -> None:
    """Give each application its cache, and the address map a word for shouted currencies."""
    state.app.extensions["pages_cache"] = PagesCache(state.app.extensions["house"].read)
    state.app.url_map.converters["shouted"] = ShoutedCurrency


@blueprint.get("/")
@guard(access=Access.GUEST, limit="browse")
def door() -> AnyResponse:
    """Send a visitor on to their language and currency; the answer is theirs alone."""
    locale, currency = preferred(house().settings)
    answer = redirect(url_for("shop.home", locale=locale, currency=currency), code=302)
    answer.headers["Vary"] = "Accept-Language, Cookie"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/<locale>/<shouted:code>/")
@blueprint.get("/<locale>/<shouted:code>/<path:rest>")
@guard(access=Access.PUBLIC, limit="browse")
def lower_currency(locale: str, code: str, rest: str = "") -> AnyResponse:
    """Every page has one address: the currency in lower case."""
    if code.upper() not in house().settings.currencies:
        abort(404)
    query = request.query_string.decode("latin-1")
    target = f"/{locale}/{code.lower()}/{quote(rest)}" + (f"?{query}" if query else "")
    return redirect(target, code=301)


@blueprint.get("/<locale>/<currency>/")
@guard(access=Access.PUBLIC, limit="browse")
def home(currency: str, **_path: str) -> Response:
    """Where are you going: the search, what is popular, all countries."""

    def render() -> str:
        front = browse.home(pages().shelf(), currency)
        return render_template(
            "shop/home.html", popular=front.popular, regions=front.regions, countries=front.countries
        )

    return kept(request.path, render)


@blueprint.get("/<locale>/<currency>/search")
@guard(access=Access.PUBLIC, limit="search")
def search(currency: str, **_path: str) -> Response:
    """Places that fit what was typed."""
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    found = browse.search(pages().shelf(), query, currency)
    return fresh(render_template("shop/search.html", query=query, results=found.results, suggestion=found.suggestion))


@blueprint.get("/<locale>/<currency>/esim/<slug>")
@guard(access=Access.PUBLIC, limit="browse")
def destination(currency: str, slug: str, **_path: str) -> Response:
    """The plans for one place."""

    def render() -> str:
        found = browse.destination(pages().shelf(), slug, currency, say=gettext)
        return render_template(
            "shop/destination.html",
            destination=found.destination,
            plans=found.plans,
            regional=found.regional,
            covers=found.covers,
            confusable=found.confusable,
        )

    return kept(request.path, render)


@blueprint.get("/<locale>/<currency>/plan/<slug>")
@guard(access=Access.PUBLIC, limit="browse")
def plan(currency: str, slug: str, **_path: str) -> Response:
    """One plan: what it costs, where it works, when it starts."""

    def render() -> str:
        return render_template("shop/plan.html", plan=browse.plan_detail(pages().shelf(), slug, currency, say=gettext))

    return kept(request.path, render)


@blueprint.get("/<locale>/<currency>/page/<name>")
@guard(access=Access.PUBLIC, limit="browse")
def legal(locale: str, name: str, **_path: str) -> Response:
    """A page the operator wrote."""
    settings = house().settings
    source = operator_pages.source_of(settings, locale, name)
    if source is None:
        abort(404)

    def render() -> str:
        page = operator_pages.read_page(settings, source)
        facts = {"title": page.title, "placeholder_html": page.placeholder_html, "body_html": page.body_html}
        return render_template("shop/legal.html", **facts)

    return kept((request.path, source.stat().st_mtime_ns), render)


@blueprint.get("/robots.txt")
@guard(access=Access.PUBLIC, limit="browse")
def robots() -> Response:
    """What crawlers need not look at: pages about a person or a purchase."""
    base = house().settings.public_url.rstrip("/")
    closed = ("/*/orders", "/*/sign-in", "/*/checkout/", "/*/search", "/o/", "/*/stop/", "/*/renewals/", "/api/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "", f"Sitemap: {base}/sitemap.xml", ""]
    return fresh("\n".join(lines), mimetype="text/plain")


@blueprint.get("/sitemap.xml")
@guard(access=Access.PUBLIC, limit="browse")
def sitemap() -> Response:
    """Every place and plan once in each language, in the shop's first currency."""
    settings = house().settings

    def render() -> str:
        shelf, currency = pages().shelf(), settings.currencies[0].lower()
        tails = ["", *(f"esim/{slug}" for slug in shelf.at), *(f"plan/{slug}" for slug in shelf.plans)]
        base = settings.public_url.rstrip("/")
        places = [f"{base}/{locale}/{currency}/{tail}" for locale in settings.languages for tail in tails]
        entries = "".join(f"<url><loc>{place}</loc></url>\n" for place in places)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
        )

    return kept("sitemap", render, mimetype="application/xml")
