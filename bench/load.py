"""Load: wrk where it is installed, else plain threads; and buyers who go all the way."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from storefront.sandbox.buyer import Buyer


def requests_per_second(url, *, seconds=4, connections=16):
    """How many answers of 200 a second a page gives."""
    if shutil.which("wrk"):
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url], capture_output=True, text=True, check=True
        )
        assert "Non-2xx" not in done.stdout, done.stdout
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))
    parts, path = urlsplit(url), urlsplit(url).path
    return _posts(parts.netloc, [("GET", path, b"", {})] * 4000, connections)


def best_of(url, *, runs=4):
    """As `requests_per_second`, the best of a few short runs.

    Connections that come at once may all be taken by one of the two processes while the other sleeps: half the answers,
    of a page and of its floor alike, and by chance.
    """
    return max(requests_per_second(url, seconds=1) for _ in range(runs))


def posts_per_second(host, calls, *, connections=8):
    """How many of `calls` (path, body, headers) a second are answered with 200."""
    return _posts(host, [("POST", *call) for call in calls], connections)


def _posts(host, calls, connections):
    shares = [calls[n::connections] for n in range(connections)]
    bad = []

    def work(share):
        line = http.client.HTTPConnection(host, timeout=30)
        for method, path, body, headers in share:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                bad.append(answer.status)

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not bad, bad[:3]
    return len(calls) / (time.monotonic() - started)


def buy_all(layout, slugs, count, buyers):
    """`count` whole purchases by `buyers` at once; returns seconds in all and seconds from paid to QR for each."""
    waits, errors, todo = [], [], list(range(count))
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                if not todo:
                    return
                number = todo.pop()
            try:
                waits.append(_buy_one(layout, slugs[number % len(slugs)], number))
            except Exception as error:
                errors.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(buyers)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started, waits, errors


def _buy_one(layout, slug, number):
    buyer = Buyer(layout.shop_url)
    page = buyer.order(slug, f"bench{number}.{time.monotonic_ns()}@traveller.example")
    session_id = page.rstrip("/").split("/")[-1]
    answer = buyer.browser.post(f"{layout.sandbox_url}/stripe/_sandbox/pay/{session_id}", json={}, timeout=30).json()
    paid_at = time.monotonic()
    landed = buyer.browser.get(answer["redirect"], timeout=30)
    if "qr.svg" not in landed.text:
        # The waiting page asks every two seconds; a quarter of that keeps the figure sharp without being the load.
        buyer.wait_for(landed.url, "ready", pause=0.5)
    waited = time.monotonic() - paid_at
    buyer.browser.close()
    return waited


def latencies(url, *, rate, seconds):
    """Seconds each of `rate` requests a second took, sent evenly by one client."""
    parts = urlsplit(url)
    line, taken, begun = http.client.HTTPConnection(parts.netloc, timeout=30), [], time.monotonic()
    for number in range(int(rate * seconds)):
        ahead = begun + number / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        started = time.monotonic()
        line.request("GET", parts.path)
        line.getresponse().read()
        taken.append(time.monotonic() - started)
    return taken


def percentile(values, share):
    """The value below which `share` of them lie."""
    return statistics.quantiles(values, n=100)[int(share * 100) - 1] if len(values) > 1 else values[0]


def cpu_seconds(pid):
    """User and system time of a process and its children, living and gone."""
    total = 0.0
    for one in [pid, *_children(pid)]:
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        # Its own time, and that of children it has buried: a web process is replaced after so many requests.
        total += sum(int(part) for part in fields[11:15]) / 100
    return total


def memory_mb(pid):
    """Proportional memory of each process below `pid` (itself included), in MB."""
    found = []
    for one in [pid, *_children(pid)]:
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        found.append(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE).group(1)) / 1024)
    return found


def _children(pid):
    direct = [one for one, parent in _parents() if parent == pid]
    return direct + [deeper for one in direct for deeper in _children(one)]


def _parents():
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(stat.parent.name), int(fields[1])


def as_table(rows):
    """Rows of (what, measured, target, verdict) for people."""
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{what:<{width}}  {got:>22}  {target:>14}  {verdict}" for what, got, target, verdict in rows)


def as_json(rows):
    """The same for machines."""
    names = ("what", "measured", "target", "verdict")
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2)
