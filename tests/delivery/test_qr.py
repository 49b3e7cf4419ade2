"""QR images: they decode to the exact text, in both formats."""

import cv2
import numpy as np
import pytest

from storefront.delivery import qr
from storefront.sandbox.buyer import modules_of

CODES = [
    "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815",
    "LPA:1$smdp.example.com$Ab-c9$$1",
    "LPA:1$RSP.A-RATHER-LONG-NAME.EXAMPLE.COM$" + "A1B2C3D4E5" * 6,
]


def read(pixels):
    """What a phone would read."""
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(pixels)
    return text


@pytest.mark.parametrize("code", CODES)
def test_the_png_decodes_to_the_exact_code(code):
    """What is scanned is what the supplier sent, to the last character."""
    pixels = cv2.imdecode(np.frombuffer(qr.images(code).png, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    assert read(pixels) == code


@pytest.mark.parametrize("code", CODES)
def test_the_svg_holds_the_same_modules(code):
    """The SVG drawn large decodes to the same text."""
    modules = np.array(modules_of(qr.images(code).svg.decode()), dtype=np.uint8)
    pixels = np.kron(1 - modules, np.ones((8, 8), dtype=np.uint8)) * 255
    assert read(pixels) == code


def test_there_is_a_quiet_zone_of_four_modules():
    """Scanners need the white frame, also on dark pages."""
    modules = modules_of(qr.images(CODES[0]).svg.decode())
    assert not any(any(row) for row in modules[:4])
    assert not any(any(row[:4]) for row in modules)
