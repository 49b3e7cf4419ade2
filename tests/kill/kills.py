"""A stream of purchases while processes are killed at random: the long run of `test_stream`.

make kills N=300 KILLS=200 LAYOUT=large MISHAPS=1
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.kill.books import rows_about
from tests.kill.crowd import FINAL, Stubborn, all_end, in_threads, judge, large, small
from tests.kill.mishaps import Mishaps

LAYOUTS = {"small": small, "large": large}


def stream(crowd, orders, kills, seed, told=lambda _text: None, mishaps=None):
    """`orders` purchases, and so many kills (and `mishaps`) while they go on; what is wrong in the end."""
    chance, buyers = random.Random(seed), [Stubborn(crowd, nth) for nth in range(orders)]
    threads, wrong = in_threads([partial(one.buy) for one in buyers])
    while any(thread.is_alive() for thread in threads):
        crowd.revive()
        if mishaps is not None:
            mishaps.another()
        done = sum(bool(one.order_page) for one in buyers)
        # Spread over the stream: never far ahead of it, never left for its end.
        if crowd.kills < kills and crowd.kills * orders <= (done + 1) * kills:
            crowd.kill(chance.choice(crowd.victims()))
            told(f"{crowd.kills} kills, {done} orders placed")
        time.sleep(chance.random() * 0.3)
    while crowd.kills < kills:
        crowd.kill(chance.choice(crowd.victims()))
        time.sleep(chance.random() * 0.3)
    if mishaps is not None:
        mishaps.end()
    if wrong or crowd.fallen():
        return [*crowd.fallen(), *(f"{type(error).__name__}: {error}" for error in wrong)]
    crowd.revive()
    # So many lost answers about one order that its case opens are possible; deaths alone must not get that far.
    left = all_end(crowd, buyers, 240, FINAL if mishaps is None else FINAL | {"attention"})
    found = [f"{one.email} ends as {one.phase}: {rows_about(crowd, one)}" for one in left]
    if not found:
        time.sleep(1)
    found += judge(crowd, buyers)
    code, said = crowd.command("reconcile", "--days", "1")
    return [*crowd.fallen(), *found, *([] if code == 0 else [f"reconcile: {said}"])]


def main():
    """Run and tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=300, help="purchases")
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--layout", choices=sorted(LAYOUTS), default="small")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--mishaps", action="store_true", help="lost answers, lapsed holds and odd notices too")
    chosen, begun = options.parse_args(), time.monotonic()
    with tempfile.TemporaryDirectory() as raw, LAYOUTS[chosen.layout](Path(raw) / "data") as crowd:
        told = partial(print, end="\r", flush=True) if sys.stdout.isatty() else lambda _text: None
        mishaps = Mishaps(crowd.layout.sandbox_url, random.Random(chosen.seed)) if chosen.mishaps else None
        wrong = stream(crowd, chosen.n, chosen.kills, chosen.seed, told, mishaps)
    for one in wrong:
        print(one)
    met = f", mishaps {dict(sorted(mishaps.met.items()))}" if mishaps else ""
    print(f"{chosen.n} purchases, {crowd.kills} kills{met}, {len(wrong)} violations, {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
