"""E1 to E8: what goes wrong in shops, as scripts. Each plays one purchase; `moments` strikes somewhere in it."""

from __future__ import annotations

import copy
import secrets
from functools import partial

from storefront.kernel.errors import OutsideError
from storefront.models.order import OrderState
from storefront.ordering.steps import wake
from storefront.worker.run import drain
from tests.faults.scripts import an_event, finish, trouble
from tests.making import open_another_page


@trouble("E1", "webhook, landing page and workers at once")
def race(buyer, chance):
    shop = buyer.shop
    buyer.place()
    buyer.pay()
    at_once = [*shop.knocks(shop.news()), partial(shop.web.run, buyer.land), partial(shop.web.run, buyer.land)]
    shop.together([*at_once, *(partial(one.run, drain_some) for one in shop.crew)])
    shop.work()


def drain_some(house):
    """One worker's look."""
    drain(house, rounds=3)


@trouble("E2", "one event many times")
def duplicates(buyer, chance):
    shop = buyer.shop
    buyer.place()
    buyer.pay()
    news = shop.news()
    shop.tell_at_once(news * 3)
    shop.together([*shop.knocks(news), *(partial(one.run, drain_some) for one in shop.crew)])
    shop.tell(news)
    shop.work()


@trouble("E3", "several events about one fact")
def one_fact(buyer, chance):
    shop = buyer.shop
    buyer.place()
    buyer.pay()
    news = shop.news()
    twins = [{**copy.deepcopy(one), "id": f"evt_twin_{secrets.token_hex(6)}"} for one in news]
    for one in twins:
        if one["type"] == "checkout.session.completed":
            one["type"] = "checkout.session.async_payment_succeeded"
    charges = [an_event("charge.refunded", one) for one in buyer.charges()]
    shop.tell_at_once([*news, *twins, *charges])
    shop.work()


@trouble("E4", "events out of order")
def out_of_order(buyer, chance):
    shop = buyer.shop
    buyer.place()
    early = [an_event("checkout.session.expired", one) for one in buyer.pages()]
    buyer.pay()
    news = shop.news()
    chance.shuffle(news)
    shop.tell(early if chance.random() < 0.5 else [])
    for one in reversed(news):
        shop.tell([one])
        if chance.random() < 0.5:
            shop.work()
    shop.tell(early)
    shop.work()


@trouble("E5", "something not final taken as final")
def not_final(buyer, chance):
    shop = buyer.shop
    buyer.place()
    claims = [an_event("checkout.session.completed", {**one, "payment_status": "paid"}) for one in buyer.pages()]
    shop.tell(claims)
    shop.visit(buyer.land)
    shop.work()
    is_early = buyer.name != "renewal" and any(one.state is OrderState.DELIVERED for one in buyer.orders())
    assert not is_early, "delivered before anybody paid"
    if chance.random() < 0.7:
        shop.world.faults.arm("stripe.refund_create", chance.choice(["pending", "settle_later", "fail_later"]), 1)
        if chance.random() < 0.5:
            buyer.out_of_stock()
        buyer.pay()
    finish(buyer)


@trouble("E6", "paid after the reservation or the stock was gone")
def too_late(buyer, chance):
    shop = buyer.shop
    buyer.place()
    shop.pass_time(60 * chance.uniform(0.5, 1.02) * buyer.window)
    if chance.random() < 0.7:
        buyer.out_of_stock()
    if buyer.name == "renewal":
        buyer.late()
    else:
        buyer.pay()
    if chance.random() < 0.5:
        shop.work()
    finish(buyer)


@trouble("E7", "paid twice by two doors")
def twice(buyer, chance):
    shop = buyer.shop
    if chance.random() < 0.2:
        shop.world.faults.arm(chance.choice(["linksfield.package_detail", "linksfield.pre_order"]), "sold_out", 1)
    buyer.place()
    if buyer.name == "renewal":
        buyer.late()
        buyer.pay_by_hand()
    else:
        for order in buyer.orders()[-1:]:
            _second_door(shop, order)
        buyer.pay(which=0)
        if chance.random() < 0.5:
            shop.work()
        buyer.pay()
    finish(buyer)


@trouble("E8", "everything done again")
def again(buyer, chance):
    shop = buyer.shop
    form = buyer.forms[-1]
    if buyer.name != "renewal":
        press = partial(shop.web.run, lambda house: buyer.send(house, form))
        shop.together([press, press])
    buyer.place()
    buyer.place(form if buyer.name != "renewal" else None)
    buyer.pay()
    shop.tell_at_once(shop.news() * 2)
    for order in buyer.orders():
        wake(shop.eye.bench, order.id)
    shop.work()
    for order in buyer.orders():
        wake(shop.eye.bench, order.id)
    shop.visit(buyer.land)
    shop.work()


def _second_door(shop, order):
    """Somebody at the cashier makes another page for the same order."""
    for _ in range(9):
        try:
            open_another_page(shop.eye, order)
        except OutsideError:
            continue
        return
