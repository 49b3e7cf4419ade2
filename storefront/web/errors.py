"""The one table: error code -> sentence and remedy, kind -> status; pages for people, problem documents for machines."""

from __future__ import annotations

import math
from dataclasses import dataclass

import structlog
from flask import Flask, Response, g, has_request_context, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response as AnyResponse

from storefront.kernel.errors import Kind, StorefrontError

_log = structlog.get_logger(__name__)

STATUS: dict[Kind, int] = {
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.REJECTED: 422,
    Kind.FORBIDDEN: 403,
    Kind.THROTTLED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.BUG: 500,
}


class SignInNeeded(StorefrontError):
    """Only somebody who has proved an address may do this."""

    kind = Kind.FORBIDDEN
    code = "sign_in_needed"


def N_(text: str) -> str:
    """Marks a sentence for the translators where it is written; `gettext` reads it where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Sentence:
    """What went wrong and what the traveller can do next; `endpoint` is the way there."""

    title: str
    sentence: str
    remedy: str
    endpoint: str = ""
    label: str = ""
    status: int = 0


_HOME = {"endpoint": "shop.home", "label": N_("Find a plan")}
_SIGN_IN = {"endpoint": "login.email", "label": N_("Sign in")}
_ORDERS = {"endpoint": "orders.history", "label": N_("My orders")}

SENTENCES: dict[str, Sentence] = {
    # What the paths and forms of the shop can get wrong.
    "http_400": Sentence(
        N_("We could not read that"), N_("The request was malformed."), N_("Go back and try once more."), **_HOME
    ),
    "http_403": Sentence(
        N_("This is private"), N_("You may not see this page."), N_("Sign in with your e-mail address."), **_SIGN_IN
    ),
    "http_404": Sentence(
        N_("Nothing here"),
        N_("This page does not exist, or it has moved."),
        N_("Search for your destination from the start page."),
        **_HOME,
    ),
    "http_405": Sentence(
        N_("That does not work here"),
        N_("This address does not take that kind of request."),
        N_("Open the page from a link instead of sending it again."),
        **_HOME,
    ),
    "http_413": Sentence(
        N_("That was too much"), N_("What you sent is larger than we accept."), N_("Shorten it and send it again.")
    ),
    "form_expired": Sentence(
        N_("This form has expired"),
        N_("The page was open for too long, or your browser did not send its cookie; nothing was changed."),
        N_("Go back, reload the page and send the form again."),
        status=400,
    ),
    "form_foreign": Sentence(
        N_("This form came from elsewhere"),
        N_("Another site tried to send a form in your name; nothing was changed."),
        N_("Start again from our own pages."),
        **_HOME,
    ),
    "host_unknown": Sentence(
        N_("Wrong address"),
        N_("This server does not answer under that name."),
        N_("Use the address from your confirmation mail."),
        status=400,
    ),
    "too_many_requests": Sentence(
        N_("A little slower, please"),
        N_("Too many requests came from your network."),
        N_("Wait %(wait)s, then try again."),
    ),
    "too_many_attempts": Sentence(
        N_("Too many attempts"),
        N_("We stopped counting attempts for this address or network to keep accounts safe."),
        N_("Wait %(wait)s, then try again. Codes we already sent keep working until they expire."),
    ),
    # Signing in.
    "sign_in_needed": Sentence(
        N_("Please sign in"),
        N_("Only the owner of the e-mail address may do this."),
        N_("Sign in with your e-mail address, then try again."),
        **_SIGN_IN,
    ),
    "address_invalid": Sentence(
        N_("Check the e-mail address"),
        N_("That is not an e-mail address we can write to."),
        N_("Write it in full, like name@example.com."),
        **_SIGN_IN,
    ),
    "code_wrong": Sentence(
        N_("Wrong code"),
        N_("That is not the code we sent."),
        N_("Use the six digits from the newest mail."),
        **_SIGN_IN,
    ),
    "code_expired": Sentence(
        N_("The code has expired"),
        N_("A code works for ten minutes."),
        N_("Ask for a new one."),
        **_SIGN_IN,
    ),
    "code_used": Sentence(
        N_("This code was already used"),
        N_("Each code signs you in once."),
        N_("Ask for a new one."),
        **_SIGN_IN,
    ),
    "code_spent": Sentence(
        N_("Too many wrong tries"),
        N_("This code is no longer valid."),
        N_("Ask for a new one."),
        **_SIGN_IN,
    ),
    "link_unknown": Sentence(
        N_("This link does not work"),
        N_("The link is incomplete, or it has expired."),
        N_("Open the newest mail about your order, or sign in with your e-mail address."),
        **_SIGN_IN,
    ),
    "link_expired": Sentence(
        N_("This link has expired"),
        N_("Links to an order work for 90 days."),
        N_("Sign in with the e-mail address of the order to see it."),
        **_SIGN_IN,
    ),
    # What the outside can do to an order.
    "sold_out": Sentence(
        N_("Sold out"),
        N_("This plan was just sold out; you have not been charged."),
        N_("Pick another plan for the same place."),
        **_HOME,
    ),
    "price_changed": Sentence(
        N_("The price has changed"),
        N_("The price of this plan changed while you were ordering; you have not been charged."),
        N_("Look at the new price and decide again."),
        **_HOME,
    ),
    "hold_lapsed": Sentence(
        N_("The reservation ran out"),
        N_("We could not keep the eSIM any longer."),
        N_("Open your order to see what happens next."),
        **_ORDERS,
    ),
    "outside_refused": Sentence(
        N_("Our partner said no"),
        N_("A partner of ours declined the request; nothing was changed."),
        N_("Try again, or write to us if it happens twice."),
    ),
    "outside_unavailable": Sentence(
        N_("A partner is not answering"),
        N_("Somebody we depend on is not available at the moment."),
        N_("Try again in a minute; your order is kept."),
    ),
    "outside_unreachable": Sentence(
        N_("A partner is not answering"),
        N_("We got no answer from a partner of ours."),
        N_("Try again in a minute; your order is kept."),
    ),
    "outside_throttled": Sentence(
        N_("A partner is busy"),
        N_("A partner of ours asks us to slow down."),
        N_("Wait %(wait)s, then try again."),
    ),
    "outside_unintelligible": Sentence(
        N_("A partner gave a strange answer"),
        N_("We could not understand a partner's answer, so a person will look at it."),
        N_("Your order is kept; we will write to you."),
    ),
    "bug": Sentence(
        N_("This is our fault"),
        N_("Something broke on our side."),
        N_("Try again. If it happens twice, write to us and quote the number below."),
    ),
    "view_undeclared": Sentence(N_("This is our fault"), N_("This page is not open yet."), N_("Try again later.")),
}


def furnish(app: Flask) -> None:
    """Answer every failure with its sentence; whatever else happens, the answer is never a traceback."""
    app.register_error_handler(StorefrontError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def sentence_for(code: str) -> Sentence:
    """The row of the table for an error code; the one of `bug` for a code without a row."""
    return SENTENCES.get(code, SENTENCES["bug"])


def _expected(error: StorefrontError) -> AnyResponse:
    row = sentence_for(error.code)
    status = row.status or STATUS[error.kind]
    if status >= 500:
        _log.error("request_failed", code=error.code, error=type(error).__name__, exc_info=error)
    return _answer(status, error.code, row, retry_after=getattr(error, "retry_after", None), field=error.field)


def _http(error: HTTPException) -> AnyResponse:
    if error.response is not None:
        return error.response
    status = error.code or 500
    if status < 400:
        return error.get_response()
    code = "form_expired" if isinstance(error, CSRFError) else f"http_{status}"
    if code not in SENTENCES:
        code = "http_400" if status < 500 else "bug"
    answer = _answer(status, code, SENTENCES[code])
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> AnyResponse:
    _log.error("request_broke", error=type(error).__name__, exc_info=error)
    return _answer(500, "bug", SENTENCES["bug"])


def _answer(
    status: int, code: str, row: Sentence, *, retry_after: float | None = None, field: str | None = None
) -> AnyResponse:
    seconds = math.ceil(retry_after) if retry_after else None
    texts = {
        "title": gettext(row.title),
        "sentence": gettext(row.sentence),
        "remedy": gettext(row.remedy, wait=_spoken(seconds or 60)) if "%(wait)s" in row.remedy else gettext(row.remedy),
    }
    if request.path.startswith(("/api/", "/webhooks")):
        answer = _problem(status, code, texts, field)
    else:
        answer = _page(status, row, texts)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def _problem(status: int, code: str, texts: dict[str, str], field: str | None) -> Response:
    detail = f"{texts['sentence']} {texts['remedy']}"
    body = {"type": "about:blank", "title": texts["title"], "status": status, "code": code, "detail": detail}
    if field:
        body["field"] = field
    body["request_id"] = _request_id()
    answer = jsonify(body)
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def _page(status: int, row: Sentence, texts: dict[str, str]) -> Response:
    facts = {
        "status": status,
        **texts,
        "remedy_url": _address(row.endpoint),
        "remedy_label": gettext(row.label) if row.label else "",
        "request_id": _request_id(),
    }
    # The bare page needs nothing of the house: at 500 and 503 whatever the layout asks for may be what broke.
    name = "errors/bare.html" if status in (500, 503) else "errors/error.html"
    try:
        return make_response(render_template(name, **facts), status)
    except Exception as broken:
        _log.error("error_page_broke", template=name, error=type(broken).__name__, exc_info=broken)
        text = "\n\n".join((texts["title"], texts["sentence"], texts["remedy"], _request_id())) + "\n"
        return Response(text, status=status, mimetype="text/plain")


def _address(endpoint: str) -> str:
    if not endpoint:
        return ""
    try:
        return url_for(endpoint)
    except BuildError:
        return ""


def _request_id() -> str:
    return str(g.get("request_id", "")) if has_request_context() else ""


def _spoken(seconds: int) -> str:
    if seconds < 90:
        return gettext("%(n)s seconds", n=seconds)
    return gettext("%(n)s minutes", n=math.ceil(seconds / 60))
