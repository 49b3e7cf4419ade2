"""Years of auto-renew under random misfortunes: the long run of `test_renewal_life`.

make faults-renewals N=20 SEED=1
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from storefront.catalogue.refresh import refresh
from storefront.db import migrate
from storefront.sandbox import server
from storefront.telemetry.logging import configure_logging
from storefront.wiring import wire
from tests.conftest import WEBHOOK_SECRET, settings_for
from tests.crash.renewal_life import OPS, Life
from tests.crash.renewal_promises import violations

MONTHS = 24


def ops_of(seed):
    """Two years of what may happen, the same for the same seed."""
    chance, days, ops = random.Random(seed), 0, []
    while days < MONTHS * 30:
        # Enrolling again is as likely as all that ends an agreement, or most of two years would be empty.
        name = "enrol" if chance.random() < 0.3 else chance.choice(OPS)
        ops.append((name, chance.randint(1, 20) if name != "leap" else chance.randint(1, 15)))
        days += ops[-1][1]
    return ops


def live(seed, stocked):
    """One life in a world of its own; returns it and what went wrong."""
    with tempfile.TemporaryDirectory() as raw:
        folder = Path(raw)
        shutil.copy(stocked, folder / "shop.sqlite")
        running = server.start(
            mail_port=0,
            seed=7,
            offset_file=folder / "clock-offset",
            webhook_secret=WEBHOOK_SECRET,
            shop_webhook_url="",
        )
        try:
            house = wire(settings_for(running, folder))
            life = Life(house, running)
            life.run(ops_of(seed))
            wrong = violations(life)
            life.house.engine.dispose()
            return life, wrong
        finally:
            running.stop()


def stock(folder, **changes):
    """A migrated database."""
    running = server.start(mail_port=None, webhook_secret=WEBHOOK_SECRET)
    house = wire(settings_for(running, folder, **changes))
    migrate.upgrade(house.engine)
    refresh(house.outside, house.write, settings=house.settings, now=house.outside.clock.now())
    house.engine.dispose()
    running.stop()
    return folder / "shop.sqlite"


def main():
    """Run, count, and say which seed to look at again."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=20, help="lives of two years each")
    options.add_argument("--seed", type=int, default=1, help="of the first life; the others follow")
    chosen = options.parse_args()
    configure_logging(production=True, level="CRITICAL")
    started, done, failed, charged, kept = time.monotonic(), Counter(), 0, 0, 0
    with tempfile.TemporaryDirectory() as raw:
        stocked = stock(Path(raw))
        for seed in range(chosen.seed, chosen.seed + chosen.n):
            life, wrong = live(seed, stocked)
            done += life.done
            charged, kept = charged + life.charged, kept + life.kept
            failed += bool(wrong)
            for line in wrong:
                print(f"seed {seed}: {line}")
            print(
                f"seed {seed}: {life.charged} renewals charged, {life.kept} kept, {len(wrong)} violations", flush=True
            )
    print(
        f"\n{chosen.n} lives of {MONTHS} months, {sum(done.values())} events: {charged} renewals charged, {kept} kept"
    )
    print("  " + ", ".join(f"{name} {count}" for name, count in sorted(done.items())))
    missing = sorted(set(OPS) - set(done))
    if missing:
        print(f"  never happened: {', '.join(missing)} (take more lives)")
    print(f"{failed} lives with violations, {time.monotonic() - started:.0f} s")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
