"""kill -9 at every commit boundary of a purchase, in real processes: whoever commits dies there."""

import os

import pytest

from tests.kill.crowd import DEADLY, ROOT, Stubborn, all_end, judge, small

pytestmark = pytest.mark.kill
MOST = 40


def test_a_kill_at_every_commit(tmp_path):
    """One purchase for each writing commit that a purchase has, killed before it is stored, and one killed after it.

    The deaths fall on web and worker as the commits do. Each order is delivered once and charged once all the same.
    """
    orders = tmp_path / "kill-orders"
    beside = {"PYTHONPATH": os.pathsep.join([str(DEADLY), str(ROOT)]), "KILL_ORDERS": str(orders)}
    buyers = []
    with small(tmp_path / "data", **beside) as crowd:
        for place in ("before", "after"):
            reached = 0
            for nth in range(1, MOST):
                orders.write_text(f"{place} {nth}")
                buyer = Stubborn(crowd, len(buyers))
                buyer.buy()
                buyers.append(buyer)
                is_over = orders.read_text() != ""
                if is_over:
                    is_over = not _comes_to_rest(crowd, buyer, orders)
                crowd.revive()
                if is_over:
                    break
                reached = nth
            orders.write_text("")
            assert reached > 10, f"{place}: a purchase has more commits than {reached}"
        assert all_end(crowd, buyers, 180) == []
        assert judge(crowd, buyers) == []
        code, said = crowd.command("reconcile", "--days", "1")
        assert code == 0, said


def _comes_to_rest(crowd, buyer, orders):
    """The rest of the purchase happens without the buyer; whether its commits reached the ordered death."""
    all_end(crowd, [buyer], 20)
    return orders.read_text() == ""
