"""The part of the walk that support plays: a second factor, a card sold elsewhere found, closed, and proved."""

from __future__ import annotations

import html
import re
import time
from urllib.parse import urljoin

import pyotp
import requests

from storefront.sandbox.buyer import WalkFailed, hidden_fields

SECONDS = 45.0


class DeskWalk:
    """One agent at the desk, at a browser of sorts."""

    def __init__(self, shop_url: str, *, email: str, password: str, secret: str, sim: str) -> None:
        self._desk = f"{shop_url}/desk/"
        self._who = {"email": email, "password": password}
        self._secret, self._sim = secret, sim
        self._browser = requests.Session()
        self._page = ""
        self.proof: tuple[str, ...] = ()

    def sign_in(self) -> str:
        """Password and the code of an authenticator."""
        url = urljoin(self._desk, "sign-in")
        answer = self._send(url, **self._who, code=pyotp.TOTP(self._secret).now())
        if "Find anything" not in answer.text:
            raise WalkFailed("the desk does not let its staff in")
        waiting = re.search(r"(\d+) open case", answer.text)
        return f"password and authenticator, {waiting.group(0) if waiting else 'no case waits'}"

    def find(self) -> str:
        """One box; a whole number nobody here sold leads to the page of its SIM."""
        found = self._send(self._desk, to=urljoin(self._desk, "search"), q=f"please stop renewing my card {self._sim}")
        if "Look it up" not in found.text:
            raise WalkFailed("the desk does not offer to look a strange SIM up")
        self._page = self._send(self._desk, to=urljoin(self._desk, "sims"), number=self._sim).url
        shown = self._until(self._page, "Auto-renewal at the supplier</dt><dd>on: <bdi>")
        if self._sim in shown or "this card was sold elsewhere" not in shown:
            raise WalkFailed("the page of the SIM shows its whole number, or takes it for ours")
        return f"{self._sim[:4]}…{self._sim[-4:]}, sold elsewhere, renewing at the supplier"

    def close(self) -> str:
        """The preview says what would be done; then it is done, and both sides are read."""
        verb = f"{self._page}/close_renewals"
        planned = re.findall(r"<li>(close the supplier[^<]*)<", self._browser.get(verb, timeout=20).text)
        if not planned:
            raise WalkFailed("the preview does not say what would be closed")
        done = self._send(verb, why="renewal_unwanted", words="asked by mail")
        shown = self._until(done.url, "no auto-renewal is left")
        facts = re.search(r"Proof <span class=\"ref\">([^<]+)", shown)
        said = re.search(r"(The supplier was read: no auto-renewal is left).*?<time[^>]*>([^<]+)", shown, re.DOTALL)
        if facts is None or said is None:
            raise WalkFailed("the outcome names no proof")
        self.proof = (f"{facts.group(1)}  {html.unescape(planned[0])}", f"{said.group(1)}, {said.group(2)}")
        self._browser.close()
        return f"previewed, closed, read back: proof {facts.group(1)}"

    def _send(self, url: str, *, to: str = "", **fields: str) -> requests.Response:
        """Fill in the form of a page and follow where it leads."""
        form = self._browser.get(url, timeout=20)
        sent = hidden_fields(form.text) | fields
        return self._browser.post(to or url, data=sent, headers={"Referer": url}, timeout=40)

    def _until(self, url: str, shown: str) -> str:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            page = self._browser.get(url, timeout=20).text
            if shown in page:
                return page
            time.sleep(0.3)
        raise WalkFailed(f"the desk never showed “{shown}”")
