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
from storefront.sandbox.look import moment, page
from storefront.sandbox.world import World

PREFIX = "/control"
_SHOWN_CALLS = 60
_SHOWN_ORDERS = 12
_DONE = {
    "faults": "Armed.",
    "faults/clear": "Everything is right again: no fault is on.",
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
    """The whole page: what is happening now, then what can be made to happen, then what has happened."""
    said = f'<p class="done" role="status">{_DONE[done]}</p>' if done in _DONE else ""
    parts = [
        said,
        _now(world, supplier),
        _faults(helps),
        '<div class="grid">',
        _clock(),
        _market(supplier),
        "</div>",
        _sims(world.sims),
        _orders(world, supplier),
        _log(world),
        _afresh(),
        _interface(),
    ]
    return page("Control", "".join(parts))


def _now(world: World, supplier: Supplier) -> str:
    with world.lock:
        counts, tokens = supplier.orders.counts(), supplier.accounts.live_tokens
    facts = {
        **{f"Orders {name}": count for name, count in counts.items()},
        "Live tokens": tokens,
        "Hold": f"{supplier.options.hold_minutes:g} minutes",
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())
    armed = "".join(
        f"<li><b>{html.escape(fault.kind)}</b> × {fault.times} at <code>{html.escape(fault.target)}</code> "
        f"<small>{html.escape(_pairs(fault.params))}</small></li>"
        for fault in world.faults.armed()
    )
    waiting = '<p class="soft">Nothing: every call is answered well.</p>'
    if armed:
        mend = _form("faults/clear", "", "Put everything right", leads=True)
        waiting = f'<ul class="on">{armed}</ul>{mend}'
    return (
        '<section class="now"><h2>What is happening now</h2><div class="grid">'
        f'<div><h3>The clock</h3><p class="big">{moment(world.clock.now(), seconds=True)}</p>'
        f'<p class="soft">{_ahead(world.clock.offset)}</p></div>'
        f"<div><h3>What is set to go wrong</h3>{waiting}</div>"
        f'</div><dl class="facts">{rows}</dl></section>'
    )


def _ahead(offset: float) -> str:
    hours = round(offset / 3600)
    if not hours:
        return "Not moved." if abs(offset) < 1 else f"{offset:+.0f} seconds from the wall clock."
    return f"{hours // 24} days {hours % 24} hours ahead of the wall clock." if hours > 0 else "Behind the wall clock."


def _faults(helps: Sequence[Help]) -> str:
    folds = "".join(_family(at, each) for at, each in enumerate(helps))
    return f"<section><h2>Let something go wrong</h2>{folds}</section>"


def _family(at: int, each: Help) -> str:
    """One service: the form with its own targets and kinds, and what they mean."""
    fields = (
        _choice("target", "Where", each.targets, at)
        + _choice("kind", "What goes wrong", each.kinds, at)
        + _field("times", "How often", "1", mode="numeric", at=at)
        + _field("params", "With", "seconds=5 status=503", at=at)
    )
    targets = "".join(
        f"<dt><code>{name}</code></dt><dd>{html.escape(text)}</dd>" for name, text in each.targets.items()
    )
    kinds = "".join(f"<dt><code>{name}</code></dt><dd>{html.escape(text)}</dd>" for name, text in each.kinds.items())
    return (
        f"<details><summary><h3>{each.service}</h3> "
        f"<small>{_count(each.targets, 'place')}, {_count(each.kinds, 'fault')}</small></summary>"
        f'<div class="inside">{_form("faults", fields, "Arm it")}'
        f"<h4>Where</h4><dl>{targets}</dl><h4>What goes wrong</h4><dl>{kinds}</dl></div></details>"
    )


def _count(names: Mapping[str, str], what: str) -> str:
    return f"{len(names)} {what}" + ("" if len(names) == 1 else "s")


def _clock() -> str:
    jumps = "".join(f'<button name="seconds" value="{seconds}">{name}</button>' for seconds, name in _JUMPS)
    own = _form("clock", _field("seconds", "Seconds", "any number", mode="decimal"), "Move the clock")
    return (
        f'<section><h2>Move the clock</h2><form method="post" action="{PREFIX}/clock"><p class="row">{jumps}</p></form>'
        f"{own}</section>"
    )


def _afresh() -> str:
    forms = _form("tokens/kill", "", "Kill all tokens") + _form("reset", "", "Reset the world")
    return (
        "<section><h2>Start afresh</h2><p>Without tokens the shop has to log in again. A reset throws away orders, "
        f'mails, faults and calls; only the clock stays.</p><div class="row">{forms}</div></section>'
    )


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
        f'<tr><td><code class="whole">{sim.iccid}</code></td>'
        f'<td class="breaks"><b>{sim.kind.replace("_", "_<wbr>")}</b><br>{html.escape(text)}</td></tr>'
        for sim, text in listed
    )
    known = "".join(f'<option value="{sim.iccid}">{sim.kind}</option>' for sim, _ in listed)
    fields = (
        '<div class="field"><label for="f-iccid">Number</label>'
        '<input id="f-iccid" name="iccid" list="sims" inputmode="numeric" autocomplete="off">'
        f'<datalist id="sims">{known}</datalist></div>{_choice("change", "Make it", CHANGES)}'
    )
    change = f'<div class="inside">{_form("sims/alter", fields, "Change")}</div>'
    change = f"<details><summary><h3>Change a SIM</h3></summary>{change}</details>"
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
    clear = _form("log/clear", "", "Empty the log")
    return f'<section><h2>Calls</h2><div class="scroll"><table>{lines}</table></div>{clear}</section>'


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
    return f"<section><details><summary><h2>The same for programs</h2></summary><ul>{items}</ul></details></section>"


def _form(verb: str, fields: str, button: str, *, leads: bool = False) -> str:
    look = ' class="leads"' if leads else ""
    # A field of its own keeps the body from being empty, which would pass for a program's call.
    hidden = '<input type="hidden" name="form" value="1">'
    return f'<form method="post" action="{PREFIX}/{verb}">{hidden}{fields}<button{look}>{button}</button></form>'


def _field(name: str, label: str, hint: str, *, mode: str = "text", at: int | None = None) -> str:
    key = f"f-{name}" if at is None else f"f-{name}-{at}"
    return (
        f'<div class="field"><label for="{key}">{label}</label><input id="{key}" name="{name}" '
        f'placeholder="{html.escape(hint)}" inputmode="{mode}" autocomplete="off"></div>'
    )


def _choice(name: str, label: str, names: Iterable[str], at: int = 0) -> str:
    key = f"f-{name}-{at}"
    choice = f'<select id="{key}" name="{name}">{_options(names)}</select>'
    return f'<div class="field"><label for="{key}">{label}</label>{choice}</div>'


def _options(names: Iterable[str]) -> str:
    return "".join(f"<option>{html.escape(name)}</option>" for name in names)


def _pairs(facts: Mapping[str, Any], *, but: Sequence[str] = ()) -> str:
    return " ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, default=str)}"
        for name, value in facts.items()
        if name not in but and value not in (None, "")
    )
