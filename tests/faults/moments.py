"""When it goes wrong: a death before or after a commit, a death in the middle of a call, or answers that are lost."""

from __future__ import annotations

from tests.faults.process import AFTER_COMMIT, BEFORE_COMMIT, DURING_CALL

LOST_ANSWER = "answer lost"
MOMENTS = (BEFORE_COMMIT, AFTER_COMMIT, DURING_CALL, LOST_ANSWER)
_LOSSES = (
    ("reset_after", {}),
    ("reset_before", {}),
    ("malformed", {}),
    ("timeout_after", {"seconds": 0.4}),
    ("timeout_before", {"seconds": 0.4}),
    ("drip", {"pause": 0.1, "seconds": 0.1}),
    ("status", {"status": 503}),
)


def strike(shop, buyer, moment, chance):
    """Order what goes wrong from now on."""
    if moment == LOST_ANSWER:
        for _ in range(chance.randint(1, 3)):
            lose_answers(shop, chance, (*buyer.own, *buyer.cashiers))
    else:
        shop.scythe.order(moment, chance.randint(1, buyer.calls if moment == DURING_CALL else buyer.commits))


def lose_answers(shop, chance, targets, *, times=2):
    """One kind of lost answer at one kind of call, now or for the next few."""
    target, (kind, more) = chance.choice(targets), chance.choice(_LOSSES)
    shop.world.faults.arm(target, kind, chance.randint(1, times), **more)


def heal(shop):
    """Nothing goes wrong any more; what went wrong so far, by kind."""
    deaths, shop.scythe.deaths = shop.scythe.deaths, 0
    shop.scythe.forget()
    faults = list(shop.world.faults.history)
    shop.world.faults.history.clear()
    shop.world.faults.clear()
    return deaths, faults
