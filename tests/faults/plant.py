"""Plant each mistake of `mutants` in a copy of the shop and let the fault matrix look for it.

make mutants
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults.mutants import MUTANTS

TREE = ("storefront", "templates", "static", "tests", "translations", "pages", "pyproject.toml", "wsgi.py")
_SAID = re.compile(r"SEED=\d+ ONLY=\d+ \((?P<where>[^)]*)\): (?P<what>.*)")


def plant(mutant, folder):
    """A copy of the shop with one mistake in it."""
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for name, old, new in mutant.changes:
        path = folder / name
        text = path.read_text()
        assert text.count(old) == 1, f"{name} does not hold once: {old}"
        path.write_text(text.replace(old, new))


def look(folder, runs, seed, databases, jobs):
    """What the matrix says of it first; None when it finds nothing."""
    matrix = folder / "tests" / "faults" / "matrix.py"
    options = ["-n", str(runs), "--seed", str(seed), "--databases", databases, "--jobs", str(jobs), "--first"]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, str(matrix), *options], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    found = [_SAID.match(line) for line in done.stdout.splitlines()]
    said = next((one for one in found if one), None)
    if "violations" not in done.stdout:
        raise RuntimeError(done.stderr[-2000:])
    total = re.search(r"^(\d+) runs", done.stdout, re.MULTILINE)
    return said, int(total.group(1)) if total else 0


def main():
    """Plant, look, tell; the exit code is 1 when a mistake was not found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=1500, help="runs at most for each")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--databases", default="sqlite,postgres")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--only", type=int, help="plant this one alone")
    chosen, missed = options.parse_args(), 0
    for nth, mutant in enumerate(MUTANTS, 1):
        if chosen.only not in {None, nth}:
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as raw:
            plant(mutant, Path(raw))
            said, runs = look(Path(raw), chosen.n, chosen.seed, chosen.databases, chosen.jobs)
        took = f"{time.monotonic() - begun:.0f} s"
        missed += said is None
        verdict = f"NOT caught by {runs} runs"
        if said:
            verdict = f"caught within {runs} runs ({said['where']}): {said['what']}"
        print(f"{nth:>2} {mutant.name}\n   {verdict}, {took}", flush=True)
    print(f"\n{missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
