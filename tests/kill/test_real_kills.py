"""Real processes, really killed: gunicorn, worker and sandbox, and kill -9 while orders are under way."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from storefront.sandbox.buyer import Buyer
from storefront.sandbox.supervisor import Supervisor, layout_from

pytestmark = pytest.mark.kill
ROOT = Path(__file__).resolve().parents[2]
ORDERS = 8


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The whole demo as processes, without its walk."""
    layout = layout_from({"ONCE": "1"}, ROOT, data_dir=tmp_path)
    running = Supervisor(layout)
    try:
        running.start()
        yield layout, running
    finally:
        running.stop()


def _kill(layout, running, name):
    """As the machine would at its worst moment."""
    process = running.process(name)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if name == "worker":
        running.start_worker()
    else:
        running.start_web("web", layout.shop_port)


@pytest.mark.parametrize("victim", ["worker", "web"])
def test_every_paid_order_survives_kills(shop, victim):
    """Buyers pay and close their tabs while processes are killed: each order is delivered, none twice."""
    layout, running = shop
    chance = random.Random(5)
    bought = []
    for number in range(ORDERS):
        buyer = Buyer(layout.shop_url)
        plans = [plan for plan in buyer.plans("JP") if plan["in_stock"] and not plan["is_regional"]]
        payment_page = buyer.order(str(plans[number % 3]["slug"]), f"buyer{number}@traveller.example")
        order_page = buyer.pay(payment_page) if number % 2 else _pay_and_close(layout, buyer, payment_page)
        bought.append((buyer, order_page))
        if number in {2, 5}:
            time.sleep(chance.random() * 0.05)
            _kill(layout, running, victim)
    for buyer, order_page in bought:
        buyer.wait_for(order_page, "ready", seconds=90)
    done = subprocess.run(
        [sys.executable, "-m", "flask", "work", "check"],
        cwd=ROOT,
        env=running.environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    events = requests.get(f"{layout.sandbox_url}/stripe/_sandbox/events", timeout=10).json()["events"]
    assert len([one for one in events if one["type"] == "checkout.session.completed"]) == ORDERS
    assert not [one for one in events if one["type"] == "charge.refunded"]


def _pay_and_close(layout, buyer, payment_page):
    """Pay, and never come back: only the webhook and the worker are left."""
    session_id = payment_page.rstrip("/").split("/")[-1]
    answer = buyer.browser.post(
        f"{layout.sandbox_url}/stripe/_sandbox/pay/{session_id}", json={"number": "4242424242424242"}, timeout=20
    )
    said = answer.json()
    assert said.get("result") == "paid", said
    return said["redirect"].split("/paid")[0]
