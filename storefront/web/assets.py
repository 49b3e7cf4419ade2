"""Static files under addresses that change with their content, and the two colours an operator may choose."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, current_app, request, send_from_directory, url_for

from storefront.web.limits import Access, guard

_FOR_EVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"


class Fingerprints:
    """Content hashes of the static files, read again only when a file changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[int, str]] = {}

    def of(self, name: str) -> str:
        """Twelve hex digits of the file's SHA-256; empty when there is no such file."""
        path = self.folder / name
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return ""
        known = self._known.get(name)
        if known is None or known[0] != changed:
            known = (changed, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
            self._known[name] = known
        return known[1]


def furnish(app: Flask, folder: Path) -> None:
    """Serve `folder` under /static and the operator's colours under /theme.css; give templates `asset`."""
    prints = Fingerprints(folder)
    app.extensions["fingerprints"] = prints
    app.jinja_env.globals["asset"] = asset
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static)
    app.add_url_rule("/theme.css", endpoint="theme", view_func=theme)


def asset(name: str) -> str:
    """The address of a static file, good for ever because it changes with the content."""
    prints: Fingerprints = current_app.extensions["fingerprints"]
    return url_for("static", filename=name, v=prints.of(name) or None)


@guard(access=Access.PUBLIC, limit="asset")
def static(filename: str) -> Response:
    """One static file; cached for ever when asked for by its hash."""
    prints: Fingerprints = current_app.extensions["fingerprints"]
    response = send_from_directory(prints.folder, filename, conditional=True)
    response.headers["Cache-Control"] = _FOR_EVER if request.args.get("v") == prints.of(filename) else _AN_HOUR
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
