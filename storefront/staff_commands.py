"""Who may sit at the desk, below `flask staff`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import click
import qrcode
from flask.cli import AppGroup
from sqlmodel import col, select

from storefront.identity import staff_sign_in
from storefront.identity.email_address import normalise_address
from storefront.models.staff import Staff, StaffRole
from storefront.wiring import House


def furnish(with_house: Callable[[Callable[..., Any]], Callable[..., Any]]) -> AppGroup:
    """The group `staff`. `with_house` hands a house to a command."""
    group = AppGroup("staff", help="People at the support desk.")
    group.command("add")(_email(_name(_role(_password(with_house(_add))))))
    group.command("remove")(_email(with_house(_remove)))
    group.command("list")(with_house(_list))
    return group


_email = click.argument("email")
_name = click.option("--name", required=True, help="As travellers and the record see it.")
_role = click.option("--role", type=click.Choice([one.value for one in StaffRole]), default="agent")
_password = click.option("--password", default="", help="At least 12 characters; left out, one is made and printed.")


def _add(house: House, email: str, name: str, role: str, password: str) -> None:
    """Add somebody, or give them a new password and second factor; prints both once."""
    address, made = normalise_address(email), password or secrets.token_urlsafe(15)
    with house.write() as session:
        secret = staff_sign_in.add(
            session,
            house.vault,
            email=address,
            name=name,
            role=StaffRole(role),
            password=made,
            now=house.outside.clock.now(),
        )
    uri = staff_sign_in.provisioning_uri(secret, email=address, shop=house.settings.name)
    click.echo(f"{name} <{address}>, {role}\n  desk      {house.settings.public_url}/desk/\n  password  {made}")
    click.echo(f"  secret    {secret}   (or scan this with an authenticator)\n")
    code = qrcode.QRCode(border=2)
    code.add_data(uri)
    code.print_ascii()


def _remove(house: House, email: str) -> None:
    """Let somebody go; open sessions end at once."""
    with house.write() as session:
        gone = staff_sign_in.remove(session, normalise_address(email), now=house.outside.clock.now())
    if not gone:
        raise click.ClickException("nobody at the desk has this address")
    click.echo("removed; what they did stays on record")


def _list(house: House) -> None:
    """Who may sign in."""
    with house.read() as session:
        found = session.exec(select(Staff).where(col(Staff.left_at).is_(None)).order_by(Staff.email)).all()
    for one in found:
        click.echo(f"{one.email:<40} {one.role:<6} {one.name}")
    if not found:
        click.echo("nobody yet: flask staff add EMAIL --name NAME --role lead")
