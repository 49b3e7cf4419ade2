"""Public pages kept whole in memory, plain and compressed, for as long as the catalogue behind them stands still."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache

import structlog
from flask import Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header
from werkzeug.utils import get_content_type

from storefront.catalogue.shelf import Shelf, catalogue_version, read_shelf
from storefront.ports import SessionFactory

LOOK_EVERY = 1.0
LIFE = 60.0
MOST_BYTES = 16 * 1024 * 1024
_CACHE_CONTROL = "public, max-age=60"
_WORTH_COMPRESSING = 500
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """One finished answer. The tag is weak: it stands for the plain and the compressed form alike."""

    body: bytes
    compressed: bytes
    etag: str
    content_type: str
    version: str
    made_at: float

    @property
    def size(self) -> int:
        """Bytes it takes up."""
        return len(self.body) + len(self.compressed)


class PagesCache:
    """One per process. Looks at most once a second whether the catalogue has changed, and then forgets every page."""

    def __init__(self, read: SessionFactory, *, most_bytes: int = MOST_BYTES) -> None:
        self._read = read
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._looked_at = -LOOK_EVERY
        self._version = ""
        self._shelf: Shelf | None = None
        self._pages: OrderedDict[Hashable, Kept] = OrderedDict()
        self._bytes = 0

    def shelf(self, *, as_of_now: bool = False) -> Shelf:
        """The catalogue as of a second ago at most, or as it is at this moment."""
        self._look(as_of_now=as_of_now)
        shelf = self._shelf
        if shelf is None:
            raise RuntimeError("the catalogue has not been read")
        return shelf

    def page(self, key: Hashable, mimetype: str, render: Callable[[], str]) -> Kept:
        """The answer under `key`, made now unless it is kept, younger than a minute and of this catalogue."""
        self._look()
        version, now = self._version, time.monotonic()
        with self._lock:
            found = self._pages.get(key)
            if found is not None and found.version == version and now - found.made_at < LIFE:
                self._pages.move_to_end(key)
                return found
        made = _finish(render(), mimetype, version)
        with self._lock:
            old = self._pages.pop(key, None)
            self._bytes += made.size - (old.size if old else 0)
            self._pages[key] = made
            while self._bytes > self._most_bytes and self._pages:
                self._bytes -= self._pages.popitem(last=False)[1].size
        return made

    def _look(self, *, as_of_now: bool = False) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._looked_at < LOOK_EVERY and not as_of_now:
                return
            try:
                with self._read() as session:
                    version = catalogue_version(session)
                    if version != self._version or self._shelf is None:
                        self._shelf, self._version = read_shelf(session), version
            except SQLAlchemyError as broken:
                # Visitors may go on looking at what we know; without that, there is nothing to show.
                if self._shelf is None:
                    raise
                _log.error("catalogue_unreadable", error=type(broken).__name__)
            self._looked_at = now


def pages() -> PagesCache:
    """The cache of this application."""
    cache: PagesCache = current_app.extensions["pages_cache"]
    return cache


def kept(key: Hashable, render: Callable[[], str], *, mimetype: str = "text/html") -> Response:
    """Answer with a kept page, or with 304 when the visitor has it already."""
    return _answer(pages().page(key, mimetype, render))


def fresh(text: str, *, mimetype: str = "text/html") -> Response:
    """Answer like `kept` with a page that nobody is likely to ask for twice."""
    return _answer(_finish(text, mimetype, ""))


def _finish(text: str, mimetype: str, version: str) -> Kept:
    body = text.encode()
    compressed = gzip.compress(body, 6, mtime=0) if len(body) >= _WORTH_COMPRESSING else b""
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Kept(body, compressed, etag, get_content_type(mimetype, "utf-8"), version, time.monotonic())


def _answer(page: Kept) -> Response:
    headers = [("ETag", page.etag), ("Cache-Control", _CACHE_CONTROL), ("Vary", "Accept-Encoding")]
    known = request.environ.get("HTTP_IF_NONE_MATCH")
    if known and (known == page.etag or request.if_none_match.contains_weak(page.etag[3:-1])):
        return Response(status=304, headers=headers)
    body = page.body
    if page.compressed and _takes_gzip(request.environ.get("HTTP_ACCEPT_ENCODING", "")):
        headers.append(("Content-Encoding", "gzip"))
        body = page.compressed
    return Response(body, headers=headers, content_type=page.content_type)


@lru_cache(maxsize=256)
def _takes_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header allows it; browsers send a handful of different ones."""
    return parse_accept_header(header, Accept)["gzip"] > 0
