"""The operator's commands, below `flask`: db, catalogue, case, work, worker, doctor, supplier, secrets.

What only one command needs and is large (Alembic) is read by that command: the worker lives in this module for weeks.
"""

from __future__ import annotations

import secrets as randomness
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from pydantic import ValidationError

from storefront import desk_commands, money_commands, staff_commands, supplier_call
from storefront.cases import resolve as cases
from storefront.catalogue import rules
from storefront.catalogue.refresh import refresh
from storefront.db.session import make_engine
from storefront.db.vault import new_key
from storefront.kernel.errors import StorefrontError
from storefront.models import METADATA
from storefront.ordering import change, read, sweeps
from storefront.settings import Settings
from storefront.telemetry.logging import configure_logging
from storefront.wiring import House, wire
from storefront.worker import run as worker_run
from storefront.worker import timetable


def make_app() -> Flask:
    """A bare app that carries the commands; settings are read when a command needs them."""
    app = Flask("storefront.commands")
    for group in (_db, _catalogue, _case, _work, _supplier, _secrets):
        app.cli.add_command(group)
    app.cli.add_command(desk_commands.furnish(_with_house, _case))
    app.cli.add_command(staff_commands.furnish(_with_house))
    app.cli.add_command(money_commands.furnish(_with_house))
    app.cli.add_command(_worker)
    app.cli.add_command(_doctor)
    return app


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as wrong:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in wrong.errors()]
        sys.exit("The settings do not hold:\n  " + "\n  ".join(lines))


def _house() -> House:
    settings = _settings()
    # What a command prints may be read by a program; its log goes beside it.
    configure_logging(production=settings.is_production, stream=sys.stderr)
    try:
        return wire(settings)
    except ValueError as wrong:
        sys.exit(f"The shop cannot start: {wrong}. Run `flask secrets new` and put both lines into the environment.")


def _with_house(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def wrapped(*args: Any, **options: Any) -> Any:
        try:
            return command(_house(), *args, **options)
        except StorefrontError as error:
            sys.exit(f"{error.code}: {error.detail or 'nothing was changed'}")

    return wrapped


_db = AppGroup("db", help="The database's schema.")
_catalogue = AppGroup("catalogue", help="What is for sale.")
_case = AppGroup("case", help="What a person must decide.")
_work = AppGroup("work", help="The outbox.")
_supplier = AppGroup("supplier", help="The supplier's calls by hand.")
_secrets = AppGroup("secrets", help="Keys of our own.")


@_db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema to the newest migration."""
    from storefront.db import migrate as migrations

    settings = _settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(make_engine(settings.database))
    click.echo("the schema is up to date")


@_db.command("check")
def db_check() -> None:
    """Exit 1 when the models and the schema disagree."""
    from storefront.db import migrate as migrations

    found = migrations.drift(make_engine(_settings().database), METADATA)
    for difference in found:
        click.echo(difference)
    if found:
        sys.exit(1)
    click.echo("models and schema agree")


@_db.command("revision")
@click.argument("message")
def db_revision(message: str) -> None:
    """Write a migration from the difference between models and schema."""
    from storefront.db import migrate as migrations

    migrations.new_revision(make_engine(_settings().database), message, METADATA)


@_catalogue.command("refresh")
@click.option("--believe-losses", is_flag=True, help="Delist even when most plans are gone: the supplier said so.")
@_with_house
def catalogue_refresh(house: House, believe_losses: bool) -> None:
    """Read countries and plans from the supplier."""
    now = house.outside.clock.now()
    report = refresh(house.outside, house.write, settings=house.settings, now=now, believe_losses=believe_losses)
    timetable.done_by_hand(house, "catalogue.refresh")
    click.echo(str(report))


@_catalogue.command("prices")
@_with_house
def catalogue_prices(house: House) -> None:
    """List the price rules."""
    with house.read() as session:
        found = rules.list_rules(session)
    for rule in found:
        about = rule.plan_slug or rule.destination_slug or "everything"
        click.echo(
            f"{rule.id:>4}  {about:<40} markup {rule.markup:+.2%}  rounded up to {rule.round_to_minor} minor units"
        )
    if not found:
        click.echo("no rules: travellers pay what the supplier asks")


@_catalogue.command("set-price")
@click.option("--plan", help="Slug of a plan.")
@click.option("--place", help="Slug of a country or region.")
@click.option("--markup", type=Decimal, default=Decimal(0), help="A factor on top: 0.15 adds 15 %.")
@click.option("--round-to", type=int, default=0, help="Round up to a multiple of this many minor units.")
@_with_house
def catalogue_set_price(house: House, plan: str | None, place: str | None, markup: Decimal, round_to: int) -> None:
    """Make or change the rule for a plan, for a place, or for everything."""
    with house.write() as session:
        rules.set_rule(session, plan_slug=plan, destination_slug=place, markup=markup, round_to_minor=round_to)
    click.echo("the rule holds from the next page view on; run `flask catalogue refresh` for the from-prices")


@_catalogue.command("drop-price")
@click.argument("rule_id", type=int)
@_with_house
def catalogue_drop_price(house: House, rule_id: int) -> None:
    """Forget a price rule."""
    with house.write() as session:
        rules.drop_rule(session, rule_id)
    click.echo("dropped")


@_case.command("list")
@click.option("--all", "include_resolved", is_flag=True, help="Resolved ones too.")
@_with_house
def case_list(house: House, include_resolved: bool) -> None:
    """Open cases, the most urgent first."""
    with house.read() as session:
        found = cases.list_cases(session, include_resolved=include_resolved)
    for one in found:
        state = "resolved" if one.resolved_at else f"due {one.due_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{one.id[-8:]}  {one.kind:<22} {one.owner:<12} {state}  {one.detail}")
    if not found:
        click.echo("no cases")


@_case.command("show")
@click.argument("case_id")
@_with_house
def case_show(house: House, case_id: str) -> None:
    """One case with its order and what happened to it."""
    with house.read() as session:
        one = cases.get_case(session, case_id)
    click.echo(f"case {one.id}\n  {one.kind}, owned by {one.owner}, opened {one.opened_at:%Y-%m-%d %H:%M} UTC")
    click.echo(f"  {one.detail}")
    if one.order_id:
        order = read.order_view(house.read, one.order_id, margin_seconds=house.settings.hold_margin_seconds)
        click.echo(
            f"  order {order.reference}: {order.state}, {order.charged}, {order.plan_name}, {order.email_masked}"
        )
        for at, event in order.events:
            click.echo(f"    {at:%Y-%m-%d %H:%M:%S}  {event}")
    if one.resolved_at:
        click.echo(f"  resolved {one.resolved_at:%Y-%m-%d %H:%M} UTC by {one.resolved_by}: {one.resolution}")


@_case.command("resolve")
@click.argument("case_id")
@click.option("--how", type=click.Choice(["retry", "refund", "note"]), required=True, help="What to do with the order.")
@click.option("--why", required=True, help="The reason, kept with the case.")
@click.option("--by", required=True, help="Who decides.")
@click.option("--supplier-asked", is_flag=True, help="The supplier confirmed that nothing was assigned.")
@_with_house
def case_resolve(house: House, case_id: str, how: str, why: str, by: str, supplier_asked: bool) -> None:
    """Decide a case: take the order up again, refund it, or note what was done elsewhere."""
    with house.read() as session:
        one = cases.get_case(session, case_id)
    if how != "note" and one.order_id is None:
        sys.exit("this case has no order: resolve it with --how note")
    if one.order_id and how == "retry":
        change.retry(house.bench, one.order_id, actor=by)
    elif one.order_id and how == "refund":
        change.refund(house.bench, one.order_id, actor=by, reason="desk", even_if_unknown=supplier_asked)
    with house.write() as session:
        if how == "note":
            cases.refuse_while_owed(session, one.id)
        cases.resolve(session, one.id, by=by, resolution=f"{how}: {why}", now=house.outside.clock.now())
    click.echo("resolved")


@_work.command("drain")
@_with_house
def work_drain(house: House) -> None:
    """Run every due row here and now."""
    click.echo(f"{worker_run.drain(house)} rows run")


@_work.command("check")
@_with_house
def work_check(house: House) -> None:
    """Exit 1 when captured money past its deadline is neither delivered, refunded nor a case."""
    found = sweeps.invariant_violations(house.bench)
    for reference in found:
        click.echo(reference)
    if found:
        sys.exit(1)
    click.echo("every captured payment is delivered, refunded, or a case a person owns")


@_supplier.command("call")
@click.argument("family", type=click.Choice(supplier_call.FAMILIES))
@click.argument("operation", default="")
@click.option("--param", "given", multiple=True, help="name=text, or name:=JSON where the supplier wants a number.")
@click.option("--yes", is_flag=True, help="Do not ask before a call that has an effect.")
@_with_house
def supplier_by_hand(house: House, family: str, operation: str, given: tuple[str, ...], yes: bool) -> None:
    """Make one call and print it with its answer, secrets masked; without an operation, list those of the family."""
    if not operation:
        for line in supplier_call.listing(family):
            click.echo(line)
        return
    parameters = supplier_call.read_parameters(given)
    supplier_call.call(
        house,
        family,
        operation,
        parameters,
        say=click.echo,
        agree=lambda question: None if yes else click.confirm(question, abort=True),
    )


@_secrets.command("new")
def secrets_new() -> None:
    """Print fresh values for SHOP_SECRET_KEY and SHOP_VAULT_KEYS."""
    click.echo(f"SHOP_SECRET_KEY={randomness.token_urlsafe(48)}")
    click.echo(f"SHOP_VAULT_KEYS={new_key()}")


@click.command("worker")
@_with_house
def _worker(house: House) -> None:
    """Run the worker until told to stop."""
    worker_run.serve(house)


@click.command("doctor")
@_with_house
def _doctor(house: House) -> None:
    """Check keys, clock, database, queue, mail, the supplier's families and cashier, and say how to mend each."""
    from storefront import doctor

    findings = doctor.examine(house)
    for finding in findings:
        mark = "ok  " if finding.is_well else "BAD "
        click.echo(f"{mark} {finding.what}: {finding.detail}")
        if not finding.is_well:
            click.echo(f"     {finding.remedy}")
    if not all(finding.is_well for finding in findings):
        sys.exit(1)
