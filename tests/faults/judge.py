"""What must hold for every purchase, read from the books of cashier and supplier, and from ours."""

from __future__ import annotations

from sqlmodel import col, select

from storefront.models.case import Case
from storefront.models.order import Hold, OrderEvent, OrderKind, OrderState
from storefront.models.payment import Payment
from storefront.models.renewal import Bill
from storefront.models.work import InboxRow, OutboxRow, WorkState
from storefront.ordering import reconcile, sweeps
from storefront.sandbox.linksfield.orders import Standing
from storefront.sandbox.stripe.store import Json
from tests.crash.renewal_promises import violations as of_the_agreement
from tests.faults.buyers import STATES_AT_REST

_D = OrderState.DELIVERED


def judge(buyer, since):
    """Every sentence of the promise that does not hold; empty when all is well. `since`: when the purchase began."""
    shop = buyer.shop
    bench = shop.eye.bench
    wrong = [f"{one}: money is held past its time and nobody owns it" for one in sweeps.invariant_violations(bench)]
    books = Books(buyer)
    for order in books.orders:
        wrong += [f"{order.reference} ({order.state}): {text}" for text in _of_order(shop, order, books)]
    wrong += [f"{one['id']}: money was taken, and no order knows it" for one in books.strange]
    wrong += [f"books differ: {one.kind} {one.order} {one.told}" for one in reconcile.reconcile(bench, since)]
    wrong += [f"event {one} was answered with 200 and is not stored" for one in _not_stored(shop)]
    if buyer.name in {"first month", "renewal"}:
        wrong += of_the_agreement(buyer)
        wrong += [f"{one}: renews, and what began it was given back" for one in _renews_for_nothing(buyer, books)]
    return wrong


def judge_the_end(buyer):
    """After a person has decided what was theirs to decide: every minor unit is earned, back, or still a case."""
    books = Books(buyer)
    wrong = [f"{one}: still nobody's" for one in sweeps.invariant_violations(buyer.shop.eye.bench)]
    for order in books.orders:
        left = books.kept(order)
        if order.state not in STATES_AT_REST:
            wrong.append(f"{order.reference} ({order.state}): is still under way after a person decided")
        if left and order.state is not _D and order.id not in books.cases:
            wrong.append(f"{order.reference} ({order.state}): {left} minor units kept for nothing")
        if not left and order.state in {OrderState.PAID, OrderState.CONFIRMED}:
            wrong.append(f"{order.reference} ({order.state}): goes on without money")
    if buyer.name in {"first month", "renewal"}:
        goes_on = [one["id"] for one in buyer.subscriptions() if one["status"] != "canceled"]
        wrong += [f"{one}: a subscription goes on after its end was asked for" for one in goes_on]
    return wrong


def _renews_for_nothing(buyer, books):
    given_back = [order.id for order in books.orders if order.state is OrderState.REFUNDED]
    with buyer.shop.eye.read() as session:
        begun = session.exec(select(Payment.subscription_id).where(col(Payment.order_id).in_(given_back))).all()
    return [one["id"] for one in buyer.subscriptions() if one["id"] in begun and one["status"] != "canceled"]


class Books:
    """The orders of one buyer, what the cashier took for each, and which have a case."""

    def __init__(self, buyer):
        self.orders = buyer.orders()
        ids = [one.id for one in self.orders]
        with buyer.shop.eye.read() as session:
            query = select(Case.order_id).where(Case.order_id.in_(ids), Case.resolved_at.is_(None))
            self.cases = set(session.exec(query))
            bills = dict(session.exec(select(Bill.invoice_id, Bill.order_id).where(Bill.order_id.in_(ids))).all())
        store = buyer.shop.world.stripe.store
        by_reference = {one.reference: one.id for one in self.orders}
        pages = {page["payment_intent"]: by_reference.get(page["client_reference_id"]) for page in buyer.pages()}
        first = {page["invoice"]: by_reference.get(page["client_reference_id"]) for page in buyer.pages()}
        self._charges: dict[str | None, list[Json]] = {}
        for charge in buyer.charges():
            invoice = store.invoice_of_intent.get(charge["payment_intent"])
            about = pages.get(charge["payment_intent"]) or bills.get(invoice) or first.get(invoice)
            self._charges.setdefault(about, []).append(charge)
        self.strange = self._charges.get(None, [])

    def charges(self, order):
        """What was taken for it."""
        return self._charges.get(order.id, [])

    def kept(self, order):
        """Minor units of it that are still ours; what a bank disputes and took is not."""
        return sum(
            one["amount_captured"] - one["amount_refunded"] for one in self.charges(order) if not one["disputed"]
        )


def _of_order(shop, order, books):
    kept, charges = books.kept(order), books.charges(order)
    price = (order.charged_minor, order.charged_currency.lower())
    if order.state not in STATES_AT_REST:
        yield "is still under way"
    if order.state is _D and not any((one["amount"], one["currency"]) == price for one in charges):
        yield "delivered, and its price was never taken"
    if order.state is _D and kept > order.charged_minor:
        yield f"keeps {kept} minor units, its price is {order.charged_minor}"
    if order.state is not _D and kept and order.id not in books.cases:
        yield f"keeps {kept} minor units, and nobody owns it"
    if sum(not one["refunded"] for one in charges) > 1:
        yield "charged more than once, and not sent back"
    supplied = _supplied(shop, order)
    if supplied > 1:
        yield f"the supplier delivered {supplied} times"
    if order.state is _D and supplied != 1:
        yield f"delivered here, {supplied} times at the supplier"
    with shop.eye.read() as session:
        moves = session.exec(select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)).all()
        letter = select(OutboxRow.state).where(OutboxRow.key == f"letter:{order.id}:delivered")
        sent = session.exec(letter).first()
    by_hand = any(move.event == "give_back" and move.actor == "ada" for move in moves)
    if order.state is OrderState.REFUNDED and supplied and not by_hand:
        yield "given away: refunded by itself, and delivered by the supplier"
    state = moves[0].to_state if moves else order.state
    for move in moves[1:]:
        if move.from_state != state:
            yield f"moved from {move.from_state}, where it was not"
        state = move.to_state
    if order.state is _D and sent not in {WorkState.DONE, WorkState.PARKED}:
        yield "delivered, and its letter never left"
    if order.state is _D and sent is WorkState.DONE and not _letters(shop, order):
        yield "its letter counts as sent, and the mailbox has none"


def _supplied(shop, order):
    """How often the supplier handed something over for it. A notice it got twice counts too."""
    if order.kind is OrderKind.TOP_UP:
        return sum(one.purchase_order_id == order.id for one in shop.world.sims.top_ups(order.iccid))
    with shop.eye.read() as session:
        holds = session.exec(select(Hold.supplier_order_id).where(Hold.order_id == order.id)).all()
    with shop.world.lock:
        there = [shop.world.supplier.orders.find(one) for one in holds]
    return sum(max(1, one.notices) for one in there if one.standing is Standing.PAID)


def _letters(shop, order):
    mails = shop.sandbox.mailbox.mails(order.email)
    return [mail for mail in mails if order.reference in mail.subject + mail.body("plain")]


def _not_stored(shop):
    asked = list(shop.answered)
    with shop.eye.read() as session:
        stored = set(session.exec(select(InboxRow.external_id).where(InboxRow.external_id.in_(asked))))
    return [one for one in asked if one not in stored]


def edges_of(house):
    """How often each edge of the order's and the renewal's states was walked."""
    found = {}
    with house.read() as session:
        query = select(OrderEvent.from_state, OrderEvent.event, OrderEvent.to_state)
        for edge in session.exec(query):
            if edge[0] and edge[0] != edge[2]:
                found[edge] = found.get(edge, 0) + 1
        renewals = session.connection().exec_driver_sql(_RENEWALS).all()
    begun = set()
    for renewal, event in renewals:
        before = {"paid_late": "dropped", "ended": "ending"}.get(event, "active" if renewal in begun else "agreed")
        begun |= {renewal} if event == "started" else set()
        edge = (f"renewal {before}", event, _TO.get(event, ""))
        if event in _TO:
            found[edge] = found.get(edge, 0) + 1
    return found


_RENEWALS = "SELECT renewal_id, event FROM renewal_events ORDER BY id"
_TO = {"started": "active", "dropped": "dropped", "ending": "ending", "paid_late": "agreed", "ended": "ended"}


def never_walked(edges):
    """Edges of both tables that no run took."""
    from storefront.ordering import states as orders
    from storefront.renewals import states as renewals

    all_of_them = {(str(a), str(event), str(b)) for (a, event), b in orders.MOVES.items()}
    all_of_them |= {(f"renewal {a}", str(event), str(b)) for (a, event), b in renewals.MOVES.items()}
    return sorted(all_of_them - {tuple(map(str, edge)) for edge in edges})
