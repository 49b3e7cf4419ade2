"""Plans made by hand: the published sample, names from a dozen scripts, plans sold by the day, odd prices."""

from __future__ import annotations

from dataclasses import dataclass

SAMPLE_ID = 1000000
SAMPLE_CODE = "LP20220325000000"

_LONG = (
    "Ultimate Traveller's Companion: United States (all 50 states incl. Alaska, Hawaii and Puerto Rico), Canada & "
    "Mexico, 5G where available, hotspot allowed, no registration"
)
_PER_DAY = "Sold by the day: choose how many. A day is 24 hours from the first connection, 1 GB each, then 384 kbps."
_WEEKLY = "Sold by the week: choose how many weeks in a row."
_PLAIN = "Data only. The validity starts with the first connection in a covered country."


@dataclass(frozen=True, slots=True)
class Curiosity:
    """A plan made by hand; amounts are per `period`."""

    name: str
    members: tuple[str, ...]
    megabytes: int
    period: int
    unit: str
    price: str
    description: str = _PLAIN
    currencies: tuple[str, ...] = ()
    stock: int = 4000
    min_period: int = 1
    max_period: int = 1
    needs_confirmation: bool = False


SAMPLE = Curiosity(
    "C_T_马来西亚泰国500M不限速月套餐(esim)", ("MY", "TH"), 500, 1, "month", "5", "每月500MB高速流量。", stock=9000
)

CURIOSITIES = (
    Curiosity("日本 10GB 30天 (docomo/KDDI 4G/5G)", ("JP",), 10240, 30, "day", "14.9", currencies=("JPY",)),
    Curiosity("日本 使い放題 7日間", ("JP",), 0, 7, "day", "13.2", "1日2GBまで高速、以降は1Mbps。", ("JPY",)),
    Curiosity("한국 3GB 10일 (SKT)", ("KR",), 3072, 10, "day", "6.8"),
    Curiosity("ประเทศไทย 15GB 8 วัน (AIS/dtac)", ("TH",), 15360, 8, "day", "7.5", currencies=("EUR",)),
    Curiosity("السعودية ٥ جيجابايت ٣٠ يوم", ("SA",), 5120, 30, "day", "12"),
    Curiosity("Ελλάδα 10 GB για 30 ημέρες", ("GR",), 10240, 30, "day", "9.25", currencies=("EUR",)),
    Curiosity("Србија 3 GB, 15 дана", ("RS",), 3072, 15, "day", "8.5", currencies=("EUR",)),
    Curiosity("भारत 2 जीबी, 14 दिन", ("IN",), 2048, 14, "day", "5.35", stock=3),
    Curiosity(_LONG, ("US", "CA", "MX"), 20480, 30, "day", "38.4", currencies=("EUR", "GBP", "JPY")),
    Curiosity("Österreich & Südtirol „Kleiner Brauner“ 500 MB", ("AT", "IT"), 500, 1, "day", "0.95"),
    Curiosity("Türkiye 500 MB, 1 day", ("TR",), 500, 1, "day", "0.95", currencies=("EUR",)),
    Curiosity("Spain by the day, 1 GB/day", ("ES",), 1024, 1, "day", "1.15", _PER_DAY, ("EUR", "GBP"), 5000, 1, 30),
    Curiosity("Italy by the day, 1 GB/day", ("IT",), 1024, 1, "day", "1.2", _PER_DAY, ("EUR",), 5000, 1, 30),
    Curiosity("Thailand by the day, 1 GB/day", ("TH",), 1024, 1, "day", "0.95", _PER_DAY, (), 5000, 1, 30),
    Curiosity("Gulf by the day, 3 days or more", ("AE", "QA", "OM"), 3072, 3, "day", "9.3", _PER_DAY, (), 900, 3, 30),
    Curiosity("France by the week, 5 GB/week", ("FR",), 5120, 1, "week", "5.5", _WEEKLY, ("EUR",), 5000, 1, 8),
    Curiosity("Germany monthly, 12 GB", ("DE",), 12288, 1, "month", "13.99", _PLAIN, ("EUR",), 5000, 1, 6),
    Curiosity("Iceland ring road, 6 GB 12 days", ("IS",), 6144, 12, "day", "16.66", needs_confirmation=True),
    Curiosity("Niger & Nigeria crossing, 1 GB 7 days", ("NE", "NG"), 1024, 7, "day", "11.4", stock=2),
    Curiosity("Dominica only, 500 MB 3 days", ("DM",), 500, 3, "day", "6.05", stock=0),
)
