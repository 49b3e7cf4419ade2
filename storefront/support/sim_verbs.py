"""The verbs for one SIM, wherever it was sold. `about` is the id of its row."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlmodel import Session, col, select

from storefront.kernel.ids import new_id
from storefront.letters.wording import mask_email
from storefront.models.case import Case, CaseProof
from storefront.models.order import Order
from storefront.models.profile import Profile
from storefront.models.renewal import Renewal
from storefront.models.sim import Sim
from storefront.ordering.bench import Workbench
from storefront.renewals import close
from storefront.sims import refresh
from storefront.support.order_verbs import supplier_effects
from storefront.support.verbs import Also, Asked, Deed, Effect, Plan, Verb


def remember(bench: Workbench, iccid: str) -> str:
    """The id of the SIM's row, written when nobody asked about it before; the supplier is asked by a worker."""
    now = bench.now()
    with bench.write() as session:
        known = session.exec(select(Sim).where(Sim.iccid == iccid)).first()
        if known is None:
            known = Sim(id=new_id(), iccid=iccid, seen_at=now)
            session.add(known)
            session.flush()
        sim_id = known.id
    refresh.wake_if_aged(bench.write, bench.read, sim_id, now)
    return sim_id


def owner_of(session: Session, iccid: str) -> str:
    """The address the shop knows for a SIM: that of our agreement, else of the order that delivered it."""
    ours = session.exec(select(Renewal.email).where(Renewal.active_for == iccid)).first()
    if ours:
        return ours
    delivered = select(Order.email).join(Profile, col(Profile.order_id) == col(Order.id)).where(Profile.iccid == iccid)
    return session.exec(delivered.order_by(col(Profile.delivered_at).desc()).limit(1)).first() or ""


def _answer_to(session: Session, sim_id: str, iccid: str) -> str:
    """Where the proof goes: the owner's address, else the one somebody left with a proof that the SIM is theirs."""
    known = owner_of(session, iccid)
    if known:
        return known
    sent = select(CaseProof.email).join(Case, col(Case.id) == col(CaseProof.case_id))
    asked = sent.where(Case.subject == f"sim:{sim_id}:sim_proof").order_by(col(CaseProof.sent_at).desc())
    return session.exec(asked.limit(1)).first() or ""


def _close_plan(bench: Workbench, about: str) -> Plan:
    with bench.read() as session:
        iccid = session.get_one(Sim, about).iccid
        ours = session.exec(select(Renewal.subscription_id).where(Renewal.active_for == iccid)).first()
        address = _answer_to(session, about, iccid)
    effects = [Effect("end_subscription", ours)] if ours else []
    effects += supplier_effects(bench, iccid)
    effects.append(Effect("mail", mask_email(address)) if address else Effect("no_mail"))
    return Plan(tuple(effects))


def _close(bench: Workbench, about: str, asked: Asked, also: Also) -> None:
    with bench.read() as session:
        iccid = session.get_one(Sim, about).iccid
        address = _answer_to(session, about, iccid)
    close.ask(
        bench,
        iccid=iccid,
        asked_by="desk",
        actor=asked.staff.name,
        email=address,
        locale=bench.settings.languages[0],
        also=lambda session, closing: also(session, closing=closing.reference),
    )


def _look_plan(bench: Workbench, about: str) -> Plan:  # noqa: ARG001 - the shape of every plan
    return Plan((Effect("read_sim"),))


def _look(bench: Workbench, about: str, asked: Asked, also: Also) -> None:  # noqa: ARG001 - the shape of every deed
    with bench.write() as session:
        also(session)
        refresh.wake(session, about, bench.now())


DEEDS: Mapping[Verb, Deed] = MappingProxyType(
    {Verb.ASK_AGAIN: Deed(_look_plan, _look), Verb.CLOSE_RENEWALS: Deed(_close_plan, _close, asks_outside=True)}
)
