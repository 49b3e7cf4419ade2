"""A worker whose mail server, or whose supplier, takes its time: the other half of the work goes on."""

import secrets
import signal
import sqlite3
import time
from functools import partial

import pytest
import requests

from storefront.sandbox.buyer import Buyer, hidden_fields
from storefront.settings import Settings
from tests.kill.crowd import in_threads, small

pytestmark = pytest.mark.kill

MORE_THAN_THREADS = 6
"""Each lane has fewer threads by its settings, so that all of them are busy."""


@pytest.fixture
def crowd(tmp_path):
    """The small layout with its default threads."""
    with small(tmp_path / "data", SHOP_OPEN_HOLDS_PER_NETWORK="100") as crowd:
        yield crowd


def _order_fault(crowd, target, kind, seconds, times=100):
    order = {"target": target, "kind": kind, "times": times, "params": {"seconds": seconds}}
    requests.post(f"{crowd.layout.sandbox_url}/control/faults", json=order, timeout=10).raise_for_status()


def _opened(crowd):
    """Buyers who stand before their payment pages."""
    slug = next(plan["slug"] for plan in Buyer(crowd.layout.shop_url).plans("JP") if plan["in_stock"])
    buyers = [Buyer(crowd.layout.shop_url) for _ in range(MORE_THAN_THREADS)]
    return [(one, one.order(slug, f"{secrets.token_hex(4)}@traveller.example")) for one in buyers]


def _pay_and_close(crowd, opened):
    """All pay and none comes back, so that the worker has to deliver; the addresses of their orders."""
    pages = {}

    def pay(buyer, page):
        address = f"{crowd.layout.sandbox_url}/stripe/_sandbox/pay/{page.rstrip('/').split('/')[-1]}"
        pages[buyer] = requests.post(address, json={}, timeout=30).json()["redirect"].split("/paid")[0]

    threads, wrong = in_threads([partial(pay, *one) for one in opened], most=MORE_THAN_THREADS)
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    return pages


def _ask(crowd, query):
    """The first column of the first row the shop's database answers."""
    with sqlite3.connect(crowd.layout.data_dir / "shop.sqlite") as shop:
        (answer,) = shop.execute(query).fetchone()
    shop.close()
    return answer


def _tell(crowd, statement):
    with sqlite3.connect(crowd.layout.data_dir / "shop.sqlite", timeout=20) as shop:
        assert shop.execute(statement).rowcount == 1
    shop.close()


def _until(deed):
    until = time.monotonic() + 30
    while not deed():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


def test_a_silent_mail_server_holds_up_no_order(crowd):
    """More letters hang than the worker has threads: whoever pays then is served before the first of them gives up."""
    first, later = _opened(crowd), _opened(crowd)
    _order_fault(crowd, "mail.accept", "slow", 60)
    for wave in first, later:
        for buyer, page in _pay_and_close(crowd, wave).items():
            buyer.wait_for(page, "ready")
    begun = "SELECT count(*) FROM outbox WHERE job LIKE 'letters.%' AND attempts > 0"
    assert _ask(crowd, begun) > 0
    assert _ask(crowd, "SELECT count(*) FROM outbox WHERE job LIKE 'letters.%' AND (last_error != '' OR done_at)") == 0


def test_a_silent_supplier_holds_up_no_letter(crowd):
    """More orders hang than the worker has threads: a sign-in code arrives before the first of them gives up."""
    opened = _opened(crowd)
    _order_fault(crowd, "linksfield.payment_notice", "hang", 30)
    _pay_and_close(crowd, opened)
    open_calls = "SELECT count(*) FROM calls WHERE step LIKE 'notify-%' AND ended_at IS NULL"
    _until(lambda: _ask(crowd, open_calls) >= Settings().worker_threads)
    traveller = Buyer(crowd.layout.shop_url)
    url = f"{traveller.shop}/en/sign-in"
    fields = hidden_fields(traveller.page(url)) | {"email": "lane@traveller.example"}
    assert traveller.browser.post(url, data=fields, headers={"Referer": url}, timeout=20).ok
    mails = f"{crowd.layout.sandbox_url}/mailbox/api/messages"
    _until(lambda: requests.get(mails, params={"to": "lane@traveller.example"}, timeout=10).json()["messages"])
    assert _ask(crowd, "SELECT count(*) FROM calls WHERE step LIKE 'notify-%' AND ended_at IS NOT NULL") == 0


def test_a_catalogue_that_is_read_slowly_holds_up_no_order(crowd):
    """While the supplier still lists its plans, who waits for a next look gets it, and promises are looked at."""
    opened = _opened(crowd)[:1]
    _order_fault(crowd, "linksfield.package_list", "slow", 5)
    _order_fault(crowd, "linksfield.order_status", "malformed", 0, times=1)
    _tell(crowd, "UPDATE sweeps SET due_at = '2000-01-01 00:00:00' WHERE name = 'catalogue.refresh'")
    reading = "SELECT count(*) FROM sweeps WHERE name = 'catalogue.refresh' AND claim_token IS NOT NULL"
    _until(lambda: _ask(crowd, reading))
    [(buyer, page)] = _pay_and_close(crowd, opened).items()
    buyer.wait_for(page, "ready")
    _tell(crowd, "UPDATE sweeps SET due_at = '2000-01-01 00:00:00' WHERE name = 'ordering.broken_promises'")
    _until(lambda: _ask(crowd, "SELECT due_at > '2001' FROM sweeps WHERE name = 'ordering.broken_promises'"))
    assert _ask(crowd, reading) == 1


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_worker_told_to_stop_ends_the_letter_in_hand(crowd, word):
    """The letter that the mail server is just taking is written down as sent, so that nobody sends it again."""
    opened = _opened(crowd)[:1]
    _order_fault(crowd, "mail.accept", "slow", 1)
    _pay_and_close(crowd, opened)
    letter = "SELECT count(*) FROM outbox WHERE job LIKE 'letters.%' AND "
    _until(lambda: _ask(crowd, f"{letter} attempts > 0"))
    worker = crowd.process("worker")
    worker.send_signal(word)
    assert worker.wait(timeout=20) == 0
    assert _ask(crowd, f"{letter} state = 'done' AND attempts = 1") == 1
    assert len(requests.get(f"{crowd.layout.sandbox_url}/mailbox/api/messages", timeout=10).json()["messages"]) == 1
