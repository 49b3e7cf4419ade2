"""The desk's commands, below `flask renewal`, and the one below `flask case` that opens a proof."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from storefront.cases import resolve as cases
from storefront.cases.ask import proofs_of
from storefront.identity.email_address import normalise_address
from storefront.kernel.iccid import read_number
from storefront.renewals import close, closings
from storefront.renewals.closings import ClosingView
from storefront.wiring import House

SAFETY_NET = dt.timedelta(seconds=30)
"""A worker takes a closing up by itself after this if the command dies."""


def furnish(with_house: Callable[[Callable[..., Any]], Callable[..., Any]], case_group: AppGroup) -> AppGroup:
    """The group `renewal`; `case_group` gets its command `proof`. `with_house` hands a house to a command."""
    group = AppGroup("renewal", help="Auto-renewals at the supplier: close them, with proof.")
    case_group.command("proof")(_case(_folder(with_house(_proof_of_case))))
    group.command("close")(_numbers(_mail(_by(with_house(_close)))))
    group.command("proof")(_reference(with_house(_proof)))
    return group


_numbers = click.argument("iccids", nargs=-1, required=True)
_mail = click.option("--email", default="", help="Where the proof goes besides this screen.")
_by = click.option("--by", required=True, help="Who closes it, kept with the closing.")
_reference = click.argument("reference")
_case = click.argument("case_id")
_folder = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


def _close(house: House, iccids: tuple[str, ...], email: str, by: str) -> None:
    """Close every auto-renewal the supplier holds for each SIM, and print what was read afterwards."""
    address = normalise_address(email) if email else ""
    for iccid in [read_number(one) for one in iccids]:
        asked = close.ask(
            house.bench,
            iccid=iccid,
            asked_by="desk",
            actor=by,
            email=address,
            locale=house.settings.languages[0],
            starts_in=SAFETY_NET,
        )
        close.perform(house.bench, asked.id)
        _tell(closings.by_id(house.bench, asked.id))


def _proof(house: House, reference: str) -> None:
    """Print a closing by its number."""
    _tell(closings.find(house.bench, reference))


def _proof_of_case(house: House, case_id: str, folder: Path) -> None:
    """What a traveller sent in to prove that a SIM is theirs; the files go into FOLDER."""
    with house.read() as session:
        one = cases.get_case(session, case_id)
        found = proofs_of(session, house.vault, one.id)
    folder.mkdir(parents=True, exist_ok=True)
    for number, proof in enumerate(found, start=1):
        file = folder / f"proof-{one.id[-8:]}-{number}.{proof.media_type.rpartition('/')[2] or 'txt'}"
        file.write_bytes(proof.file)
        click.echo(f"{proof.sent_at:%Y-%m-%d %H:%M} UTC  SIM {proof.iccid}  wishes {proof.wish}")
        click.echo(f"  answer to {proof.email}: {proof.words or '(no words)'}\n  {file}")
    if not found:
        click.echo("nothing was sent in for this case")


def _tell(closing: ClosingView) -> None:
    click.echo(f"{closing.reference}  SIM {closing.iccid_masked}  asked for {closing.asked_at:%Y-%m-%d %H:%M:%S} UTC")
    for one in closing.records:
        click.echo(f"  ended: {one.name} (the supplier's order {one.order_no})")
    if closing.charges_ended_at:
        click.echo(f"  no further charge: the cashier was read {closing.charges_ended_at:%Y-%m-%d %H:%M:%S} UTC")
    if closing.confirmed_at:
        click.echo(f"  closed: the supplier was read {closing.confirmed_at:%Y-%m-%d %H:%M:%S} UTC and shows none")
    else:
        click.echo("  NOT closed yet: the shop goes on trying, and a case opens if it stays")
