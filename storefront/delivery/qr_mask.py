"""The mask a QR code is read best with (ISO/IEC 18004, section 7.8.3), weighed a whole picture at a time.

The library draws a code with each of the eight masks and weighs each picture module by module: a tenth of all the CPU
an order takes. Here a picture is two integers, by rows and by columns, and a rule is a few shifts. The rules are the
library's and so is the choice, which the tests hold against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import qrcode

_MASKS = range(8)


class Picture(NamedTuple):
    """Modules as bits, dark ones set. A clear bit between two lines keeps rules from reading across."""

    rows: int
    columns: int

    def __xor__(self, other: Picture) -> Picture:
        return Picture(self.rows ^ other.rows, self.columns ^ other.columns)


class Code(qrcode.QRCode):  # type: ignore[type-arg]
    """The library's code, with the mask found at once."""

    def best_mask_pattern(self) -> int:
        """The mask with the fewest penalty points, the first of several."""
        self.makeImpl(True, _MASKS[0])
        plain = picture_of(self.modules)
        side = self.modules_count
        if side not in _changes:
            _changes[side] = [plain ^ self._masked(mask) for mask in _MASKS]
        return min(_MASKS, key=lambda mask: penalty(plain ^ _changes[side][mask], side))

    def _masked(self, mask: int) -> Picture:
        self.makeImpl(True, mask)
        return picture_of(self.modules)


_changes: dict[int, list[Picture]] = {}
"""Which modules each mask turns over, against the first, by the side of the code: the data does not matter."""


def penalty(picture: Picture, side: int) -> int:
    """Penalty points of a code of `side` modules a side."""
    field = int("0".join(["1" * side] * side), 2)
    points = 0
    for dark in picture:
        light = field ^ dark
        points += _runs(dark) + _runs(light) + 40 * _finders(dark, light)
    dark, light = picture.rows, field ^ picture.rows
    points += 3 * (_blocks(dark, side + 1) + _blocks(light, side + 1))
    return points + 10 * int(abs(dark.bit_count() / side**2 * 100 - 50) / 5)


def _runs(colour: int) -> int:
    """Runs of five and more of one colour: three points for five, one for each further module."""
    fives = colour & colour >> 1
    fives &= fives >> 2
    fives &= colour >> 4
    return fives.bit_count() + 2 * (fives & ~(fives >> 1)).bit_count()


def _finders(dark: int, light: int) -> int:
    """What looks like a finder pattern (1:1:3:1:1) with four light modules on one side."""
    finder = dark & light >> 1 & dark >> 2 & dark >> 3 & dark >> 4 & light >> 5 & dark >> 6
    four = light & light >> 1
    four &= four >> 2
    return (finder & four >> 7).bit_count() + (four & finder >> 4).bit_count()


def _blocks(colour: int, line: int) -> int:
    """Squares of two by two modules of one colour."""
    pairs = colour & colour >> 1
    return (pairs & pairs >> line).bit_count()


def picture_of(modules: Sequence[Sequence[bool | None]]) -> Picture:
    """Both ways to read a code's modules, which the library has as rows of booleans."""
    return Picture(_lines(modules), _lines(zip(*modules, strict=True)))


def _lines(lines: Iterable[Iterable[bool | None]]) -> int:
    return int("0".join("".join("1" if dark else "0" for dark in line) for line in lines), 2)
