"""A slice of the fault matrix (`make faults`: the whole), and what keeps its planted mistakes plantable."""

import pytest

from tests.faults import matrix
from tests.faults.mutants import MUTANTS
from tests.faults.plant import ROOT
from tests.faults.scripts import TROUBLES


def some(workers, databases, share=1):
    """Each trouble once, on so many workers; or one `share`th of the troubles, another for each number of workers."""
    indices = [index for index in range(500) if matrix.cell(index, databases)[1] == workers][: len(TROUBLES)]
    return indices[matrix.WORKERS.index(workers) % share :: share]


@pytest.mark.parametrize("workers", matrix.WORKERS)
def test_a_slice_on_sqlite(stocked_database, workers):
    """Every trouble once on some number of workers, at changing moments and over changing kinds of purchases."""
    chosen = some(workers, ("sqlite",), share=len(matrix.WORKERS))
    report = matrix.play_all(chosen, 7, ("sqlite",), stocked_database, None)
    assert report.violations == []
    assert sum(report.runs[one] for one in TROUBLES) == len(chosen)
    assert report.ends.total() >= len(chosen) >= 4


@pytest.mark.postgres
@pytest.mark.parametrize("workers", matrix.WORKERS)
def test_a_slice_on_postgres(postgres, workers):
    """Every trouble once on each number of workers."""
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
