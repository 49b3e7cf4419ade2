"""A shop of real processes that can be killed, and buyers who do not give up."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import requests

from storefront.sandbox.buyer import Buyer, WalkFailed, hidden_fields
from storefront.sandbox.supervisor import Supervisor, free_port, layout_from
from tests.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
DEADLY = ROOT / "tests" / "kill" / "deadly"
# Test processes start their shops at the same moment: each has ports of its own.
SHIFT = 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
MOST_TRIES = 20
FINAL, GIVEN_UP, VISA = {"ready", "refunded"}, {"rejected", "lapsed"}, "4242424242424242"


class Crowd(Supervisor):
    """Web processes and workers, as many as wanted; whoever is killed is started again."""

    def __init__(self, layout, *, webs=1, workers=1):
        super().__init__(layout)
        self.layout, self._workers = layout, [f"worker-{nth}" for nth in range(1, workers)]
        self._webs = {f"web-{nth}": free_port("127.0.0.1", layout.second_port + nth) for nth in range(1, webs)}
        self.kills = 0

    def start(self):
        super().start()
        for name, port in self._webs.items():
            self.start_web(name, port)
        for name in self._workers:
            self._spawn(name, [sys.executable, "-m", "flask", "worker"])

    def doors(self):
        """Addresses of the web processes."""
        return [self.layout.shop_url, *(f"http://127.0.0.1:{port}" for port in self._webs.values())]

    def victims(self):
        """Everybody who may be killed: each worker, and each process that serves pages."""
        pages = [child for name in ("web", *self._webs) for child in children(self.process(name).pid)]
        return [*pages, *(self.process(name).pid for name in ("worker", *self._workers))]

    def kill(self, pid):
        """As the machine would at its worst moment."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.kills += 1
        for name in ("worker", *self._workers):
            if self.process(name).pid == pid:
                # It takes a moment to be gone; asked too early it would count as alive, and stay dead.
                self.process(name).wait()
        self.revive()

    def revive(self):
        """Start the workers that are gone, as the machine's supervisor would; gunicorn does so for its processes."""
        for name in ("worker", *self._workers):
            if self.process(name).poll() is not None:
                self._spawn(name, [sys.executable, "-m", "flask", "worker"])

    def fallen(self):
        """Web servers that ended by themselves, with their last words: nobody kills a server, only its processes."""
        return [
            f"{name} ended by itself with {code}: {(self.layout.data_dir / f'{name}.log').read_text()[-1500:]}"
            for name in ("web", *self._webs)
            if (code := self.process(name).poll()) is not None
        ]

    def command(self, *words):
        """One of the operator's commands; exit code and words."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *words],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr[-500:]


def children(pid):
    """Process numbers of the children of a process."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(one) for one in found.stdout.split()]


@contextmanager
def small(folder, **settings):
    """One web process of two, one worker, SQLite."""
    with _running(folder, {}, webs=1, workers=1, **settings) as crowd:
        yield crowd


@contextmanager
def large(folder, **settings):
    """Two web processes of two, two workers, PostgreSQL and Redis."""
    folder.mkdir(parents=True, exist_ok=True)
    postgres, redis = Server(), free_port("127.0.0.1", 16_379 + SHIFT)
    keeper = subprocess.Popen(
        [shutil.which("redis-server"), "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_port(redis)
        more = {"SHOP_DATABASE_URL": postgres.create("shop"), "SHOP_REDIS_URL": f"redis://127.0.0.1:{redis}/0"}
        with _running(folder, more, webs=2, workers=2, **settings) as crowd:
            yield crowd
    finally:
        keeper.kill()
        keeper.wait()
        postgres.stop()


@contextmanager
def _running(folder, more, *, webs, workers, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    # A minute of patience with an answer that never came is right for a shop, and long for a test.
    wanted = {"SHOP_UNKNOWN_PATIENCE_SECONDS": "5", "WEB_CONCURRENCY": "2", **more, **settings}
    layout = layout_from({"ONCE": "1"}, ROOT, data_dir=folder, settings=wanted, shift=SHIFT)
    crowd = Crowd(layout, webs=webs, workers=workers)
    try:
        crowd.start()
        yield crowd
    finally:
        crowd.stop()


def _await_port(port):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise WalkFailed(f"nothing listens on {port}")


class Stubborn:
    """A buyer whose browser shows errors now and then, and who tries again: the same form, the same page."""

    def __init__(self, crowd, nth):
        self._crowd, self._doors, self._nth = crowd, crowd.doors(), nth
        self.email = f"buyer{nth}@traveller.example"
        self.buyer = Buyer(self._doors[nth % len(self._doors)])
        self.order_page, self.phase = "", ""

    def buy(self):
        """Order, pay, and in every second case come back from the payment page; what was given up is ordered anew."""
        for tries in range(MOST_TRIES):
            if self._order(tries) and self._pay():
                break
            told = (self.email, self.phase, newest_calls(self._crowd.layout.sandbox_url))
            assert not self.order_page or self.look() in GIVEN_UP, told
        else:
            raise WalkFailed(f"{self.email} could not order anything")
        if self._nth % 2:
            self._again(lambda: self._good("GET", f"{self.order_page}/paid"))

    def _pay(self):
        """Whether the page took the card."""
        session = self._again(self._payment_page)
        page = f"{self._crowd.layout.sandbox_url}/stripe/_sandbox/pay/{session}"
        return session and requests.post(page, json={"number": VISA}, timeout=30).json().get("result") == "paid"

    def _order(self, tries):
        """Place an order; whether that went well: a plan may be sold out since the form was opened."""
        plans = self._again(self._plans)
        url = f"{self.buyer.shop}/en/usd/checkout/{plans[(self._nth + tries) % len(plans)]}"
        fields = self._again(lambda: hidden_fields(self._good("GET", url).text))
        fields |= {"email": self.email, "consent": "y", "device_ok": "y"}
        placed = self._again(
            lambda: self._good("POST", url, fine=(409,), data=fields, headers={"Referer": url}),
        )
        self.order_page = self._again(lambda: self._page_of(placed.headers.get("Location", "")))
        return bool(self.order_page)

    def _page_of(self, address):
        """The order's page at the shop; empty for none. Whoever is led to the cashier finds it in their own list."""
        if address.startswith(self._crowd.layout.sandbox_public_url):
            listed = self._good("GET", f"{self.buyer.shop}/en/orders").text
            address = re.findall(r"/en/orders/[0-9A-Z]{10}", listed)[0]
        return f"{self.buyer.shop}{address}" if address.startswith("/") else address

    def _plans(self):
        plans = [plan for plan in self.buyer.plans("JP") if plan["in_stock"] and not plan["is_regional"]]
        if not plans:
            raise WalkFailed("nothing is left to buy")
        return [plan["slug"] for plan in plans]

    def look(self):
        """What the waiting page is told."""
        reference = self.order_page.rstrip("/").split("/")[-1]
        address = f"{self.buyer.shop}/api/v1/orders/{reference}/status"
        self.phase = self._again(lambda: self._good("GET", address).json()["phase"])
        return self.phase

    def _payment_page(self):
        """The cashier's number of the open page; empty when the shop gave up before anybody paid, as it may."""
        target = self._good("GET", f"{self.order_page}/pay").headers.get("Location", "")
        if target.startswith(self._crowd.layout.sandbox_public_url):
            return target.rstrip("/").split("/")[-1]
        if self.look() in GIVEN_UP:
            return ""
        raise WalkFailed(f"the payment page is not open yet, the order is {self.phase}")

    def _good(self, method, url, *, fine=(), **more):
        answer = self.buyer.browser.request(method, url, allow_redirects=False, timeout=20, **more)
        if answer.status_code >= 400 and answer.status_code not in fine:
            raise WalkFailed(f"{url} answered {answer.status_code}")
        return answer

    def _again(self, deed, seconds=180.0):
        until = time.monotonic() + seconds
        while True:
            try:
                return deed()
            except (requests.RequestException, WalkFailed):
                if time.monotonic() > until:
                    raise
            time.sleep(0.2)


def in_threads(deeds, most=4):
    """Do all of them, a few at a time; the first error comes out."""
    left, wrong, lock = list(reversed(deeds)), [], threading.Lock()

    def work():
        while True:
            with lock:
                if not left or wrong:
                    return
                deed = left.pop()
            try:
                deed()
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(most)]
    for thread in threads:
        thread.start()
    return threads, wrong


def all_end(crowd, buyers, seconds, final=FINAL):
    """Wait until every order is delivered or its money went back; the buyers of what is left otherwise."""
    until, left = time.monotonic() + seconds, list(buyers)
    while left and time.monotonic() < until:
        crowd.revive()
        left = [one for one in left if one.look() not in final]
        time.sleep(0.5)
    return left


def newest_calls(base):
    """What the pretend outside was asked last, newest first, and its clock."""
    told = requests.get(f"{base}/control/log", timeout=10).json()["calls"][:25]
    return requests.get(f"{base}/control/clock", timeout=10).json(), told


def _charges(base):
    """All that the cashier took."""
    found, more = [], {"has_more": True}
    while more["has_more"]:
        after = {"starting_after": found[-1]["id"]} if found else {}
        url, key = f"{base}/stripe/v1/charges", {"Authorization": "Bearer sk_test_sandbox"}
        more = requests.get(url, params={"limit": 100, **after}, headers=key, timeout=30).json()
        found += more["data"]
    return [one for one in found if one["paid"]]


def judge(crowd, buyers):
    """Each was charged once and got one eSIM, or its money back, or a case that somebody owns; three books agree."""
    wrong = [] if (code := crowd.command("work", "check")[0]) == 0 else [f"work check: {code}"]
    base = crowd.layout.sandbox_url
    paid = _charges(base)
    state = requests.get(f"{base}/control/state", timeout=30).json()
    ready, owned = (sum(one.phase == phase for one in buyers) for phase in ("ready", "attention"))
    if len(paid) != len(buyers):
        wrong.append(f"{len(buyers)} buyers paid {len(paid)} times")
    if not ready <= state["orders"]["paid"] <= ready + owned:
        wrong.append(f"{ready} orders delivered, {state['orders']['paid']} profiles handed over")
    return wrong
