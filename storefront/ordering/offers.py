"""The plans a SIM can be topped up with, priced as travellers pay them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import select

from storefront.catalogue.pricing import Rule, charged
from storefront.catalogue.rules import list_rules
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.money import Money
from storefront.models.sim import Sim
from storefront.ports import SessionFactory


class OfferGone(StorefrontError):
    """The supplier no longer offers this plan for this SIM."""

    kind = Kind.NOT_FOUND
    code = "offer_gone"


@dataclass(frozen=True, slots=True)
class TopUpOffer:
    """One plan for one SIM; `key` names it in addresses, `supplier_amount` is the supplier's own text."""

    key: str
    package_code: str
    plan_code: str
    name: str
    data_mb: int
    is_unlimited: bool
    days: int
    periods: int
    supplier_amount: str
    charged: Money


def offers(read: SessionFactory, sim_id: str) -> list[TopUpOffer]:
    """What the supplier last offered for the SIM, in its order; prices we cannot charge exactly are left out."""
    with read() as session:
        stored = session.exec(select(Sim.offers).where(Sim.id == sim_id)).first() or []
        rule = next(
            (
                Rule(one.id, None, None, one.markup, one.round_to_minor)
                for one in reversed(list_rules(session))
                if one.plan_slug is None and one.destination_slug is None
            ),
            None,
        )
    return [offer for facts in stored if (offer := _offer(facts, rule)) is not None]


def offer(read: SessionFactory, sim_id: str, key: str) -> TopUpOffer:
    """One of `offers`. Raises `OfferGone`."""
    for one in offers(read, sim_id):
        if one.key == key:
            return one
    raise OfferGone(field="key")


def _offer(facts: dict[str, Any], rule: Rule | None) -> TopUpOffer | None:
    try:
        price = charged(Money.from_decimal(Decimal(facts["amount"]), facts["currency"]), rule)
    except ValueError:
        return None
    return TopUpOffer(
        key=hashlib.sha256(f"{facts['package_code']}|{facts['plan_code']}".encode()).hexdigest()[:16],
        package_code=facts["package_code"],
        plan_code=facts["plan_code"],
        name=facts["name"],
        data_mb=facts["data_mb"],
        is_unlimited=facts["data_mb"] == 0,
        days=facts["days"],
        periods=facts["periods"],
        supplier_amount=facts["amount"],
        charged=price,
    )
