"""Everything the supplier's public pages leave open, each choice in one named place.

When the supplier answers a question, this is the only file to change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from storefront.gateways.linksfield.messages import Fields
from storefront.kernel.errors import Unintelligible
from storefront.ports import SupplierCountry, SupplierProfile

# --- requests --------------------------------------------------------------------------------------------------------

COUNTRY_LIST_PATH: Final = "/package/countryPackageList"
"""Only this path is shown for the country list; the versioned catalogue paths concern the other two calls."""

CATALOGUE_PREFIX: Final = {"v1.0": "", "v1.1": "/v1.1"}
"""The path prefix of package list and detail for each catalogue version."""

CATALOGUE_NEEDS_TOKEN: Final = {"v1.0": True, "v1.1": False}
"""The pages drop the token from the catalogue with v1.1 and say nothing about v1.0: there it is sent."""

LOGIN_APP_ID: Final = 12
LOGIN_USER_TYPE: Final = 4
"""The login page is unreadable; its body is taken to be that of the registration: an app, a customer."""

COVERAGE_INCLUDES: Final = 1
"""`type` of both lists: the pages contradict each other; taken as "the coverage includes the country"."""

ALL_COUNTRIES: Final = ""
"""The `countryCode` that asks for every country; the page says that all assigned countries are returned."""

# --- refusals --------------------------------------------------------------------------------------------------------

SOLD_OUT_CODES: Final = frozenset({10010})
"""No page says how an empty pool is refused."""

SOLD_OUT_WORDS: Final = ("sold out", "out of stock", "no stock", "insufficient stock", "库存不足", "售罄")
"""Under a code we do not know, these words in the answer to a pre-order mean the same."""


def is_sold_out(code: int, message: str) -> bool:
    """Whether a refused pre-order says that no profile is left."""
    return code in SOLD_OUT_CODES or any(words in message.lower() for words in SOLD_OUT_WORDS)


# --- answers ---------------------------------------------------------------------------------------------------------


def token_of_login(body: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """Where a login answer may carry the token: ``data.token`` or the header named as in requests."""
    data = body.get("data")
    token = data.get("token") if isinstance(data, Mapping) else None
    return token if isinstance(token, str) and token else headers.get("x-access-token") or None


def is_bare_answer(body: Mapping[str, Any]) -> bool:
    """Whether an order status came without the envelope, as in the page's sample."""
    return "code" not in body and "orderPayStatus" in body


def data_of_order_status(body: Fields) -> Fields:
    """The order status, with or without the envelope."""
    return body if is_bare_answer(body.raw) else body.inside("data")


def items_of_list(body: Fields) -> Sequence[Fields]:
    """The entries of a country or package list: `data` is the list itself."""
    return body.each("data")


def country_of_list(item: Fields) -> SupplierCountry:
    """An entry of the country list: the two names are those of the package list's request."""
    return SupplierCountry(
        mcc=item.text("countryCode"),
        iso_name=item.text("isoCountryName"),
        iso2=item.text_or("isoCountryCode", "").upper(),
        region=item.text_or("continentName", ""),
    )


def package_id_of_list(item: Fields) -> int:
    """An entry of the package list is a package; only its `id`, which the detail call takes, is used."""
    return item.whole("id")


UNLIMITED_FLOW: Final = -1
"""The `packageFlow` of a package without a limit."""

MEGABYTES_PER_UNIT_OF_FLOW: Final = 1
"""`packageFlow` carries no unit."""

DAYS_PER_UNIT_OF_PERIOD: Final = {"day": 1, "days": 1, "0": 1, "week": 7, "month": 30, "months": 30, "1": 30}
"""`periodUnit` is text of an unknown vocabulary; a package with an unknown unit is not sold."""


def is_unlimited(detail: Fields) -> bool:
    """Whether a package has no data limit."""
    return detail.number("packageFlow") == UNLIMITED_FLOW


def megabytes_of_detail(detail: Fields) -> int:
    """The data volume; 0 when unlimited. A volume we cannot tell is not guessed at."""
    flow = detail.number("packageFlow")
    if flow == UNLIMITED_FLOW:
        return 0
    volume = flow * MEGABYTES_PER_UNIT_OF_FLOW
    if volume < 1 or volume != volume.to_integral_value():
        raise Unintelligible("linksfield.plan: field data.packageFlow is no volume", field="data.packageFlow")
    return int(volume)


def days_of_detail(detail: Fields) -> int:
    """The validity in days of one period."""
    unit = DAYS_PER_UNIT_OF_PERIOD.get(detail.text("periodUnit").lower())
    if unit is None:
        raise Unintelligible("linksfield.plan: field data.periodUnit is unknown", field="data.periodUnit")
    return detail.whole("period") * unit


def coverage_of_detail(detail: Fields) -> tuple[str, ...]:
    """Mobile country codes covered: one number in the sample; text with commas or a list for a region."""
    value = detail.raw.get("coverCountrys")
    parts = value if isinstance(value, list) else str("" if value is None else value).split(",")
    found = tuple(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
    if not found:
        raise Unintelligible("linksfield.plan: field data.coverCountrys is missing", field="data.coverCountrys")
    return found


def is_in_stock(detail: Fields) -> bool:
    """`surplusFlow` and `saleCount` tell nothing of the pool: stock is known at the pre-order only."""
    return detail.whole_or("stock", 1) > 0


_ON_A_PHONE = frozenset({"downloaded", "installed", "enabled", "active"})


def _profile_status(text: str) -> str:
    """``installed`` for the GSMA's words for a profile on a phone; others as the supplier wrote them."""
    return "installed" if text.lower() in _ON_A_PHONE else text


def profile_of_detail(order_id: str, data: Fields) -> SupplierProfile:
    """My eSIM Detail; no page shows its answer."""
    return SupplierProfile(
        order_id=order_id,
        iccid=data.text_or("iccid", "") or None,
        activation_code=data.text_or("qrCode", "") or None,
        confirmation_code=data.text_or("confirmationCode", "") or None,
        status=_profile_status(data.text_or("status", "")),
        expires_on=data.text_or("expireDate", "") or None,
    )


# --- SIMs: Mall and CSSS (their other choices stand in inferred_mall.py and inferred_csss.py) -------------------------

SUPPLIER_ZONE: Final = dt.UTC
"""The zone of dates and times that carry none: the one the supplier names where it names one."""
