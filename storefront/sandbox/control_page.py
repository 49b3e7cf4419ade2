"""The control page: what stands how, what can be ordered, what was called. Plain forms, no script."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from storefront.sandbox.http import Response
from storefront.sandbox.linksfield.app import Supplier
from storefront.sandbox.linksfield.sims.population import KINDS as SIM_KINDS
from storefront.sandbox.linksfield.sims.registry import CHANGES, Sims
from storefront.sandbox.look import page
from storefront.sandbox.world import World

PREFIX = "/control"
_SHOWN_CALLS = 60
_SHOWN_ORDERS = 12
_DONE = {
    "faults": "Armed.",
    "faults/clear": "Nothing is armed any more.",
    "clock": "The clock was moved.",
    "stock": "The stock was set.",
    "price": "The price was set.",
    "tokens/kill": "Every token is dead; the shop has to log in again.",
    "sims/alter": "The SIM was changed.",
    "log/clear": "The log is empty.",
    "reset": "Everything is as on the first day.",
}
_DELIVERED = "the eSIM handed over last in this demo; its plan begins an hour later"
_JUMPS = ((60, "+1 minute"), (600, "+10 minutes"), (3600, "+1 hour"), (86400, "+1 day"), (2592000, "+30 days"))


@dataclass(frozen=True, slots=True)
class Help:
    """What one service lets go wrong: targets and kinds, each with a sentence."""

    service: str
    targets: Mapping[str, str]
    kinds: Mapping[str, str]


def show(world: World, supplier: Supplier, helps: Sequence[Help], *, done: str) -> Response:
    """The whole page."""
    said = f'<section class="done" role="status">{_DONE[done]}</section>' if done in _DONE else ""
    parts = [
        said,
        '<div class="grid">',
        _now(world, supplier),
        _faults(world, helps),
        _market(supplier),
        "</div>",
        _sims(world.sims),
        _orders(world, supplier),
        _log(world),
        *(_explained(each) for each in helps),
        _interface(),
    ]
    return page("Control", "".join(parts))


def _now(world: World, supplier: Supplier) -> str:
    with world.lock:
        counts, tokens = supplier.orders.counts(), supplier.accounts.live_tokens
    facts = {
        "Clock": f"{world.clock.now():%Y-%m-%d %H:%M:%S} UTC",
        "Ahead by": f"{world.clock.offset:.0f} s",
        **{f"Orders {name}": count for name, count in counts.items()},
        "Live tokens": tokens,
        "Hold": f"{supplier.options.hold_minutes:g} minutes",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    jumps = "".join(f'<button name="seconds" value="{seconds}">{name}</button>' for seconds, name in _JUMPS)
    own = _form("clock", _field("seconds", "Seconds", "any number", mode="decimal"), "Move the clock")
    small = _form("tokens/kill", "", "Kill all tokens", quiet=True) + _form("reset", "", "Reset the world", quiet=True)
    return (
        f"<section><h2>Now</h2><dl>{rows}</dl>"
        f'<form method="post" action="{PREFIX}/clock"><p class="row">{jumps}</p></form>{own}'
        f'<div class="row">{small}</div></section>'
    )


def _faults(world: World, helps: Sequence[Help]) -> str:
    targets = "".join(
        f'<optgroup label="{each.service}">{_options(each.targets)}</optgroup>' for each in helps if each.targets
    )
    kinds = "".join(f'<optgroup label="{each.service}">{_options(each.kinds)}</optgroup>' for each in helps)
    fields = (
        f'<label for="target">Where</label><select id="target" name="target">{targets}</select>'
        f'<label for="kind">What goes wrong</label><select id="kind" name="kind">{kinds}</select>'
        + _field("times", "How often", "1", mode="numeric")
        + _field("params", "With", "seconds=5 status=503 field=qrCode")
    )
    armed = "".join(
        f"<li><code>{html.escape(fault.target)}</code> {html.escape(fault.kind)} × {fault.times} "
        f"<small>{html.escape(_pairs(fault.params))}</small></li>"
        for fault in world.faults.armed()
    )
    waiting = f"<ul>{armed}</ul>" + _form("faults/clear", "", "Disarm all", quiet=True) if armed else "<p>None.</p>"
    order = _form("faults", fields, "Arm")
    return f"<section><h2>Let something go wrong</h2>{order}<h2>Armed</h2>{waiting}</section>"


def _market(supplier: Supplier) -> str:
    packages = list(supplier.catalogue.packages.values())
    known = "".join(
        f'<option value="{package.id}">{html.escape(package.name)}, {package.prices[0].number} USD, '
        f"stock {package.stock}</option>"
        for package in packages
    )
    chosen = '<label for="{0}">Package</label><input id="{0}" name="package" list="packages" placeholder="1000000">'
    stock = _form("stock", chosen.format("stocked") + _field("stock", "Stock", "0", mode="numeric"), "Set the stock")
    fields = chosen.format("priced") + _field("price", "Price", "4.99", mode="decimal")
    price = _form("price", fields + _field("currency", "Currency", "USD"), "Set the price")
    return f'<section><h2>Market</h2><datalist id="packages">{known}</datalist>{stock}{price}</section>'


def _sims(sims: Sims) -> str:
    """One number of each kind; a click takes all of it."""
    listed = [(sim, _DELIVERED) for sim in sims.all("delivered")[-1:]]
    listed += [(sims.some(kind), text) for kind, text in SIM_KINDS.items()]
    rows = "".join(
        f'<tr><td><code style="user-select: all">{sim.iccid}</code></td>'
        f'<td style="overflow-wrap: anywhere"><b>{sim.kind.replace("_", "_<wbr>")}</b><br>{html.escape(text)}</td></tr>'
        for sim, text in listed
    )
    known = "".join(f'<option value="{sim.iccid}">{sim.kind}</option>' for sim, _ in listed)
    fields = (
        '<label for="f-iccid">Number</label>'
        '<input id="f-iccid" name="iccid" list="sims" inputmode="numeric" autocomplete="off">'
        f'<datalist id="sims">{known}</datalist>'
        f'<label for="f-change">Make it</label><select id="f-change" name="change">{_options(CHANGES)}</select>'
    )
    change = f"<details><summary>Change a SIM</summary>{_form('sims/alter', fields, 'Change')}</details>"
    return (
        "<section><h2>SIMs</h2><p>Numbers to sign in with at the shop, one of each kind.</p>"
        f'<div class="scroll"><table>{rows}</table></div>{change}</section>'
    )


def _orders(world: World, supplier: Supplier) -> str:
    with world.lock:
        rows = [
            (order.id, order.standing.name.lower(), order.package.name, f"{order.money} {order.currency.code}")
            for order in supplier.orders.latest(_SHOWN_ORDERS)
        ]
    if not rows:
        return ""
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    head = "<tr><th>Order</th><th>Status</th><th>Package</th><th>Price</th></tr>"
    return f'<section><h2>Latest orders</h2><div class="scroll"><table>{head}{lines}</table></div></section>'


def _log(world: World) -> str:
    lines = "".join(
        f"<tr><td>{html.escape(call['at'][11:19])}</td><td>{html.escape(call['service'])}</td>"
        f"<td><code>{html.escape(call['what'])}</code></td>"
        f"<td>{html.escape(_pairs(call, but=('at', 'service', 'what')))}</td></tr>"
        for call in islice(reversed(world.log.copy()), _SHOWN_CALLS)
    )
    if not lines:
        return "<section><h2>Calls</h2><p>Nobody has called yet.</p></section>"
    clear = _form("log/clear", "", "Empty the log", quiet=True)
    return f'<section><h2>Calls</h2><div class="scroll"><table>{lines}</table></div>{clear}</section>'


def _explained(each: Help) -> str:
    targets = "".join(
        f"<dt><code>{name}</code></dt><dd>{html.escape(text)}</dd>" for name, text in each.targets.items()
    )
    kinds = "".join(f"<dt><code>{name}</code></dt><dd>{html.escape(text)}</dd>" for name, text in each.kinds.items())
    return (
        f"<section><details><summary>What can go wrong: {html.escape(each.service)}</summary>"
        f"<h2>Where</h2><dl>{targets}</dl><h2>What</h2><dl>{kinds}</dl></details></section>"
    )


def _interface() -> str:
    lines = (
        'POST /control/faults {"target": "linksfield.pre_order", "kind": "slow", "times": 2, "params": {"seconds": 3}}',
        "GET /control/faults · DELETE /control/faults",
        'POST /control/clock {"seconds": 600} · GET /control/clock',
        'POST /control/stock {"package": 1000000, "stock": 0}',
        'POST /control/price {"package": 1000000, "price": "5.50", "currency": "USD"}',
        "GET /control/sims?kind=in_use · each with its number, how it stands and how many orders it has",
        'POST /control/sims/create {"kind": "queued"} · POST /control/sims/alter {"iccid": "89…", "change": "locked"}',
        "POST /control/tokens/kill · POST /control/reset · POST /control/log/clear",
        "GET /control/log?service=linksfield&target=pre_order · GET /control/state",
        "GET /mailbox/api/messages?to=ada@traveller.example · DELETE /mailbox/api/messages",
    )
    items = "".join(f"<li><code>{html.escape(line)}</code></li>" for line in lines)
    return f"<section><details><summary>The same for programs</summary><ul>{items}</ul></details></section>"


def _form(verb: str, fields: str, button: str, *, quiet: bool = False) -> str:
    look = ' class="quiet"' if quiet else ""
    # A field of its own keeps the body from being empty, which would pass for a program's call.
    hidden = '<input type="hidden" name="form" value="1">'
    return f'<form method="post" action="{PREFIX}/{verb}">{hidden}{fields}<button{look}>{button}</button></form>'


def _field(name: str, label: str, hint: str, *, mode: str = "text") -> str:
    return (
        f'<label for="f-{name}">{label}</label>'
        f'<input id="f-{name}" name="{name}" placeholder="{html.escape(hint)}" inputmode="{mode}" autocomplete="off">'
    )


def _options(names: Iterable[str]) -> str:
    return "".join(f"<option>{html.escape(name)}</option>" for name in names)


def _pairs(facts: Mapping[str, Any], *, but: Sequence[str] = ()) -> str:
    return " ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, default=str)}"
        for name, value in facts.items()
        if name not in but and value not in (None, "")
    )
