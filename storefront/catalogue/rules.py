"""Read and change the price rules; without any, a traveller pays what the supplier asks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.catalogue import Destination, Plan, PriceRule

MOST_MARKUP = Decimal(5)


class RuleRefused(StorefrontError):
    """The rule makes no sense as it stands; `detail` names the field and the remedy."""

    kind = Kind.REJECTED
    code = "price_rule_refused"


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule: for a plan, for a place, or (with neither) for everything. `markup` 0.15 adds 15 %."""

    id: int
    plan_slug: str | None
    destination_slug: str | None
    markup: Decimal
    round_to_minor: int


def list_rules(session: Session) -> list[RuleView]:
    """Every rule, the most specific kind first."""
    rows = session.exec(
        select(PriceRule, Plan.slug)
        .join(Plan, col(Plan.id) == col(PriceRule.plan_id), isouter=True)
        .order_by(col(PriceRule.plan_id).is_(None), col(PriceRule.destination_slug).is_(None), col(PriceRule.id))
    ).all()
    return [
        RuleView(rule.id or 0, slug, rule.destination_slug, rule.markup, rule.round_to_minor) for rule, slug in rows
    ]


def set_rule(
    session: Session, *, plan_slug: str | None, destination_slug: str | None, markup: Decimal, round_to_minor: int
) -> None:
    """Make or change the rule of a plan, a place, or everything. Raises `RuleRefused`."""
    if plan_slug and destination_slug:
        raise RuleRefused("a rule is for a plan or for a place, not for both: leave one out")
    if not -1 < markup <= MOST_MARKUP:
        raise RuleRefused(f"markup must lie above -1 and not above {MOST_MARKUP}: 0.15 adds 15 %")
    if not 0 <= round_to_minor <= 10_000:
        raise RuleRefused("round-to must lie between 0 and 10000 minor units; 0 rounds nothing")
    plan_id = None
    if plan_slug:
        plan_id = session.exec(select(Plan.id).where(Plan.slug == plan_slug)).first()
        if plan_id is None:
            raise RuleRefused(f"no plan is called {plan_slug}: take the last part of its page's address")
    if destination_slug and session.get(Destination, destination_slug) is None:
        raise RuleRefused(f"no place is called {destination_slug}: take the last part of its page's address")
    rule = session.exec(
        select(PriceRule).where(
            col(PriceRule.plan_id) == plan_id if plan_id else col(PriceRule.plan_id).is_(None),
            col(PriceRule.destination_slug) == destination_slug
            if destination_slug
            else col(PriceRule.destination_slug).is_(None),
        )
    ).first() or PriceRule(plan_id=plan_id, destination_slug=destination_slug)
    rule.markup, rule.round_to_minor = markup, round_to_minor
    session.add(rule)


def drop_rule(session: Session, rule_id: int) -> None:
    """Forget a rule. Raises `RuleRefused` when there is none of this number."""
    rule = session.get(PriceRule, rule_id)
    if rule is None:
        raise RuleRefused(f"there is no rule {rule_id}: see `flask catalogue prices`")
    session.delete(rule)
