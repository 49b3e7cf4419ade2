"""Currencies as the payment service counts them: minor units, and how a buyer reads them."""

from __future__ import annotations

from storefront.sandbox.stripe.errors import ApiError, invalid


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


NO_DECIMALS = _codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMALS = _codes("bhd jod kwd omr tnd")
# Stored with two decimals for old times' sake, yet always whole.
ALWAYS_WHOLE = frozenset(("isk", "ugx"))
TWO_DECIMALS = _codes(
    """usd eur gbp aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf
    cny cop crc cve czk dkk dop dzd egp etb fjd fkp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd
    kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr
    pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah uyu uzs wst xcd
    yer zar zmw"""
)
SMALLEST = {
    "usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "aud": 50, "cad": 50, "chf": 50, "sgd": 50, "nzd": 50, "brl": 50,
    "hkd": 400, "dkk": 250, "nok": 300, "sek": 300, "pln": 200, "mxn": 1000, "czk": 1500, "huf": 17500, "thb": 1000,
    "aed": 200, "ron": 200, "bgn": 100, "inr": 50, "myr": 200,
}  # fmt: skip
LARGEST = 99_999_999
_SIGNS = {"usd": "US$", "eur": "€", "gbp": "£", "jpy": "JP¥", "aud": "A$", "cad": "CA$", "hkd": "HK$", "nzd": "NZ$"}


def exponent(currency: str) -> int:
    """How many decimals stand between the minor unit and the money people name."""
    if currency in NO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def check_currency(currency: str, param: str) -> str:
    """The currency in lower case; raises ApiError for one the service does not take."""
    found = currency.lower()
    if found not in NO_DECIMALS | THREE_DECIMALS | ALWAYS_WHOLE | TWO_DECIMALS:
        raise invalid(f"Invalid currency: {currency}. It is not among the supported currencies.", param)
    return found


def check_amount(amount: int, currency: str, param: str) -> None:
    """Raises ApiError when an amount is negative, too large or finer than the currency allows."""
    if amount < 0:
        raise invalid("Invalid non-negative integer", param, "parameter_invalid_integer")
    if amount > LARGEST:
        raise ApiError("Amount must be no more than 99999999.", code="amount_too_large", param=param)
    step = 10 if currency in THREE_DECIMALS else 100 if currency in ALWAYS_WHOLE else 1
    if amount % step:
        raise invalid(f"Amounts in {currency} must be divisible by {step}.", param)


def check_total(amount: int, currency: str) -> None:
    """Raises ApiError when a total is below what can be charged at all."""
    smallest = SMALLEST.get(currency, 1)
    if amount < smallest:
        raise ApiError(
            f"The session's total must come to at least {spoken(smallest, currency)}.",
            code="amount_too_small",
        )


def spoken(amount: int, currency: str) -> str:
    """An amount of minor units as a buyer reads it: ``US$12.50``, ``JP¥900``, ``KWD 1.250``."""
    decimals = exponent(currency)
    number = f"{amount / 10**decimals:,.{0 if currency in ALWAYS_WHOLE else decimals}f}"
    sign = _SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{currency.upper()} {number}"
