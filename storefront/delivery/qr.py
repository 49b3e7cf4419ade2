"""QR codes of activation codes: level M, four modules of quiet zone, black on white whatever the theme."""

from __future__ import annotations

import io
from dataclasses import dataclass

import png
from qrcode.constants import ERROR_CORRECT_M

from storefront.delivery.qr_mask import Code

_BORDER = 4
_PIXELS = 10
_PIXELS_OF = ("1" * _PIXELS, "0" * _PIXELS)
"""Those of a light module and of a dark one."""


@dataclass(frozen=True, slots=True, repr=False)
class QrImages:
    """The same code twice: SVG text and PNG bytes."""

    svg: bytes
    png: bytes


def images(text: str) -> QrImages:
    """Both images of one code; the code is worked out once, which is most of the work."""
    modules = _matrix(text)
    return QrImages(_svg(modules), _png(modules))


def _svg(modules: list[list[bool]]) -> bytes:
    """One path on a white square; scales without blur and needs no style attribute."""
    side = len(modules)
    runs = "".join(_row(y, row) for y, row in enumerate(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{runs}"/></svg>'
    ).encode()


def _png(modules: list[list[bool]]) -> bytes:
    """Black and white, ten pixels a module."""
    side = len(modules) * _PIXELS
    rows = [_packed(row) for row in modules]
    out = io.BytesIO()
    writer = png.Writer(side, side, greyscale=True, bitdepth=1, compression=6)
    writer.write_packed(out, (row for row in rows for _ in range(_PIXELS)))
    return out.getvalue()


def _packed(row: list[bool]) -> bytes:
    bits = "".join(map(_PIXELS_OF.__getitem__, row))
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _matrix(text: str) -> list[list[bool]]:
    code = Code(error_correction=ERROR_CORRECT_M, border=_BORDER)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return code.get_matrix()


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
