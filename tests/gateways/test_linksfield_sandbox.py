"""The supplier client against the pretend Linksfield on a real socket: the whole flow, and every misfortune once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from storefront.gateways.linksfield.esim import Linksfield
from storefront.gateways.linksfield.tokens import Tokens
from storefront.kernel.activation_code import ActivationCode
from storefront.kernel.errors import (
    HoldLapsed,
    OutsideError,
    PriceChanged,
    Refused,
    SoldOut,
    Unintelligible,
    Unreachable,
)
from storefront.ports import Hold, HoldRequest, PaymentNotice, SupplierCountry, SupplierOrderStatus
from tests.gateways.making import NewSupplier, Observed

SAMPLE = HoldRequest("v1.1", 1000000, "LP20220325000000", 1, "USD", 2, Decimal(5))


@pytest.fixture
def supplier(new_supplier: NewSupplier, sandbox: Any) -> Linksfield:
    """A client of the pretend Linksfield."""
    return new_supplier(sandbox.url + "/linksfield")


@pytest.fixture
def hasty(new_supplier: NewSupplier, new_tokens: Callable[[], Tokens], sandbox: Any) -> Linksfield:
    """A client that waits for half a second only, and has logged in before: a busy disk is no silent supplier."""
    tokens = new_tokens()
    new_supplier(sandbox.url + "/linksfield", tokens=tokens, deadline=30).countries()
    return new_supplier(sandbox.url + "/linksfield", tokens=tokens, deadline=0.5)


def notice(hold: Hold, amount: str = "5", *, succeeded: bool = True) -> PaymentNotice:
    """The notice of a payment for the sample."""
    return PaymentNotice(hold.order_id, amount, "USD", dt.datetime.now(dt.UTC), succeeded)


@pytest.mark.parametrize("api", ["v1.1", "v1.2"])
@pytest.mark.parametrize("catalogue_api", ["v1.0", "v1.1"])
def test_a_profile_is_bought_end_to_end(new_supplier: NewSupplier, sandbox: Any, api: str, catalogue_api: str) -> None:
    """Country, packages, detail, pre-order, notice, status, profile: over all versions of the paths."""
    supplier = new_supplier(sandbox.url + "/linksfield", catalogue_api=catalogue_api)
    malaysia = next(one for one in supplier.countries() if one.iso2 == "MY")
    plan = next(plan for plan in map(supplier.plan, supplier.plans(malaysia)) if plan.package_id == 1000000)
    assert malaysia.mcc in plan.covers_mcc
    assert (plan.package_code, plan.data_mb, plan.days, plan.is_unlimited) == ("LP20220325000000", 500, 30, False)
    assert (plan.period_num, plan.min_periods, plan.max_periods, plan.in_stock) == (1, 1, 1, True)
    quote = next(quote for quote in plan.quotes if quote.currency == "USD")
    assert (str(quote.amount), quote.currency_id) == ("5", 2)

    request = HoldRequest(api, plan.package_id, plan.package_code, 1, quote.currency, quote.currency_id, quote.amount)
    hold = supplier.pre_order(request)
    assert hold.plan_name == plan.name == "C_T_马来西亚泰国500M不限速月套餐(esim)"
    assert hold.ordered_at is not None
    assert abs(hold.ordered_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert supplier.order_status(hold.order_id).status is SupplierOrderStatus.WAITING

    supplier.notify_payment(notice(hold))
    order, profile = supplier.order_status(hold.order_id), supplier.profile(hold.order_id)
    assert order.status is SupplierOrderStatus.PAID
    assert order.activation_code is not None
    assert order.activation_code == profile.activation_code
    assert ActivationCode.parse(order.activation_code)
    assert profile.iccid is not None
    assert profile.iccid.startswith("89")


def test_the_whole_catalogue_can_be_read(supplier: Linksfield) -> None:
    """Every country and every package of the market, odd ones included, becomes a plan with exact prices."""
    countries = supplier.countries()
    numbers = {number for country in countries for number in supplier.plans(country)}
    plans = [supplier.plan(number) for number in numbers]
    assert len(countries) >= 55
    assert len(plans) >= 250
    assert all(quote.money.minor > 0 for plan in plans for quote in plan.quotes)
    assert all((plan.data_mb == 0) is plan.is_unlimited for plan in plans)
    assert any(not plan.in_stock for plan in plans)
    assert any(len(plan.covers_mcc) > 30 for plan in plans)
    assert {plan.days for plan in plans if "by the week" in plan.name} == {7}


def test_unknown_countries_and_plans(supplier: Linksfield) -> None:
    """A country nobody knows has no plans; a plan nobody knows is refused."""
    assert list(supplier.plans(SupplierCountry("999", "Atlantis"))) == []
    with pytest.raises(Refused):
        supplier.plan(1)


def test_a_failed_payment_releases_the_profile(supplier: Linksfield) -> None:
    """After a failed notice the order is dead."""
    hold = supplier.pre_order(SAMPLE)
    supplier.notify_payment(notice(hold, succeeded=False))
    assert supplier.order_status(hold.order_id).status is SupplierOrderStatus.FAILED


def test_a_second_notice_changes_nothing(supplier: Linksfield) -> None:
    """The one repeat that a lost answer may need is harmless."""
    hold = supplier.pre_order(SAMPLE)
    supplier.notify_payment(notice(hold))
    first = supplier.order_status(hold.order_id).activation_code
    supplier.notify_payment(notice(hold))
    assert supplier.order_status(hold.order_id).activation_code == first


def test_a_hold_lapses_by_the_clock(supplier: Linksfield, sandbox: Any) -> None:
    """Eleven minutes later the notice is told that the hold is gone."""
    hold = supplier.pre_order(SAMPLE)
    sandbox.world.clock.move(11 * 60)
    with pytest.raises(HoldLapsed):
        supplier.notify_payment(notice(hold))


def test_a_token_expires_by_the_clock(supplier: Linksfield, sandbox: Any, observed: Observed) -> None:
    """When the supplier's clock is ahead of ours, code 7 is answered by one login and one repeat."""
    supplier.order_status(supplier.pre_order(SAMPLE).order_id)
    sandbox.world.clock.move(4 * 24 * 3600)
    supplier.pre_order(SAMPLE)
    assert [operation for _, operation, _ in observed].count("log_in") == 2


@pytest.mark.parametrize(
    ("amount", "kind"), [("6", PriceChanged), ("five", Refused), ("5.00", None), ("500", PriceChanged)]
)
def test_the_notice_must_name_the_price(supplier: Linksfield, amount: str, kind: type[OutsideError] | None) -> None:
    """A wrong amount, or one in the wrong unit, is a refusal that says so."""
    hold = supplier.pre_order(SAMPLE)
    if kind is None:
        supplier.notify_payment(notice(hold, amount))
        return
    with pytest.raises(OutsideError) as failed:
        supplier.notify_payment(notice(hold, amount))
    assert type(failed.value) is kind


@pytest.mark.parametrize(
    ("fault", "params", "kind"),
    [
        ("timeout_before", {"seconds": 1}, Unreachable),
        ("timeout_after", {"seconds": 1}, Unreachable),
        ("hang", {"seconds": 1}, Unreachable),
        ("slow", {"seconds": 1}, Unreachable),
        ("drip", {"pause": 0.05}, Unreachable),
        ("reset_before", {}, Unreachable),
        ("reset_after", {}, Unreachable),
        ("status", {"status": 500}, Unintelligible),
        ("status", {"status": 503, "effect": True}, Unintelligible),
        ("html", {}, Unintelligible),
        ("malformed", {}, Unintelligible),
        ("missing_field", {"field": "id"}, Unintelligible),
        ("code", {"code": 9999}, Unintelligible),
        ("code", {"code": 3004}, Unintelligible),
        ("code", {"code": 2}, Refused),
        ("sold_out", {}, SoldOut),
        ("price_changed", {}, PriceChanged),
    ],
)
def test_every_misfortune_of_a_pre_order_has_its_error(
    hasty: Linksfield, sandbox: Any, fault: str, params: dict[str, Any], kind: type[OutsideError]
) -> None:
    """Each fault is told apart by what can be done about it, and the pre-order is never repeated by itself."""
    hasty.order_status(hasty.pre_order(SAMPLE).order_id)
    sandbox.arm("linksfield.pre_order", fault, **params)
    with pytest.raises(OutsideError) as failed:
        hasty.pre_order(SAMPLE)
    assert type(failed.value) is kind
    assert not sandbox.world.faults.armed()


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "malformed"])
def test_a_lost_answer_to_a_notice_is_found_by_reading(hasty: Linksfield, sandbox: Any, fault: str) -> None:
    """The notice had its effect although nobody heard of it; the order status tells."""
    hold = hasty.pre_order(SAMPLE)
    sandbox.arm("linksfield.payment_notice", fault, seconds=1)
    with pytest.raises((Unreachable, Unintelligible)):
        hasty.notify_payment(notice(hold))
    assert hasty.order_status(hold.order_id).status is SupplierOrderStatus.PAID


@pytest.mark.parametrize(("fault", "kind"), [("hold_lapsed", HoldLapsed), ("price_changed", PriceChanged)])
def test_a_notice_to_a_dead_hold_says_why(supplier: Linksfield, sandbox: Any, fault: str, kind: type[Refused]) -> None:
    """6006 and 10009 have errors of their own."""
    hold = supplier.pre_order(SAMPLE)
    sandbox.arm("linksfield.payment_notice", fault)
    with pytest.raises(kind):
        supplier.notify_payment(notice(hold))


@pytest.mark.parametrize("target", ["pre_order", "payment_notice", "order_status", "profile"])
def test_a_token_killed_by_a_newer_login_is_replaced(supplier: Linksfield, sandbox: Any, target: str) -> None:
    """Whatever call meets the dead token, the shop logs in once and goes on."""
    hold = supplier.pre_order(SAMPLE)
    supplier.notify_payment(notice(hold))
    calls = {
        "pre_order": lambda: supplier.pre_order(SAMPLE),
        "payment_notice": lambda: supplier.notify_payment(notice(hold)),
        "order_status": lambda: supplier.order_status(hold.order_id),
        "profile": lambda: supplier.profile(hold.order_id),
    }
    sandbox.arm(f"linksfield.{target}", "token_killed")
    calls[target]()


def test_a_login_that_fails_is_not_the_orders_fault(new_supplier: NewSupplier, sandbox: Any) -> None:
    """A wrong password is told as an answer we can do nothing with, never as a refusal of the order."""
    new_supplier(sandbox.url + "/linksfield").pre_order(SAMPLE)
    sandbox.supplier.kill_tokens()
    with pytest.raises(Unintelligible):
        new_supplier(sandbox.url + "/linksfield", password="wrong").pre_order(SAMPLE)


@pytest.mark.parametrize("value", ["image", "base64", "html"])
def test_a_code_that_is_none_is_passed_on_for_others_to_judge(supplier: Linksfield, sandbox: Any, value: str) -> None:
    """The door hands over whatever stands in qrCode; it does not repair, drop or print it."""
    hold = supplier.pre_order(SAMPLE)
    supplier.notify_payment(notice(hold))
    sandbox.arm("linksfield.order_status", "bad_qr", value=value)
    order = supplier.order_status(hold.order_id)
    assert order.status is SupplierOrderStatus.PAID
    assert order.activation_code
    assert order.activation_code not in repr(order)
