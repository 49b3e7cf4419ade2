"""The shop as a real server with workers, and a real browser in front of it."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from storefront.sandbox import server
from storefront.wiring import wire
from storefront.worker.run import drain
from tests.apps import create_app
from tests.browser.person import Person
from tests.conftest import WEBHOOK_SECRET, find_chromium, settings_for

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
SIZES = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
        "user_agent": IPHONE,
        "device_scale_factor": 2,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}


class Shop:
    """A running shop: its address, its house, the outside world, and threads that do the workers' part."""

    def __init__(self, folder, stocked):
        self.sandbox = server.start(
            mail_port=0, offset_file=folder / "clock-offset", webhook_secret=WEBHOOK_SECRET, shop_webhook_url=""
        )
        (folder / "shop.sqlite").write_bytes(stocked.read_bytes())
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.house = wire(
            settings_for(
                self.sandbox,
                folder,
                public_url=self.url,
                announcement="Test shop",
                card_login_per_network=1000,
            )
        )
        self.app = create_app(self.house)
        self.sandbox.world.stripe.dispatcher.url = f"{self.url}/webhooks/stripe"
        self._stop = threading.Event()
        self.hands = threading.Lock()
        self._threads = [threading.Thread(target=self._server.serve_forever), threading.Thread(target=self._work)]
        for thread in self._threads:
            thread.start()

    def _serve(self, environ, start_response):
        # The address is known only once the server stands, and the app must know it.
        return self.app(environ, start_response)

    def _work(self):
        while not self._stop.wait(0.1):
            # Whoever holds the hands does the workers' part meanwhile, step by step.
            with self.hands:
                drain(self.house)

    def stop(self):
        """End everything."""
        self._stop.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        self.house.engine.dispose()
        self.sandbox.stop()


@pytest.fixture
def shop(tmp_path, stocked_database):
    """A running shop of this test's own."""
    running = Shop(tmp_path, stocked_database)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=list(SIZES))
def size(request):
    """A phone and a desktop."""
    return request.param


@pytest.fixture
def person(chromium, shop, size):
    """Somebody in front of the shop; every page they see must be free of script errors and foreign requests."""
    context = chromium.new_context(**SIZES[size])
    somebody = Person(context, shop)
    yield somebody
    somebody.check_pages()
    context.close()
