"""What the sandbox's own pages have in common: a frame, one small style sheet, links in plain text."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import Any

from storefront.sandbox.http import Request, Response

STYLE = """
:root { color-scheme: light dark; --ground: #f4f5f7; --sheet: #fff; --ink: #1b2330; --soft: #55617a; --line: #d5dae3;
  --go: #0b57d0; --go-ink: #fff; --note: #fff1d6; --note-ink: #7a4f01; }
@media (prefers-color-scheme: dark) { :root { --ground: #11161d; --sheet: #1b222c; --ink: #e8ecf3; --soft: #a7b3c6;
  --line: #333e4e; --go: #8ab4f8; --go-ink: #0b1b33; --note: #3a2a0c; --note-ink: #ffd699; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header { padding: .75rem 1rem; background: var(--note); color: var(--note-ink); }
header nav { max-width: 58rem; margin: 0 auto; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
header a { color: inherit; padding: .25rem 0; }
header [aria-current] { font-weight: 700; text-decoration: none; } header strong { padding: .25rem 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 0 0 .75rem; } h3, h4 { font-size: 1rem; margin: 0; } p { margin: 0 0 .75rem; }
h4 { margin: 1.25rem 0 .5rem; color: var(--soft); font-size: .9375rem; }
section { background: var(--sheet); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem;
  margin: 0 0 1rem; }
.grid { display: grid; gap: 0 1rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
a { color: var(--go); } small, .soft { color: var(--soft); }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
label { display: block; font-weight: 600; font-size: .9375rem; margin: .75rem 0 .25rem; }
input, select { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--soft); border-radius: .5rem; }
button { min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; color: inherit;
  border-radius: .5rem; border: 1px solid var(--soft); background: transparent; cursor: pointer; }
button:hover { border-color: var(--go); color: var(--go); }
:is(input, select):not([type=hidden]) + button, .field + button { margin-top: .75rem; }
@media (min-width: 48rem) { .inside form { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; }
  .inside button { justify-self: start; } }
button.leads, button.leads:hover { border-color: var(--go); background: var(--go); color: var(--go-ink); }
:is(a, button, input, select, summary):focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; }
.row--apart { justify-content: space-between; align-items: center; margin-bottom: 1rem; } .row--apart p { margin: 0; }
.now { border-color: var(--go); } .now .grid { gap: 1.25rem 2rem; }
.now .big { font-size: 1.1875rem; font-weight: 700; margin: .25rem 0 0; }
.on { margin: .25rem 0 .75rem; padding-inline-start: 1.25rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-top: 1px solid var(--line);
  }
th { font-weight: 600; } code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
.whole { user-select: all; } .breaks { overflow-wrap: anywhere; } table + form { margin-top: .75rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: .9375rem; }
.mails { list-style: none; margin: 0; padding: 0 1rem; background: var(--sheet); border: 1px solid var(--line);
  border-radius: .75rem; }
.mails li { position: relative; display: grid; gap: .125rem 1rem; padding: .75rem 0; overflow-wrap: anywhere; }
.mails li + li { border-top: 1px solid var(--line); } .mails li:hover { color: var(--go); }
.mails a { font-weight: 600; text-decoration: none; } .mails a::after { content: ""; position: absolute; inset: 0; }
@media (min-width: 48rem) { .mails li { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr) auto;
  align-items: baseline; } }
.done { padding: .75rem 1rem; border-radius: .75rem; background: var(--note); color: var(--note-ink);
  font-weight: 600; }
iframe { width: 100%; height: 30rem; resize: vertical; border: 1px solid var(--line);
  border-radius: .5rem; background: #fff; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.inside dl { grid-template-columns: minmax(0, 1fr); gap: 0; } .inside dd { margin-bottom: .5rem; }
.inside { padding: 0 0 1rem; }
@media (min-width: 48rem) { .inside dl { grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
.inside dd { margin: 0; } }
.facts { grid-template-columns: repeat(6, 1fr); gap: .5rem 1rem; margin-top: 1rem;
  padding-top: .75rem;  border-top: 1px solid var(--line); }
.facts div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.facts dd { font-weight: 600; white-space: nowrap; }
@media (max-width: 40rem) { .facts { grid-template-columns: repeat(3, 1fr); } }
details + details { border-top: 1px solid var(--line); }
summary { cursor: pointer; padding: .625rem 0; } summary :is(h2, h3) { display: inline; }
summary small { float: inline-end; line-height: 1.5rem; }
.sure summary { display: inline-block; min-height: 2.75rem; padding: .5rem 1rem; border: 1px solid var(--soft);
  border-radius: .5rem; font-weight: 600; list-style: none; }
.sure summary::-webkit-details-marker { display: none; } .sure[open] p { margin: .75rem 0 .5rem; }
"""
_ROOMS = ("Control", "Mailbox")
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'"
)
_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")


def page(title: str, body: str, *, status: int = 200) -> Response:
    """A whole page of the sandbox; `body` is HTML already."""
    rooms = " ".join(
        f'<a href="/{name.lower()}"{" aria-current=page" if name == title else ""}>{name}</a>' for name in _ROOMS
    )
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title><link rel="icon" href="data:,"><style>{STYLE}</style></head>
<body><header><nav aria-label="Sandbox"><strong>Pretend world</strong> {rooms}</nav></header>
<main><h1>{html.escape(title)}</h1>
{body}</main></body></html>"""
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", _POLICY),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Response(status, headers, text.encode())


def moment(at: dt.datetime, *, seconds: bool = False) -> str:
    """A moment in UTC as HTML that never breaks in two."""
    clock = "%H:%M:%S" if seconds else "%H:%M"
    utc = at.astimezone(dt.UTC)
    return f'<time datetime="{utc.isoformat()}">{utc.day} {utc:%b %Y, {clock}} UTC</time>'


def as_json(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return Response(status, headers, json.dumps(value, ensure_ascii=False).encode())


def see_other(path: str) -> Response:
    """Go on with a GET."""
    return Response(303, [("Location", path), ("Cache-Control", "no-store")], b"")


def linked(text: str) -> str:
    """Plain text as HTML, its web addresses as links."""
    pieces, at = [], 0
    for found in _LINK.finditer(text):
        address = html.escape(found.group())
        pieces += [html.escape(text[at : found.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        at = found.end()
    return "".join([*pieces, html.escape(text[at:])])


def is_foreign(request: Request) -> bool:
    """Whether some other web site makes a browser send this; what changes things refuses that."""
    return request.headers.get("sec-fetch-site", "") == "cross-site"
