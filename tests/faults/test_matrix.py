"""A slice of the fault matrix (`make faults`: the whole), and what keeps its planted mistakes plantable."""

import pytest

from tests.faults import matrix
from tests.faults.mutants import MUTANTS
from tests.faults.plant import ROOT
from tests.faults.scripts import TROUBLES

EACH = 14


def some(workers, databases):
    """As many runs as there are troubles, each trouble once, on so many workers."""
    indices = [index for index in range(500) if matrix.cell(index, databases)[1] == workers]
    return indices[:EACH]


@pytest.mark.parametrize("workers", matrix.WORKERS)
def test_a_slice_on_sqlite(stocked_database, workers):
    """Every trouble once, at changing moments and over changing kinds of purchases: no promise is broken."""
    report = matrix.play_all(some(workers, ("sqlite",)), 7, ("sqlite",), stocked_database, None)
    assert report.violations == []
    assert set(report.runs) >= set(TROUBLES)
    assert report.ends.total() >= EACH


@pytest.mark.postgres
@pytest.mark.parametrize("workers", matrix.WORKERS)
def test_a_slice_on_postgres(postgres, workers):
    """As above, on PostgreSQL."""
    report = matrix.play_all(some(workers, ("postgres",)), 7, ("postgres",), None, postgres)
    assert report.violations == []
    assert set(report.runs) >= set(TROUBLES)


def test_the_matrix_has_no_hole():
    """Each trouble meets each moment on each number of workers and both databases, with every kind of purchase."""
    cells = {matrix.cell(index) for index in range(10_000)}
    wanted = len(matrix.DATABASES) * len(matrix.WORKERS) * len(TROUBLES) * len(matrix.MOMENTS) * len(set(matrix.MIX))
    assert len(cells) == wanted


def test_planted_mistakes_still_fit():
    """Each text that a mistake replaces stands in its file exactly once; otherwise it would plant nothing."""
    for mutant in MUTANTS:
        for name, old, new in mutant.changes:
            assert (ROOT / name).read_text().count(old) == 1, (mutant.name, name, old)
            assert old != new
