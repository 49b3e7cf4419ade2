"""Static files under addresses that change with their content, and the two colours an operator may choose."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, current_app, request
from werkzeug.security import safe_join

from storefront.web.limits import Access, guard

_FOR_EVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"
_FOLDER = "/static"
_LOOK_AGAIN = 1.0
"""Seconds for which a file is taken to be unchanged; a page names a dozen of them."""
_SQUEEZABLE = ("text/", "image/svg+xml", "application/javascript", "application/manifest+json")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes out: plain, and squeezed when that is worth it."""

    changed_at: int
    digest: str
    kind: str
    plain: bytes
    squeezed: bytes | None


class Shelf:
    """The static files in memory, read again only when one changes; together they are less than one photograph."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._known: dict[str, Asset] = {}
        self._seen: dict[str, float] = {}

    def get(self, name: str) -> Asset | None:
        """The file of this name; None when there is none, or when the name leads out of the folder."""
        looked = time.monotonic()
        if looked - self._seen.get(name, -_LOOK_AGAIN) < _LOOK_AGAIN:
            return self._known[name]
        path = safe_join(self._folder, name)
        if path is None:
            return None
        try:
            changed_at = Path(path).stat().st_mtime_ns
            known = self._known.get(name)
            if known is None or known.changed_at != changed_at:
                known = self._known[name] = _read(Path(path), changed_at)
        except OSError:
            return None
        self._seen[name] = looked
        return known


def _read(path: Path, changed_at: int) -> Asset:
    plain = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    squeezed = gzip.compress(plain, mtime=0) if kind.startswith(_SQUEEZABLE) and len(plain) > 500 else None
    return Asset(changed_at, hashlib.sha256(plain).hexdigest()[:12], kind, plain, squeezed)


def furnish(app: Flask, folder: Path) -> None:
    """Serve `folder` under /static and the operator's colours under /theme.css; give templates `asset`."""
    app.extensions["shelf"] = Shelf(folder)
    app.jinja_env.globals["asset"] = asset
    app.add_url_rule(f"{_FOLDER}/<path:filename>", endpoint="static", view_func=static)
    app.add_url_rule("/theme.css", endpoint="theme", view_func=theme)


def asset(name: str) -> str:
    """The address of a static file, good for ever because it changes with the content.

    It is put together here: a page names a dozen, and the router would ask each of them for its language.
    """
    found = _shelf().get(name)
    address = f"{request.script_root}{_FOLDER}/{name}"
    return f"{address}?v={found.digest}" if found else address


@guard(access=Access.PUBLIC, limit="asset")
def static(filename: str) -> Response:
    """One static file; cached for ever when asked for by its hash."""
    found = _shelf().get(filename)
    if found is None:
        abort(404)
    squeeze = found.squeezed is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(found.squeezed if squeeze else found.plain, mimetype=found.kind)
    if found.squeezed is not None:
        response.headers["Vary"] = "Accept-Encoding"
    if squeeze:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{found.digest}-gzip" if squeeze else found.digest)
    response.headers["Cache-Control"] = _FOR_EVER if request.args.get("v") == found.digest else _AN_HOUR
    response.make_conditional(request)
    return response


@guard(access=Access.PUBLIC, limit="asset")
def theme() -> Response:
    """The accent colours of the settings as custom properties."""
    settings = current_app.extensions["house"].settings
    light, dark = settings.accent_colour, settings.accent_colour_dark
    text = f":root{{--accent:{light}}}\n@media (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}\n"
    response = Response(text, mimetype="text/css")
    response.headers["Cache-Control"] = _AN_HOUR
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:12])
    response.make_conditional(request)
    return response


def _shelf() -> Shelf:
    shelf: Shelf = current_app.extensions["shelf"]
    return shelf
