"""What the supplier's name of a plan tells, in whichever language it is written."""

from __future__ import annotations

import pytest

from storefront.sims.names import PlanTold, told_by, told_of


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Europe 33 countries 3GB/month", PlanTold(3072, False, 30, None, "Europe 33 countries")),
        ("欧洲33国 1GB 7天", PlanTold(1024, False, 7, None, "Europe 33 countries")),
        ("亚洲12国/地区产品二 30m/月", PlanTold(30, False, 30, None, "Asia 12 countries")),
        ("Europe unlimited 15 days (2GB/day)", PlanTold(None, True, 15, 2048, "Europe")),
        ("无限流量 1GB/天 5天", PlanTold(None, True, 5, 1024, "")),
        ("Japan 1.5 GB 3 months", PlanTold(1536, False, 90, None, "Japan")),
        ("Japan 500MB/day", PlanTold(None, False, None, 500, "Japan")),
        ("5 GB · 30 days", PlanTold(5120, False, 30, None, "")),
        ("德国3国 1GB 7天", PlanTold(1024, False, 7, None, "")),
        ("Plan 4711", PlanTold(None, False, None, None, "")),
    ],
)
def test_a_name_tells_what_stands_in_it_and_no_more(name: str, told: PlanTold) -> None:
    """Size, days and fair use are read; what is not there stays unknown."""
    assert told_by(name) == told


def test_a_plan_that_is_on_offer_is_known_by_its_offer() -> None:
    """The supplier's own size and days come before what its name seems to say."""
    offer = {"name": "Europe 3GB", "data_mb": 3000, "days": 7, "periods": 2}
    assert told_of("Europe 3GB", [offer]) == PlanTold(3000, False, 14, None, "Europe")
    assert told_of("Europe 5GB", [offer]).data_mb == 5120


def test_only_a_name_with_a_size_gets_one_of_ours() -> None:
    """A plan of so much a day has no size as a whole, and keeps the supplier's name."""
    assert told_by("Japan 1GB 7 days").is_known
    assert told_by("Unlimited 7 days").is_known
    assert not told_by("Japan 500MB/day").is_known


@pytest.mark.parametrize(
    ("name", "place", "countries"),
    [
        ("Europe 33 countries 3GB/month", "Europe", 33),
        ("欧洲33国 1GB 7天", "Europe", 33),
        ("Europe (33 countries) 3GB", "Europe", 33),
        ("USA, Canada & Mexico 5GB", "USA, Canada & Mexico", None),
        ("5 GB · 30 days", "", None),
    ],
)
def test_a_place_is_told_apart_from_the_number_of_its_countries(name: str, place: str, countries: int | None) -> None:
    """Plans for one place stand together however many countries each names, in whichever letters."""
    told = told_by(name)
    assert (told.place, told.countries) == (place, countries)
