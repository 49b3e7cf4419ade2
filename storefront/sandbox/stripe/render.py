"""Turns facts into pages: the templates, the style sheet and the headers all hosted pages share."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from storefront.sandbox.http import Response

_FOLDER = Path(__file__).parent / "pages"


class Paper:
    """Writes pages. Holds no state of the pretend account."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, undefined=StrictUndefined
        )
        self._style = (_FOLDER / "style.css").read_bytes()

    def style(self) -> Response:
        """The style sheet."""
        return Response(200, [("Content-Type", "text/css"), ("Cache-Control", "max-age=3600")], self._style)

    def page(self, template: str, status: int, form_targets: tuple[str, ...], **facts: Any) -> Response:
        """One page that may send its forms here and to `form_targets` only."""
        body = self._templates.get_template(template).render(facts).encode()
        # A browser applies form-action to the redirect after a form as well, so the shop must stand in it.
        targets = " ".join(("'self'", *form_targets))
        policy = f"default-src 'none'; style-src 'self'; img-src data:; form-action {targets}"
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", f"{policy}; frame-ancestors 'none'; base-uri 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return Response(status, headers, body)


def see_other(address: str) -> Response:
    """Send the browser on after a form."""
    return Response(303, [("Location", address), ("Cache-Control", "no-store")], b"")


def origin(address: str) -> tuple[str, ...]:
    """Where a form may lead to when its answer redirects to `address`."""
    parts = urlsplit(address)
    return (f"{parts.scheme}://{parts.netloc}",)


def marked(wrong: str, name: str) -> Markup:
    """The attributes of the one input that needs correcting; none for the others."""
    return Markup(' aria-invalid="true" aria-describedby="error"' if name == wrong else "")
