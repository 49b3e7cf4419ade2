"""`flask reconcile`: the three books beside each other."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import click

from storefront.ordering.reconcile import Difference, reconcile
from storefront.wiring import House

_days = click.option("--days", type=click.IntRange(1, 3650), default=2, help="How far back to look.")
_since = click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="From then on instead, UTC: 2026-11-01 or 2026-11-01T08:30.",
)
_file = click.option("--csv", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write a table there too.")


def furnish(with_house: Callable[[Callable[..., Any]], Callable[..., Any]]) -> click.Command:
    """The command `reconcile`. `with_house` hands a house to it."""
    return click.command("reconcile")(_days(_since(_file(with_house(_compare)))))


def _compare(house: House, days: int, since: dt.datetime | None, path: Path | None) -> None:
    """Compare Stripe, orders and supplier; print each difference with its remedy; exit 1 when any remains."""
    begin = since.replace(tzinfo=dt.UTC) if since else house.bench.now() - dt.timedelta(days=days)
    found = reconcile(house.bench, begin)
    for one in found:
        click.echo(f"{one.kind:<20} {one.order or '-':<10}  {one.told}\n{'':<20} {one.object_id}: {one.remedy}")
    if path is not None:
        _write(path, found)
    if found:
        sys.exit(1)
    about = f"everything since {begin:%Y-%m-%d %H:%M} UTC" if since else f"the last {days} days"
    click.echo(f"Stripe, orders and supplier agree about {about}")


def _write(path: Path, found: list[Difference]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Difference)])
        writer.writerows(astuple(one) for one in found)
