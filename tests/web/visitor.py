"""A visitor with a browser: keeps cookies, fills in forms with their tokens, reads the mail the shop would send."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from sqlmodel import col, select
from werkzeug.test import TestResponse

from storefront.identity import email_sign_in
from storefront.models.identity import SignInCode
from storefront.wiring import House

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def words_of(page: str) -> str:
    """The text of a page, its white space as a reader sees it."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


class Visitor:
    """One browser. `network` is where it connects from; the secure shop is asked over https."""

    def __init__(self, app: Flask, *, network: str = "203.0.113.5", base_url: str = "http://127.0.0.1:8000") -> None:
        self.house: House = app.extensions["house"]
        self.client = app.test_client()
        self.network = network
        self.base_url = base_url

    def ask(self, path: str, *, method: str = "GET", **how: Any) -> TestResponse:
        """One request."""
        environ = {"REMOTE_ADDR": self.network, **how.pop("environ", {})}
        return self.client.open(path, method=method, base_url=self.base_url, environ_overrides=environ, **how)

    def fill_in(self, path: str, *, post_to: str = "", **fields: str) -> TestResponse:
        """Open the page with the form and send it."""
        found = _TOKEN.search(self.ask(path).text)
        token = found.group(1) if found else ""
        return self.ask(post_to or path, method="POST", data={"csrf_token": token, **fields})

    def newest_code(self) -> str:
        """The code of the newest mail."""
        with self.house.read() as session:
            code_id = session.exec(select(SignInCode.id).order_by(col(SignInCode.id).desc())).first()
        now = self.house.outside.clock.now()
        pending = email_sign_in.pending_code(self.house.read, self.house.vault, str(code_id), now=now)
        assert pending is not None
        return pending.code

    def sign_in(self, email: str = "ada@example.com", next_path: str = "") -> TestResponse:
        """All the way in."""
        self.fill_in("/en/sign-in", email=email, next=next_path)
        return self.fill_in("/en/sign-in/code", code=self.newest_code())

    def cookie(self, name: str = "shop_session") -> str | None:
        """The value of a cookie this browser holds."""
        host = "127.0.0.1" if "127.0.0.1" in self.base_url else self.base_url.partition("://")[2]
        found = self.client.get_cookie(name, domain=host)
        return found.value if found else None
