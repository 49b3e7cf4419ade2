"""The catalogue follows the supplier, and survives its bad days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlmodel import select

from storefront.catalogue.gather import ASKERS, GIVE_UP_AFTER
from storefront.kernel.errors import Unintelligible, Unreachable
from storefront.models.catalogue import Destination, Plan
from storefront.ports import Quote, SupplierCountry
from tests.catalogue.making import AUSTRIA, FRANCE, ITALY, JAPAN, NOON, Stall, plan, quote


def listed(stall: Stall) -> set[int]:
    """Ids on sale."""
    return {one.id for one in stall.shelf().plans.values()}


def test_plans_and_places_appear_with_readable_addresses(stall: Stall) -> None:
    """A local plan stands under its country, a bundle under its region and all its countries."""
    stall.supplier.stock(
        plan(1, JAPAN), plan(2, FRANCE, AUSTRIA, ITALY, name="Europe 10 GB", data_mb=10240, quotes=(quote("19.9"),))
    )
    report = stall.refresh()
    shelf = stall.shelf()
    assert report.is_well
    assert set(shelf.plans) == {"japan-5gb-30days", "europe-10gb-30days"}
    assert shelf.plans["europe-10gb-30days"].covers == ("austria", "france", "italy")
    assert shelf.plans["europe-10gb-30days"].home == "europe"
    assert {one.id for one in shelf.at["france"]} == {2}
    assert shelf.places["europe"].is_region
    assert shelf.places["japan"].plan_count == 1


def test_addresses_are_unique_and_stay(stall: Stall) -> None:
    """Two plans of one shape get two addresses, and neither changes when the plan does."""
    stall.supplier.stock(plan(1, JAPAN), plan(2, JAPAN))
    stall.refresh()
    before = {one.id: one.slug for one in stall.shelf().plans.values()}
    stall.supplier.stock(plan(1, JAPAN, data_mb=1024, days=7), plan(3, JAPAN))
    stall.refresh()
    after = {one.id: one.slug for one in stall.shelf().plans.values()}
    assert before == {1: "japan-5gb-30days", 2: "japan-5gb-30days-2"}
    assert after == {**before, 3: "japan-5gb-30days-3"}


def test_a_refresh_brings_new_facts(stall: Stall) -> None:
    """Price, coverage and stock follow the supplier; the exact number is kept."""
    stall.supplier.stock(plan(1, FRANCE, ITALY, AUSTRIA, name="Europe"))
    stall.refresh()
    stall.supplier.stock(plan(1, FRANCE, quotes=(quote("5"), quote("600", "JPY")), in_stock=False))
    stall.refresh(now=NOON + dt.timedelta(hours=1))
    (found,) = stall.shelf().plans.values()
    assert [(one.currency, one.amount) for one in found.quotes] == [("USD", "5"), ("JPY", "600")]
    assert (found.covers, found.home, found.is_regional, found.in_stock) == (("france",), "france", False, False)


def test_a_plan_that_vanishes_leaves_the_shelf_and_may_return(stall: Stall) -> None:
    """The row stays for the orders that name it; coming back, it has its old address."""
    stall.supplier.stock(plan(1, JAPAN), plan(2, JAPAN), plan(3, JAPAN))
    stall.refresh()
    gone = stall.supplier.sold.pop(2)
    report = stall.refresh()
    assert (report.delisted, listed(stall)) == (1, {1, 3})
    with stall.read() as session:
        assert session.get(Plan, 2) is not None
    stall.supplier.stock(gone)
    assert (stall.refresh().added, listed(stall)) == (0, {1, 2, 3})


def test_an_almost_empty_supplier_is_not_believed(stall: Stall) -> None:
    """When more than half of the known plans vanish at once nothing is taken off, until a person says it is true."""
    stall.supplier.stock(*(plan(number, JAPAN) for number in range(1, 11)))
    stall.refresh()
    for number in range(1, 7):
        del stall.supplier.sold[number]
    stall.supplier.stock(*(plan(number, JAPAN) for number in range(21, 41)))
    report = stall.refresh()
    assert (report.delisted, report.refused_to_delist, report.is_well) == (0, 6, False)
    assert "believe_losses" in str(report)
    assert len(listed(stall)) == 30
    assert stall.refresh(believe_losses=True).delisted == 6
    assert len(listed(stall)) == 24


def test_a_failed_country_keeps_its_old_facts(stall: Stall) -> None:
    """Its plans stay on sale as they were, and the report names it."""
    stall.supplier.stock(plan(1, JAPAN), plan(2, FRANCE), plan(3, FRANCE))
    stall.refresh()
    stall.supplier.fails_at[JAPAN.mcc] = Unintelligible("nonsense")
    report = stall.refresh()
    assert report.failed_countries == ("Japan",)
    assert (report.delisted, listed(stall)) == (0, {1, 2, 3})
    assert "Japan" in str(report)


def test_a_failed_plan_keeps_its_old_facts(stall: Stall) -> None:
    """One unreadable detail costs nobody else anything."""
    stall.supplier.stock(plan(1, JAPAN), plan(2, JAPAN))
    stall.refresh()
    stall.supplier.fails_at[1] = Unintelligible("nonsense")
    stall.supplier.stock(plan(2, JAPAN, quotes=(quote("7"),)))
    report = stall.refresh()
    assert report.failed_plans == (1,)
    assert {one.id: one.quotes[0].amount for one in stall.shelf().plans.values()} == {1: "4.99", 2: "7"}


def test_without_the_country_list_nothing_changes(stall: Stall) -> None:
    """The refresh fails as a whole and the shelf stays as it was."""
    stall.supplier.stock(plan(1, JAPAN))
    stall.refresh()
    stall.supplier.fails_at["countries"] = Unreachable("gone")
    with pytest.raises(Unreachable):
        stall.refresh()
    assert listed(stall) == {1}


def test_a_supplier_that_is_gone_is_not_asked_three_hundred_times(stall: Stall) -> None:
    """After a few lost answers in a row the rest is not asked for, and the report says so."""
    stall.supplier.stock(*(plan(number, JAPAN) for number in range(1, 101)))
    stall.supplier.fails_at |= {number: Unreachable("gone") for number in range(1, 101)}
    report = stall.refresh()
    assert report.gave_up
    assert len([one for one in stall.supplier.asked if isinstance(one, int)]) < GIVE_UP_AFTER + ASKERS
    assert len(report.failed_plans) == 100


def test_the_supplier_is_asked_a_few_questions_at_a_time(stall: Stall) -> None:
    """Details are read side by side, never more than the bound."""
    stall.supplier.stock(*(plan(number, JAPAN) for number in range(1, 60)))
    stall.refresh()
    assert stall.supplier.most_at_once <= ASKERS


@pytest.mark.parametrize(
    "bad",
    [
        Quote("USD", 2, Decimal(0)),
        Quote("USD", 2, Decimal(-3)),
        Quote("JPY", 5, Decimal("4.5")),
        Quote("USD", 2, Decimal("4.999")),
        Quote("US", 2, Decimal(5)),
        Quote("USD", 2, Decimal("NaN")),
        Quote("USD", 2, Decimal("1E+12")),
    ],
)
def test_an_unsound_quote_is_dropped_and_told(stall: Stall, bad: Quote) -> None:
    """A price of zero, with too many decimals or beyond belief is no price; the other quotes stay."""
    stall.supplier.stock(plan(1, JAPAN, quotes=(bad, quote("3", "EUR"))), plan(2, JAPAN, quotes=(bad,)))
    report = stall.refresh()
    assert {one.id: [q.currency for q in one.quotes] for one in stall.shelf().plans.values()} == {1: ["EUR"]}
    assert sum("plan 1:" in fault for fault in report.faults) == 1
    assert any("plan 2:" in fault for fault in report.faults)


@pytest.mark.parametrize(
    "changes",
    [
        {"days": 0},
        {"package_code": ""},
        {"covers_mcc": ("999",)},
        {"period_num": 1, "min_periods": 3, "max_periods": 9},
    ],
)
def test_a_plan_nobody_could_buy_is_not_sold(stall: Stall, changes: dict[str, object]) -> None:
    """No validity, no code, no known country, a period outside what may be ordered: told, not sold."""
    stall.supplier.stock(plan(1, JAPAN), plan(2, JAPAN))
    stall.refresh()
    stall.supplier.stock(plan(2, JAPAN, **changes))
    stall.supplier.plans = lambda _country: [1, 2]  # type: ignore[method-assign]
    report = stall.refresh()
    assert listed(stall) == {1}
    assert any(fault.startswith("plan 2:") for fault in report.faults)


def test_supplier_texts_lose_their_markup(stall: Stall) -> None:
    """Pages show words, not tags; a text without end is cut."""
    stall.supplier.stock(
        plan(1, JAPAN, name="<b>Best</b> &amp; fast", description="One<br/>two <script>x</script>", summary="y" * 900)
    )
    stall.refresh()
    (found,) = stall.shelf().plans.values()
    assert (found.name, found.description) == ("Best & fast", "One\ntwo x")
    assert len(found.summary) == 500


def test_an_unknown_country_is_sold_under_the_suppliers_name(stall: Stall) -> None:
    """A country missing from our own list still has a page."""
    stall.supplier.sells_in.append(SupplierCountry("999", "Sealand"))
    stall.supplier.stock(plan(1, SupplierCountry("999", "Sealand")))
    stall.refresh()
    assert set(stall.shelf().plans) == {"sealand-5gb-30days"}


def test_from_prices_are_stored_with_the_places(stall: Stall) -> None:
    """The cheapest plan in stock counts, in the shop's first currency where it is quoted."""
    stall.supplier.stock(
        plan(1, JAPAN, quotes=(quote("9"),)),
        plan(2, JAPAN, quotes=(quote("7"), quote("3", "EUR"))),
        plan(3, JAPAN, quotes=(quote("1"),), in_stock=False),
    )
    stall.refresh()
    with stall.read() as session:
        japan = session.exec(select(Destination).where(Destination.slug == "japan")).one()
    assert (japan.from_minor, japan.from_currency, japan.plan_count) == (700, "USD", 3)
