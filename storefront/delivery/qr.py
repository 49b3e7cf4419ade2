"""QR codes of activation codes: level M, four modules of quiet zone, black on white whatever the theme."""

from __future__ import annotations

import io
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pure import PyPNGImage

_BORDER = 4
_PIXELS = 10


def svg(text: str) -> bytes:
    """One path on a white square; scales without blur and needs no style attribute."""
    modules = _matrix(text)
    side = len(modules)
    runs = "".join(_row(y, row) for y, row in enumerate(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{runs}"/></svg>'
    ).encode()


def png(text: str) -> bytes:
    """Ten pixels a module."""
    code = _code(text)
    out = io.BytesIO()
    code.make_image(image_factory=PyPNGImage).save(out)
    return out.getvalue()


def terminal(text: str) -> str:
    """Two modules a character, for a terminal: light is drawn, so that it reads on a dark background."""
    modules = _matrix(text)
    if len(modules) % 2:
        modules.append([False] * len(modules[0]))
    glyphs = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    pairs = zip(modules[::2], modules[1::2], strict=True)
    return "\n".join("".join(glyphs[pair] for pair in zip(top, low, strict=True)) for top, low in pairs)


def _code(text: str) -> Any:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=_PIXELS, border=_BORDER)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return code


def _matrix(text: str) -> list[list[bool]]:
    return [[bool(dark) for dark in row] for row in _code(text).get_matrix()]


def _row(y: int, row: list[bool]) -> str:
    parts, x = [], 0
    while x < len(row):
        if row[x]:
            start = x
            while x < len(row) and row[x]:
                x += 1
            parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
        else:
            x += 1
    return "".join(parts)
