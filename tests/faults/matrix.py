"""The fault matrix: E1 to E14, at four moments, on one, two and eight workers, over three kinds of purchases.

make faults N=10000 SEED=1
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from storefront.telemetry.logging import configure_logging
from tests.crash.faults_renewals import stock
from tests.faults import more_troubles, troubles
from tests.faults.judge import edges_of, judge, judge_the_end, never_walked
from tests.faults.moments import MOMENTS, heal, strike
from tests.faults.person import decide
from tests.faults.process import calls_can_kill
from tests.faults.renewers import KINDS
from tests.faults.scripts import TROUBLES
from tests.faults.shop import Shop
from tests.postgres import Server

SCRIPTS = (troubles, more_troubles)
WORKERS = (1, 2, 8)
DATABASES = ("sqlite", "postgres")
HALF = ("one-off", "top-up", "one-off", "first month", "one-off", "top-up", "one-off", "top-up", "one-off")
MIX = (*HALF, "renewal", *HALF, "one-off")
"""A renewal takes as long as seven others: one in twenty."""
CHUNK, HURRIED = 35, 8
JUDGED_FROM = 2000
"""With fewer runs an edge may stay unwalked by chance: it is told, and does not fail the run."""


@dataclass
class Report:
    """What some runs came to; reports add up."""

    runs: Counter = field(default_factory=Counter)
    faults: Counter = field(default_factory=Counter)
    ends: Counter = field(default_factory=Counter)
    edges: Counter = field(default_factory=Counter)
    violations: list = field(default_factory=list)

    def add(self, other):
        """Take another report in."""
        for name in ("runs", "faults", "ends", "edges"):
            getattr(self, name).update(getattr(other, name))
        self.violations += other.violations


def cell(index, databases=DATABASES):
    """Database, workers, kind, trouble and moment of a run."""
    database, rest = databases[index % len(databases)], index // len(databases)
    workers, rest = WORKERS[rest % len(WORKERS)], rest // len(WORKERS)
    troubles = list(TROUBLES)
    trouble, rest = troubles[rest % len(troubles)], rest // len(troubles)
    # The index itself is added where a few runs would otherwise meet one moment or one kind only.
    moment, rest = MOMENTS[(rest + index) % len(MOMENTS)], rest // len(MOMENTS)
    return database, workers, MIX[(rest + index) % len(MIX)], trouble, moment


def play(shop, index, seed, databases):
    """One purchase in trouble; what it came to and what was wrong with it."""
    database, workers, kind, trouble, moment = cell(index, databases)
    chance, report = random.Random(f"{seed}:{index}"), Report()
    where = f"SEED={seed} ONLY={index} ({database}, {workers} workers, {kind}, {trouble}, {moment})"
    since = shop.eye.bench.now()
    wrong, buyer = [], KINDS[kind](shop, chance)
    try:
        buyer.prepare()
        strike(shop, buyer, moment, chance)
        try:
            TROUBLES[trouble][1](buyer, chance)
        finally:
            deaths, faults = heal(shop)
        report.faults.update(f"{one['target']} {one['kind']}" for one in faults)
        report.faults.update({f"killed {moment}": deaths} if deaths else {})
        buyer.see_it_through()
        wrong += judge(buyer, since)
        report.ends.update(f"{kind}: {one.state.value}" for one in buyer.orders())
        decide(buyer, chance)
        wrong += judge_the_end(buyer)
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {error}")
        if os.environ.get("TRACE"):
            raise
    report.runs[f"{database}, {workers} workers"] += 1
    report.runs[trouble] += 1
    report.runs[moment] += 1
    report.violations += [f"{where}: {one}" for one in wrong]
    return report


def quiet():
    """A process of its own says nothing but its report."""
    configure_logging(production=True, level="CRITICAL")
    warnings.simplefilter("ignore", ResourceWarning)


def play_all(indices, seed, databases, stocked, postgres, is_first_enough=False):
    """Runs of one database and one number of workers, in one shop; a run that went wrong leaves it to a new one."""
    report, left = Report(), list(indices)
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with calls_can_kill():
        while left:
            with tempfile.TemporaryDirectory(dir=base) as raw:
                left = _in_one_shop(left, seed, databases, Path(raw), stocked, postgres, report, is_first_enough)
    return report


def _in_one_shop(indices, seed, databases, folder, stocked, postgres, report, is_first_enough):
    database, workers, *_ = cell(indices[0], databases)
    address = ""
    if database == "postgres":
        address = postgres.create(f"f{folder.name.lower()}{indices[0]}", "stocked")
    else:
        shutil.copy(stocked, folder / "shop.sqlite")
    shop, left = Shop(folder, workers=workers, database_url=address), list(indices)
    try:
        while left:
            one = play(shop, left.pop(0), seed, databases)
            report.add(one)
            if one.violations:
                left = [] if is_first_enough else left
                break
    finally:
        report.edges.update(edges_of(shop.eye))
        shop.close()
        if address:
            postgres.drop(address.rpartition("/")[2])
    return left


def chunks(wanted, databases, most=CHUNK):
    """Runs that can share a shop, some at a time."""
    groups = {}
    for index in wanted:
        groups.setdefault(cell(index, databases)[:2], []).append(index)
    return [group[at : at + most] for group in groups.values() for at in range(0, len(group), most)]


def run(wanted, *, seed, databases, jobs, folder, is_first_enough=False):
    """Play the wanted runs; one report of all."""
    report, begun = Report(), time.monotonic()
    stocked = stock(folder)
    postgres = _stocked_postgres(stocked, folder) if "postgres" in databases else None
    try:
        todo = chunks(wanted, databases, HURRIED if is_first_enough else CHUNK)
        if jobs == 1:
            for some in todo:
                report.add(play_all(some, seed, databases, stocked, postgres))
            return report
        one = partial(
            play_all,
            seed=seed,
            databases=databases,
            stocked=stocked,
            postgres=postgres,
            is_first_enough=is_first_enough,
        )
        with get_context("spawn").Pool(jobs, initializer=quiet, maxtasksperchild=20) as pool:
            for nth, fresh in enumerate(pool.imap_unordered(one, todo), 1):
                report.add(fresh)
                for violation in fresh.violations:
                    print(violation, flush=True)
                if report.violations and is_first_enough:
                    break
                if nth % 10 == 0:
                    print(
                        f"{nth}/{len(todo)} shops, {len(report.violations)} violations, {_minutes(begun)}", flush=True
                    )
    finally:
        if postgres is not None:
            postgres.stop()
    return report


def _stocked_postgres(_stocked, folder):
    server = Server()
    (folder / "pg").mkdir()
    stock(folder / "pg", database_url=server.create("stocked"))
    return server


def _minutes(begun):
    return f"{(time.monotonic() - begun) / 60:.1f} min"


def show(report, options, begun):
    """The table; the exit code."""
    total = sum(report.runs[one] for one in TROUBLES)
    print(f"\n{total} runs, seed {options.seed}, {_minutes(begun)}")
    for name, number in sorted(report.runs.items()):
        print(f"  {number:>6}  {name}{': ' + TROUBLES[name][0] if name in TROUBLES else ''}")
    print(f"\n{sum(report.faults.values())} faults met")
    for name, number in sorted(report.faults.items()):
        print(f"  {number:>6}  {name}")
    print("\nhow orders ended, before a person decided anything")
    for name, number in sorted(report.ends.items()):
        print(f"  {number:>6}  {name}")
    print("\nedges walked")
    for edge, number in sorted(report.edges.items()):
        print(f"  {number:>6}  {edge[0]} -{edge[1]}-> {edge[2]}")
    unwalked = never_walked(report.edges)
    for edge in unwalked:
        print(f"       0  {edge[0]} -{edge[1]}-> {edge[2]}: never walked")
    for one in report.violations:
        print(one)
    print(f"\n{len(report.violations)} violations")
    return 1 if report.violations or (unwalked and total >= JUDGED_FROM) else 0


def main():
    """Run and tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=1000, help="runs in all")
    options.add_argument("--seed", type=int, default=1, help="the same seed is the same runs")
    options.add_argument("--only", type=int, help="play this run alone")
    options.add_argument("--databases", default=",".join(DATABASES))
    options.add_argument("--first", action="store_true", help="stop at the first violation")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen, begun = options.parse_args(), time.monotonic()
    quiet()
    databases = tuple(chosen.databases.split(","))
    wanted = [chosen.only] if chosen.only is not None else range(chosen.n)
    with tempfile.TemporaryDirectory() as raw:
        jobs = 1 if chosen.only is not None else chosen.jobs
        report = run(
            wanted, seed=chosen.seed, databases=databases, jobs=jobs, folder=Path(raw), is_first_enough=chosen.first
        )
    return show(report, chosen, begun)


if __name__ == "__main__":
    sys.exit(main())
