"""What people sent in for a case is deleted a month after it was settled."""

from __future__ import annotations

import datetime as dt

from sqlmodel import select

from storefront.cases import ask, resolve
from storefront.cases.ask import Asked
from storefront.cases.forget import KEPT_FOR, forget_proofs
from storefront.models.case import Case, CaseProof
from storefront.ordering.place import place
from tests.making import wanted


def test_words_and_files_go_a_month_after_their_case_was_settled(house):
    """Not while it is open, not a day too early; the case and how it ended stay."""
    now = house.bench.now()
    cases = []
    for email in ("ada@traveller.example", "eva@traveller.example"):
        order_id = place(house.bench, wanted(house, email=email, form_key=email)).order_id
        with house.write() as session:
            asked = Asked(wish="no_data", email=email, words="It does not work.", file=b"")
            case = {"owner": "desk", "now": now, "order_id": order_id, "asked": asked}
            cases.append(ask.ask_about_order(session, house.vault, **case))
    with house.write() as session:
        resolve.resolve(session, cases[0], by="Eva", resolution="explained", now=now)
    assert forget_proofs(house.write, now + KEPT_FOR - dt.timedelta(hours=1)) == 0
    assert forget_proofs(house.write, now + KEPT_FOR + dt.timedelta(hours=1)) == 1
    with house.read() as session:
        assert [one.case_id for one in session.exec(select(CaseProof))] == [cases[1]]
        assert session.get_one(Case, cases[0]).resolution == "explained"
