"""Write the hashed requirement files from the ranges in pyproject.toml; no index address ends up in them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETS = {"run": (), "demo": ("sandbox",), "test": ("sandbox", "test"), "lint": ("sandbox", "test", "lint")}


def main() -> None:
    """Resolve each set; needs pip-tools, which the lint set brings."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
    for name, groups in SETS.items():
        wanted = list(project["project"]["dependencies"])
        for group in groups:
            wanted += project["dependency-groups"][group]
        with tempfile.NamedTemporaryFile("w", suffix=".in") as ranges:
            ranges.write("\n".join(wanted) + "\n")
            ranges.flush()
            flags = ["--generate-hashes", "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"]
            flags += ["--strip-extras", "--allow-unsafe", "--no-header", "--no-annotate", "--quiet"]
            target = HERE / f"{name}.txt"
            subprocess.run(  # noqa: S603 - a fixed command of our own
                [sys.executable, "-m", "piptools", "compile", *flags, "-o", str(target), ranges.name], check=True
            )
        lines = [line for line in target.read_text().splitlines() if not line.startswith(("--", "#"))]
        target.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
