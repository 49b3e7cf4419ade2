"""Everything the supplier's public pages leave open, each choice once; the file to mend when the supplier tells.

The shop keeps a list of its own. Where both guess alike, their agreement proves nothing about the real service.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from storefront.sandbox.linksfield.countries import Country
from storefront.sandbox.linksfield.package import Package
from storefront.sandbox.linksfield.prices import Price

Json = dict[str, Any]

# No page names a code for an empty pool, for a login that is refused or for an address that is taken.
SOLD_OUT = 10010
LOGIN_REFUSED = 1001
ALREADY_REGISTERED = 1002

# Code 7 is documented for an expired token only; a missing or unknown one is answered alike.
TOKEN_REJECTED = 7

# No page says what `orderPayStatus` becomes of a hold that lapsed unpaid: taken as "cancelled", that is "order anew".
STATUS_OF_LAPSED = 3

# A failed notice releases the profile and ends the order; so does one with the wrong amount: taken as "failed".
STATUS_OF_REFUSED = 2

# My eSIM Detail of an order that has no profile (yet): the code that says so of a payment notice.
NO_PROFILE = 3005

PROFILE_STATUS = "1"
UNLIMITED_FLOW = -1
MOST_STOCK_SHOWN = 99


def token_data(token: str) -> Json:
    """Where a login or registration carries the token; the pages only say that it yields one."""
    return {"token": token}


def country_entry(country: Country) -> Json:
    """An entry of the country list: the two names are those of the package list's request."""
    return {
        "countryCode": country.mcc,
        "isoCountryName": country.name,
        "isoCountryCode": country.iso2,
        "continentName": country.region,
        "logo": "",
    }


def package_entry(package: Package) -> Json:
    """An entry of the package list: the head of the detail answer and its dollar price."""
    price = package.prices[0]
    return {
        "id": package.id,
        "packageId": str(package.id),
        "packageCode": package.code,
        "packageShowName": package.name,
        "packageShortDesc": package.summary,
        "packageFlow": flow(package),
        "packageType": package.kind,
        "period": package.period,
        "periodUnit": package.unit,
        "coverCountrys": coverage(package),
        "currencyAbbr": price.currency.code,
        "price": price.number,
        "logo": "",
    }


def flow(package: Package) -> int:
    """`packageFlow` has no unit on any page: taken as megabytes, -1 without a limit."""
    return package.megabytes or UNLIMITED_FLOW


def coverage(package: Package) -> int | str:
    """`coverCountrys` is one number in the sample (460); for several countries taken as text with commas."""
    return int(package.members[0]) if len(package.members) == 1 else ",".join(package.members)


def stock(package: Package) -> int:
    """No page shows whether profiles are left: an extra field, capped so that answers need not change at each sale."""
    return min(package.stock, MOST_STOCK_SHOWN)


def due(package: Package, price: Price, period_num: int) -> Decimal | None:
    """What `money` must be for a `periodNum`; None when that many periods cannot be ordered.

    The pages take `periodNum` from the detail's `period` and also show `minOrderPeriod` and `maxOrderPeriod`, without
    saying how they go together. Here: a package with both at 1 is sold once, by either number; any other by the number.
    """
    if package.max_period == 1:
        return price.amount if period_num in (1, package.period) else None
    if not package.min_period <= period_num <= package.max_period:
        return None
    share = Fraction(price.amount) * Fraction(period_num, package.period)
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    return exact.quantize(Decimal(1).scaleb(-price.currency.digits), ROUND_HALF_UP)


def notice_amount(money: Decimal, digits: int, unit: str) -> Decimal:
    """What `payAmount` must say for the `money` of the pre-order; the pages show 100 and no unit."""
    return money.scaleb(digits) if unit == "minor" else money


def pre_order_amount(package_num: int) -> int:
    """`amount` in the pre-order's answer is 1 in the sample, beside money 5 and packageNum 1: taken as the latter."""
    return package_num


def esim_detail(order: Json) -> Json:
    """My eSIM Detail: no page shows its answer."""
    return {
        "orderId": order["id"],
        "orderNo": order["orderNo"],
        "iccid": order["iccid"],
        "qrCode": order["qrCode"],
        "confirmationCode": order["confirmationCode"] or None,
        "packageName": order["packageName"],
        "status": PROFILE_STATUS,
        "expireDate": order["expireDate"],
    }
