"""Rates shared by several processes through Redis."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storefront.web.limits import Limiter


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """Start a Redis of this test's own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = shutil.which("redis-server") or ""
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        running.terminate()


@pytest.mark.redis
def test_processes_share_a_count(redis_url: str) -> None:
    """Two web processes together allow a network its rate once, and tell it how long to wait."""
    first, second = Limiter(redis_url), Limiter(redis_url)
    keys = {"network": "203.0.113.5"}
    for _ in range(30):
        assert first.wait("sign_in", keys) == 0
        assert second.wait("sign_in", keys) == 0
    assert 1 <= first.wait("sign_in", keys) <= 60
    assert 1 <= second.wait("sign_in", keys) <= 60
