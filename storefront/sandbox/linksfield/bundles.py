"""Regional bundles: one plan that works in many countries."""

from __future__ import annotations

from dataclasses import dataclass

_EUROPE_35 = "AT BE BG HR CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE CH GB CY TR ME RS"
_BALKANS = "AL BA ME MK RS HR SI BG"
_GULF = "AE SA QA KW BH OM"
_CARIBBEAN = "DM DO JM BB"
_ASIA = "JP KR CN HK TW TH MY SG ID VN IN"
_NORTH_AMERICA = "US CA MX"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A group of countries sold as one, with the shapes (gigabytes, days) it comes in; 0 gigabytes is unlimited."""

    name: str
    members: tuple[str, ...]
    level: float
    shapes: tuple[tuple[int, int], ...]


_SHORT = ((1, 7), (3, 30), (5, 30), (10, 30))
_LONG = ((1, 7), (3, 15), (5, 30), (10, 30), (20, 30), (50, 30), (0, 7), (0, 15))

BUNDLES = (
    Bundle("Europe", tuple(_EUROPE_35.split()), 1.15, _LONG),
    Bundle("Balkans", tuple(_BALKANS.split()), 1.5, _SHORT),
    Bundle("Nordics", ("DK", "FI", "IS", "NO", "SE"), 1.15, ((3, 15), (10, 30))),
    Bundle("Asia", tuple(_ASIA.split()), 1.2, _LONG),
    Bundle("Singapore, Malaysia & Thailand", ("SG", "MY", "TH"), 0.95, ((3, 7), (6, 15), (15, 30))),
    Bundle("Mainland China, Hong Kong & Taiwan", ("CN", "HK", "TW"), 1.2, ((3, 7), (5, 15), (10, 30))),
    Bundle("Australia & New Zealand", ("AU", "NZ"), 1.25, ((3, 15), (10, 30), (20, 30))),
    Bundle("Gulf", tuple(_GULF.split()), 2.3, _SHORT),
    Bundle("North America", tuple(_NORTH_AMERICA.split()), 1.5, ((3, 15), (5, 30), (10, 30), (0, 10))),
    Bundle("Caribbean", tuple(_CARIBBEAN.split()), 3.2, ((1, 7), (3, 30), (5, 30))),
    Bundle("Africa", ("EG", "MA", "ZA", "NG"), 2.6, ((1, 7), (3, 30))),
)

GLOBAL_SHAPES = ((1, 7), (3, 15), (5, 30), (10, 30), (20, 30))
GLOBAL_LEVEL = 2.4
NOT_IN_GLOBAL = frozenset({"NE", "DM"})
