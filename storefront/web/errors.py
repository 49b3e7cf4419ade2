"""Every failure becomes its status and its sentence: a page for people, a problem document for machines."""

from __future__ import annotations

import math
from typing import cast

import structlog
from flask import Flask, Response, g, has_request_context, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response as AnyResponse

from storefront.kernel.errors import Kind, StorefrontError
from storefront.web.saying import Sentence
from storefront.web.sentences import SENTENCES, sentence_for

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


def furnish(app: Flask) -> None:
    """Answer every failure with its sentence; whatever else happens, the answer is never a traceback."""
    app.register_error_handler(StorefrontError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _without_database)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: StorefrontError) -> AnyResponse:
    row = sentence_for(error.code)
    status = row.status or STATUS[error.kind]
    if status >= 500:
        _log.error("request_failed", code=error.code, error=type(error).__name__, exc_info=error)
    return _answer(status, error.code, row, retry_after=getattr(error, "retry_after", None), field=error.field)


def _http(error: HTTPException) -> AnyResponse:
    if error.response is not None:
        return cast("AnyResponse", error.response)
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


def _without_database(error: OperationalError) -> AnyResponse:
    _log.error("database_unavailable", error=type(error.orig).__name__)
    return _answer(503, "database_unavailable", SENTENCES["database_unavailable"], retry_after=30)


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
        "remedy_url": _address(row.way.endpoint) if row.way else "",
        "remedy_label": gettext(row.way.label) if row.way else "",
        "request_id": _request_id(),
        "layout": "desk/layout.html" if request.path.startswith("/desk") else "layout.html",
        "staff": g.get("staff"),
    }
    # The bare page needs nothing of the house: at 500 and 503 whatever the layout asks for may be what broke.
    name = "errors/bare.html" if status in (500, 503) else "errors/error.html"
    try:
        return make_response(render_template(name, **facts), status)
    except Exception as broken:  # noqa: BLE001 (an error page must not fail, whatever broke under it)
        _log.error("error_page_broke", template=name, error=type(broken).__name__, exc_info=broken)
        text = "\n\n".join((texts["title"], texts["sentence"], texts["remedy"], _request_id())) + "\n"
        return Response(text, status=status, mimetype="text/plain")


def _address(endpoint: str) -> str:
    try:
        return url_for(endpoint)
    except BuildError:
        return ""


def _request_id() -> str:
    return str(g.get("request_id", "")) if has_request_context() else ""


def _spoken(seconds: int) -> str:
    if seconds < 90:
        return str(gettext("%(n)s seconds", n=seconds))
    return str(gettext("%(n)s minutes", n=math.ceil(seconds / 60)))
