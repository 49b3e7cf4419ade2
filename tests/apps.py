"""The shop's web application for tests: each has one of its own, and templates are compiled once for all of them."""

from __future__ import annotations

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from storefront import app as product
from storefront.wiring import House


class _Compiled(BytecodeCache):
    """Compiled templates in memory; a changed source has another checksum and is compiled again."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def create_app(house: House) -> Flask:
    """As the product makes it."""
    made = product.create_app(house)
    made.jinja_env.bytecode_cache = _COMPILED
    return made
