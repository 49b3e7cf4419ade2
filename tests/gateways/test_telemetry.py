"""Log lines show no secret and no whole identity; metrics count calls by what came of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from storefront.telemetry.logging import configure_logging
from storefront.telemetry.metrics import Metrics
from storefront.telemetry.redaction import is_secret_name, redacted

CODE = "LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815"
ICCID = "89852420180910340793"


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """The logging of the whole process is put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "secret",
    [CODE, CODE.lower(), CODE.removeprefix("LPA:"), "sk_live_51Habcdef", "rk_test_51Habcdef", "whsec_abc123", ICCID],
)
def test_secrets_are_hidden_by_their_shape(secret: str) -> None:
    """A secret in the middle of a sentence does not survive."""
    assert secret not in redacted(f"before {secret} after")
    assert redacted(f"before {secret} after").startswith("before ")


def test_the_two_ends_of_an_iccid_stay() -> None:
    """A masked ICCID can still be matched with the one on a traveller's screen."""
    assert redacted(f"sim {ICCID}") == "sim 8985…0793"


def test_ordinary_numbers_and_words_stay() -> None:
    """References, amounts, times and supplier order ids are what logs are for."""
    text = "order 7K3MXW0T9B at 2026-11-20T21:47:00Z: 4.99 USD, supplier order 1055200093, task_done"
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("token", 1),
        ("x-access-token", 1),
        ("qrCode", 1),
        ("activation_code", 1),
        ("supplierPassword", 1),
        ("stripe_api_key", 1),
        ("passwd", 1),
        ("reference", 0),
        ("vendor_code", 0),
        ("tokens_left", 0),
        ("key", 0),
    ],
)
def test_secrets_are_hidden_by_their_name(name: str, hidden: int) -> None:
    """Whatever a field of such a name holds is hidden, in any spelling."""
    assert is_secret_name(name) is bool(hidden)


@pytest.mark.parametrize("production", [True, False])
def test_no_log_line_shows_a_secret(production: bool) -> None:
    """Fields, nested fields, messages, tracebacks and lines of libraries all pass the redaction."""
    stream = io.StringIO()
    configure_logging(production=production, stream=stream)
    log = structlog.get_logger("storefront.test")
    log.info("profile_fetched", qr_code="hush", nested={"token": "hush", "list": [CODE, ICCID]}, iccid=int(ICCID))
    log.info("mail_sent", email="traveller@example.com", note="to traveller@example.com")
    logging.getLogger("library").warning("got %s", CODE)
    try:
        raise ValueError(f"cannot read {CODE}")
    except ValueError:
        log.exception("parse_failed")
        logging.getLogger("library").exception("failed")
    text = stream.getvalue()
    assert not [secret for secret in ("hush", "04386", ICCID, "traveller@") if secret in text]
    assert "profile_fetched" in text
    assert "ValueError" in text


def test_production_lines_are_json() -> None:
    """Each line is one object with the event, the level, the logger and the time."""
    stream = io.StringIO()
    configure_logging(production=True, stream=stream)
    structlog.get_logger("storefront.test").warning("outside_called", outcome="ok", seconds=0.25)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("outside_called", "warning", "storefront.test")
    assert (line["outcome"], line["seconds"]) == ("ok", 0.25)
    assert line["timestamp"].endswith("Z")


def test_calls_are_counted_by_outcome() -> None:
    """Two shops in one process count separately, and the exposition shows the labels."""
    ours, theirs = Metrics(), Metrics()
    ours.observe_call("linksfield", "pre_order", "sold_out", 0.2)
    wanted = b'storefront_outside_calls_total{operation="pre_order",outcome="sold_out",vendor="linksfield"} 1.0'
    assert wanted in ours.exposition()
    assert wanted not in theirs.exposition()
