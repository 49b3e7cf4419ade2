"""Rules about the files themselves."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    path
    for folder in ("storefront", "tests", "bench", "templates", "static", "requirements")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".html", ".css", ".js", ".sh"} and "versions" not in path.parts
]
PROSE = [
    path for path in [*ROOT.glob("*"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*")] if path.is_file()
]
WORK_NOTES = re.compile(rf"\b(?:{'TO'}DO|{'FIX'}ME)\b")
MACHINE_PATHS = re.compile(r"(?<![\w/.])/(?:work|root|home)/\w")
INDEX_HOSTS = re.compile(rf"py{'pi'}\.org|python{'hosted'}|npm{'js'}\.org")


def test_no_file_is_longer_than_300_lines():
    """A file over 300 lines is two files."""
    assert [f"{path.relative_to(ROOT)}" for path in CODE if len(path.read_text().splitlines()) > 300] == []


@pytest.mark.parametrize("rule", [WORK_NOTES, MACHINE_PATHS, INDEX_HOSTS], ids=["notes", "paths", "hosts"])
def test_no_file_holds_work_notes_machine_paths_or_index_hosts(rule):
    """What is committed speaks of the project alone."""
    texts = [path for path in CODE + PROSE if path.suffix not in {".png", ".jpg"} and path.name != ".coverage"]
    assert [str(path.relative_to(ROOT)) for path in texts if rule.search(path.read_text(errors="ignore"))] == []


def test_lock_files_carry_hashes_and_no_address():
    """Every requirement is pinned with hashes, wherever it is fetched from."""
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert "--index" not in text
        pins = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==\S+", text, re.MULTILINE)
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)


def test_every_job_name_has_a_handler():
    """Whatever is staged somewhere can be run by a worker."""
    from storefront.worker.handlers import HANDLERS

    staged = set()
    for path in (ROOT / "storefront").rglob("*.py"):
        staged |= set(re.findall(r'job="([\w.]+)"', path.read_text()))
    assert staged
    assert staged <= set(HANDLERS)
