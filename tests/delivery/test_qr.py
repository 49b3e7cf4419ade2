"""QR images: they decode to the exact text, in both formats."""

import io

import pytest
import zxingcpp
from PIL import Image

from storefront.delivery import qr
from storefront.sandbox.buyer import modules_of

CODES = [
    "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815",
    "LPA:1$smdp.example.com$Ab-c9$$1",
    "LPA:1$RSP.A-RATHER-LONG-NAME.EXAMPLE.COM$" + "A1B2C3D4E5" * 6,
]


def read(picture):
    """What a phone would read."""
    return zxingcpp.read_barcode(picture).text


@pytest.mark.parametrize("code", CODES)
def test_the_png_decodes_to_the_exact_code(code):
    """What is scanned is what the supplier sent, to the last character."""
    assert read(Image.open(io.BytesIO(qr.images(code).png))) == code


@pytest.mark.parametrize("code", CODES)
def test_the_svg_holds_the_same_modules(code):
    """The SVG drawn large decodes to the same text."""
    modules = modules_of(qr.images(code).svg.decode())
    small = Image.new("L", (len(modules), len(modules)))
    small.putdata([0 if dark else 255 for row in modules for dark in row])
    assert read(small.resize((8 * small.width, 8 * small.height), Image.Resampling.NEAREST)) == code


def test_there_is_a_quiet_zone_of_four_modules():
    """Scanners need the white frame, also on dark pages."""
    modules = modules_of(qr.images(CODES[0]).svg.decode())
    assert not any(any(row) for row in modules[:4])
    assert not any(any(row[:4]) for row in modules)
