"""Where the files beside the code are: in a checkout at its top, in an installed package inside it."""

from __future__ import annotations

from pathlib import Path


def beside(name: str) -> Path:
    """The folder of this name beside the package, or its copy within the package."""
    package = Path(__file__).resolve().parent.parent
    outside = package.parent / name
    return outside if outside.is_dir() else package / name
