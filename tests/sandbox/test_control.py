"""The control page and its interface: faults, clock, stock, prices, tokens, log, reset, and the listener under them."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
import requests

from tests.sandbox.supplier_shop import SAMPLE, Shop, open_shop


@pytest.fixture
def shop(tmp_path):
    with open_shop(offset_file=tmp_path / "offset") as opened:
        yield opened


def form(shop: Shop, verb: str, **fields: str) -> requests.Response:
    """A form sent by a browser, and the page it leads to."""
    return shop.session.post(f"{shop.running.url}/control/{verb}", data={"form": "1", **fields}, timeout=5)


def test_a_fault_is_armed_listed_and_disarmed(shop: Shop) -> None:
    """A program orders one with its parameters, sees it waiting, sees it used, and can take it back."""
    wanted = {"target": "linksfield.pre_order", "kind": "code", "times": 2, "params": {"code": 9999}}
    assert shop.control("faults", wanted)["armed"] == [wanted]
    assert shop.pre_order()["code"] == 9999
    listed = shop.control("faults", method="GET")
    assert listed["armed"][0]["times"] == 1
    assert listed["history"] == [{"target": "linksfield.pre_order", "kind": "code"}]
    assert shop.control("faults", method="DELETE")["armed"] == []
    assert shop.pre_order()["code"] == 0


def test_a_form_arms_with_words(shop: Shop) -> None:
    """The page's one line of parameters takes numbers and text."""
    answer = form(shop, "faults", target="linksfield.order_status", kind="bad_qr", times="", params='value="a b" x=2.5')
    assert "Armed." in answer.text
    (fault,) = shop.world.faults.armed()
    assert (fault.times, fault.params) == (1, {"value": "a b", "x": 2.5})


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("faults", {"target": "linksfield.preorder", "kind": "slow"}),
        ("faults", {"target": "linksfield.pre_order", "kind": "slowly"}),
        ("faults", {"target": "linksfield.pre_order", "kind": "slow", "times": 0}),
        ("faults", {"target": "linksfield.login", "kind": "sold_out"}),
        ("faults", {"target": "linksfield.pre_order", "kind": "slow", "params": "seconds"}),
        ("clock", {"seconds": "soon"}),
        ("clock", {"seconds": "nan"}),
        ("clock", {}),
        ("stock", {"package": 1, "stock": 1}),
        ("stock", {"package": SAMPLE["id"], "stock": -1}),
        ("price", {"package": SAMPLE["id"], "price": 0}),
        ("price", {"package": SAMPLE["id"], "price": "5", "currency": "EUR"}),
    ],
)
def test_nonsense_is_refused_with_a_sentence(shop: Shop, verb: str, body: dict[str, object]) -> None:
    """400 and what would be right, for programs and for people alike; nothing is armed."""
    answer = shop.session.post(f"{shop.running.url}/control/{verb}", json=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert form(shop, verb, **{name: str(value) for name, value in body.items()}).status_code == 400
    assert shop.world.faults.armed() == []


def test_the_clock_moves_and_the_file_tells_the_shop(shop: Shop, tmp_path) -> None:
    """Both ways add up, and the shop's processes can read the sum."""
    assert shop.control("clock", {"seconds": 90})["offset"] == 90
    form(shop, "clock", seconds="-30")
    assert float((tmp_path / "offset").read_text()) == 60


def test_the_market_moves(shop: Shop) -> None:
    """Stock and price change for the next caller, by id or by code."""
    shop.control("price", {"package": SAMPLE["packageCode"], "price": "6.25"})
    form(shop, "stock", package=str(SAMPLE["id"]), stock="0")
    detail = shop.detail()
    assert (detail["currencyInfos"][0]["price"], detail["stock"]) == (6.25, 0)
    assert shop.pre_order(money=6.25)["code"] == 10010


def test_tokens_can_be_killed(shop: Shop) -> None:
    """All of them at once; the next call is told 7."""
    assert shop.control("tokens/kill") == {"killed": 1}
    assert shop.pre_order()["code"] == 7


def test_the_log_tells_calls_and_no_secrets(shop: Shop) -> None:
    """Path, target, code and fault of each call, newest first, without tokens, passwords and activation codes."""
    order = shop.held()
    shop.notice(order)
    code = shop.status(order)["qrCode"]
    calls = shop.control("log?service=linksfield", method="GET")["calls"]
    assert [call["target"] for call in calls] == ["order_status", "payment_notice", "pre_order", "login"]
    assert calls[2]["what"] == "POST /v1.1/package/preOrderPackage"
    assert len(shop.control("log?target=pre_order", method="GET")["calls"]) == 1
    page = shop.session.get(f"{shop.running.url}/control", timeout=5).text
    for secret in (code, code.split("$")[2], shop.token):
        assert secret not in page + str(calls)


def test_a_reset_is_the_first_day(shop: Shop) -> None:
    """Orders, stock, tokens, faults, log and mails are gone; the clock stays, since time cannot go back."""
    before = shop.stock()
    order = shop.held()
    shop.world.faults.arm("linksfield.pre_order", "slow")
    shop.control("clock", {"seconds": 60})
    state = shop.control("reset")
    assert (state["orders"]["waiting"], state["armed"], state["offset"]) == (0, 0, 60)
    assert shop.stock() == before
    assert shop.pre_order()["code"] == 7
    shop.log_in()
    assert shop.status(order)["code"] == 10008


def test_the_page_explains_every_target(shop: Shop) -> None:
    """Targets and kinds stand on the page, which brings no script and lets nobody else's form in."""
    answer = shop.session.get(f"{shop.running.url}/control", timeout=5)
    for name in shop.control("faults", method="GET")["targets"]:
        assert name in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    foreign = shop.session.post(
        f"{shop.running.url}/control/reset", headers={"Sec-Fetch-Site": "cross-site"}, timeout=5
    )
    assert foreign.status_code == 403


def test_the_page_begins_with_what_is_on_and_one_button_that_ends_it(shop: Shop) -> None:
    """The clock and the armed faults stand first; only their end leads, and only while there is one to end."""
    calm = shop.session.get(f"{shop.running.url}/control", timeout=5).text
    assert "Nothing: every call is answered well." in calm
    assert 'class="leads"' not in calm
    shop.world.faults.arm("linksfield.pre_order", "slow", 3, seconds=9)
    page = shop.session.get(f"{shop.running.url}/control", timeout=5).text
    now = page[page.index("What is happening now") : page.index("Let something go wrong")]
    assert all(said in now for said in ("<time", "<b>slow</b> × 3", "linksfield.pre_order", "seconds=9"))
    assert page.count('class="leads"') == now.count('class="leads">Put everything right') == 1
    assert "Everything is right again" in form(shop, "faults/clear").text
    assert shop.world.faults.armed() == []


def test_each_service_offers_its_own_places_and_faults(shop: Shop) -> None:
    """A form names no fault that its places do not know."""
    page = shop.session.get(f"{shop.running.url}/control", timeout=5).text
    mail = page[page.index("<h3>Mail</h3>") :].split("</form>")[0]
    assert "<option>mail.accept</option>" in mail
    assert "<option>refuse</option><option>slow</option>" in mail
    assert "linksfield" not in mail


def test_unknown_places_are_404(shop: Shop) -> None:
    """A path that merely starts like a service is none of it."""
    for path in ("/controls", "/linksfieldx", "/nowhere", "/control/nothing", "/mailbox/abc"):
        assert shop.session.get(shop.running.url + path, timeout=5).status_code == 404, path


def raw(shop: Shop, data: bytes) -> bytes:
    """What comes back for these bytes until the server closes."""
    with socket.create_connection(("127.0.0.1", shop.running.port), timeout=5) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        pieces = []
        while piece := line.recv(65_536):
            pieces.append(piece)
        return b"".join(pieces)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, b"431"),
    ],
)
def test_what_is_no_request_is_refused(shop: Shop, data: bytes, status: bytes) -> None:
    """The listener answers with the right status and closes."""
    assert raw(shop, data).split(b" ")[1] == status


def test_requests_may_follow_each_other_on_one_line(shop: Shop) -> None:
    """Two requests in one packet get two answers in order; HEAD gets no body; HTTP/1.0 is closed."""
    answers = raw(shop, b"HEAD /healthz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n")
    first, second, body = answers.split(b"\r\n\r\n")
    assert b"Content-Length: 2" in first
    assert b"Connection: close" in second
    assert body == b"ok"


def test_the_command_serves_until_it_is_told_to_end(tmp_path) -> None:
    """It says where it is, answers there, refuses a taken port in one line, and ends well on SIGTERM."""
    command = [sys.executable, "-m", "storefront.sandbox", "--mail-port", "0", "--port"]
    with subprocess.Popen([*command, "0"], stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().split()[3]
        assert requests.get(f"{url}/healthz", timeout=5).text == "ok"
        taken = subprocess.run(
            [*command, url.rpartition(":")[2]], capture_output=True, text=True, timeout=20, check=False
        )
        assert (taken.returncode, taken.stderr.count("\n")) == (1, 1)
        process.terminate()
        assert process.wait(timeout=10) == 0
