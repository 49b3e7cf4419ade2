"""Everything the supplier's pages leave open about the CSSS family, each choice in one named place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from storefront.gateways.linksfield import messages
from storefront.gateways.linksfield.messages import Fields, Json

# --- answers ---------------------------------------------------------------------------------------------------------


def signed_texts(data: Mapping[str, Json]) -> Iterator[str]:
    """What ``data.sign`` may sign: the data as a request is signed. Any of the forms will do, since each needs the key.

    The pages do not say what becomes of nulls and of the order of names inside lists.
    """
    whole = {name: value for name, value in data.items() if name != "sign"}
    filled = {name: value for name, value in whole.items() if value is not None and value != ""}
    for kept in (filled, whole, {name: _filled(value) for name, value in filled.items()}):
        yield messages.write({name: kept[name] for name in sorted(kept)})
        yield messages.write(_sorted(kept))


def _sorted(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_sorted(inner) for inner in value]
    return value


def _filled(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _filled(inner) for name, inner in value.items() if inner is not None and inner != ""}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_filled(inner) for inner in value]
    return value


LIFE_CYCLES: Final = {"1": "pre-activation", "2": "activation", "3": "pre-deactivation"}
"""`lifeCycle` of syncAssetInfo; the list of values breaks off after the third."""

_LIFE_CYCLE_NAMES: Final = ("lifeCycle", "life_cycle", "device_status", "deviceStatus")
_PACKAGE_CODE_NAMES: Final = ("package_code", "packageCode")
_PACKAGE_NAME_NAMES: Final = ("package_name", "packageName")


def life_cycle_of(item: Fields) -> str:
    """The life cycle of a SIM as a word, else as the supplier wrote it; empty when it says nothing."""
    value = _text(item, _LIFE_CYCLE_NAMES)
    return LIFE_CYCLES.get(value, value)


def package_of_device(data: Fields) -> tuple[str, str]:
    """Code and name of the package in use in an answer of queryDevice, nested or not; both empty when none is."""
    facts = data.inside("package") if isinstance(data.raw.get("package"), Mapping) else data
    return _text(facts, _PACKAGE_CODE_NAMES), _text(facts, _PACKAGE_NAME_NAMES)


def quantity_left(number: int) -> int | None:
    """What is left; a negative number stands for a plan without a limit, of which nobody can say."""
    return number if number >= 0 else None


QUEUED: Final = "1"
IN_USE: Final = "2"
ENDED: Final = frozenset({"3", "4", "5"})
"""`orderStatus` of queryOrder: 1 carries neither begin nor end in the sample; the others follow singleQueryOrder."""

PAY_RESULT_PAID: Final = "2"
"""`pay_rst` of an order we send: always paid, since nothing is ordered that was not."""


def made_for(order_code: str, order_no: str, request_id: str) -> bool:
    """Whether an order of the history carries one of our own numbers, which leaves no doubt."""
    return order_code in (order_no, request_id)


CLOCK_SKEW: Final = dt.timedelta(minutes=5)
"""How much earlier than our payment the supplier's clock may date the order that followed it."""


def _text(item: Fields, names: Sequence[str]) -> str:
    return next((item.text(name) for name in names if _is_word(item.raw.get(name))), "")


def _is_word(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
