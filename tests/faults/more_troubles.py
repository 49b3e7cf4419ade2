"""E9 to E14, as in `troubles`."""

from __future__ import annotations

from tests.faults.buyers import DECLINED
from tests.faults.moments import lose_answers
from tests.faults.person import refund
from tests.faults.scripts import finish, trouble
from tests.subscriber import control


@trouble("E9", "a second death while it recovers from the first")
def second_death(buyer, chance):
    shop = buyer.shop
    buyer.place()
    if shop.scythe.deaths:
        buyer.place()
    buyer.pay()
    finish(buyer)
    shop.scythe.order(chance.choice(["before commit", "after commit", "during the call"]), chance.randint(1, 6))
    buyer.wait(0.5, 2)
    finish(buyer)


@trouble("E10", "answers that never come, of every call")
def silence(buyer, chance):
    shop = buyer.shop
    for _ in range(3):
        lose_answers(shop, chance, (*buyer.own, *buyer.cashiers, "stripe.refund_create"), times=4)
    if chance.random() < 0.3:
        shop.world.faults.arm("mail.accept", "refuse", 3)
    if chance.random() < 0.15:
        shop.world.faults.arm("stripe.session_create", "status", 9)
    buyer.place()
    buyer.wait(*(0.2, 0.2, 0.2)[: chance.randint(1, 3)])
    buyer.pay()
    chance.choice([buyer.out_of_stock, buyer.unusable, bool])()
    if chance.random() < 0.4:
        buyer.unheard()
        finish(buyer)
        buyer.wait(5, 10, 20, 40)
    finish(buyer)
    buyer.wait(0.5, 2)


@trouble("E11", "no event ever comes, and nobody comes back")
def nobody(buyer, chance):
    buyer.place()
    buyer.pay()
    buyer.shop.news()
    buyer.wait(0.5, 1.2)


@trouble("E12", "refunds and disputes beside the shop")
def beside(buyer, chance):
    shop = buyer.shop
    buyer.place()
    buyer.pay()
    if chance.random() < 0.3:
        shop.world.faults.arm(buyer.last_look, "reset_before", 9)
        finish(buyer)
        for order in buyer.orders()[-1:]:
            refund(shop.eye.bench, order.id)
    elif chance.random() < 0.5:
        finish(buyer)
    for charge in buyer.charges()[-1:]:
        if chance.random() < 0.4:
            made = control(shop.sandbox, f"dispute/{charge['payment_intent']}", reason="fraudulent")
            if chance.random() < 0.6:
                shop.tell(shop.news())
                control(shop.sandbox, f"close_dispute/{made['id']}", won=chance.random() < 0.5)
        else:
            part = {"amount": charge["amount"] // 2} if chance.random() < 0.5 else {"amount": charge["amount"]}
            made = control(shop.sandbox, f"outside_refund/{charge['payment_intent']}", **part)
            if chance.random() < 0.4:
                finish(buyer)
                control(shop.sandbox, f"fail_refund/{made['id']}")
    finish(buyer)


@trouble("E13", "the wrong amount, the wrong currency")
def mismatch(buyer, chance):
    shop = buyer.shop
    buyer.place()
    kind = chance.choice(["more", "less", "currency"])
    with shop.world.lock:
        for page in buyer.pages("open"):
            if kind == "currency":
                page["currency"] = "eur"
            else:
                page["amount_total"] += 1 if kind == "more" else -1
    if buyer.name == "renewal":
        shop.world.faults.arm("mall.single_service_plan_page", "odd_field", 4, field="payAmount", value="99.00")
    buyer.pay()
    finish(buyer)


@trouble("E14", "an abandoned try, and another")
def abandoned(buyer, chance):
    shop = buyer.shop
    buyer.place()
    is_agreed = buyer.name == "first month"
    way = chance.choice(["declined", "cancelled", "left", "unpaid", *["cancelled"] * 4 * is_agreed])
    if way == "declined":
        buyer.pay(DECLINED)
    elif way == "cancelled":
        if is_agreed or chance.random() < 0.5:
            shop.world.faults.arm("stripe.session_create", "reset_after", 1)
            buyer.forms.append(buyer.fill())
            buyer.place()
        buyer.cancel()
        if chance.random() < 0.5:
            buyer.wait(11)
        if chance.random() < 0.5:
            buyer.pay(which=0)
    else:
        buyer.wait(*((0.5,) if way == "left" else (buyer.window, 2)))
    if buyer.name == "renewal":
        buyer.pay_by_hand()
    elif way != "declined":
        buyer.forms.append(buyer.fill())
        buyer.place()
        if chance.random() < 0.3 and way == "left":
            buyer.pay(which=0)
    buyer.pay()
    finish(buyer)
