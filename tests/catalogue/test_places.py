"""What we know of countries: codes, names, flags, and which ones get mixed up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.catalogue.places import PLACES, mixed_up_with, place_of
from storefront.catalogue.regions import REGIONS, missing_from, region_of_plan
from storefront.catalogue.spelling import distance, fold, slug

FLAGS = Path(__file__).resolve().parents[2] / "static" / "img" / "flags"


def test_codes_and_addresses_are_unambiguous() -> None:
    """No mobile country code and no address stands for two countries, and no region takes a country's address."""
    codes = Counter(mcc for place in PLACES.values() for mcc in place.mccs)
    slugs = Counter([place.slug for place in PLACES.values()] + [region.slug for region in REGIONS])
    assert [code for code, times in codes.items() if times > 1] == []
    assert [one for one, times in slugs.items() if times > 1] == []
    assert all(len(mcc) == 3 and mcc.isdecimal() for mcc in codes)


def test_every_country_has_its_flag() -> None:
    """A page never shows a broken picture."""
    assert [iso2 for iso2 in PLACES if not (FLAGS / f"{iso2.lower()}.svg").is_file()] == []


def test_what_regions_expect_are_countries_we_know() -> None:
    """The table of bundles speaks of existing countries only."""
    assert {code for region in REGIONS for code in region.expected} <= set(PLACES)


@pytest.mark.parametrize(
    "pair", ["AT AU", "SK SI", "NE NG", "DM DO", "ML MW", "ML MV", "IS IE", "IR IQ", "KR KP", "CG CD"]
)
def test_confusable_countries_know_each_other(pair: str) -> None:
    """Each side of a pair warns of the other."""
    left, right = pair.split()
    assert PLACES[right] in mixed_up_with(left)
    assert PLACES[left] in mixed_up_with(right)


def test_a_country_is_found_by_code_or_any_of_its_names() -> None:
    """Letters come first, then the mobile code, then the name however it is accented."""
    assert place_of(iso2="jp") is place_of(mcc="441") is place_of(name="Nippon") is PLACES["JP"]
    assert place_of(name="Türkiye") is place_of(name="TURKEY") is PLACES["TR"]
    assert place_of(name="Cote d'Ivoire") is PLACES["CI"]
    assert place_of(name="Atlantis") is None


@pytest.mark.parametrize(
    ("name", "covers", "expected"),
    [
        ("Europe 10 GB 30 Days", "FR DE IT", "europe"),
        ("Balkan 3GB", "RS ME", "balkans"),
        ("South East Asia 5 GB", "TH VN", "south-east-asia"),
        ("GCC unlimited", "AE SA QA", "gulf"),
        ("Mainland China, Hong Kong & Taiwan 3 GB", "CN HK TW", "greater-china"),
        ("20 GB for the continent", "US CA MX", "north-america"),
        ("周游 5GB", "MY TH", "malaysia-thailand"),
        ("Plan 77", "JP FR US AU EG", "global"),
        ("Plan 78", "FR DE IT ES PT", "europe"),
        ("Plan 79", "FR DE IT MA TN", "several-regions"),
    ],
)
def test_bundles_go_under_the_region_travellers_look_for(name: str, covers: str, expected: str) -> None:
    """The name decides; without a telling one the countries do; a few countries are named, not called a continent."""
    assert region_of_plan(name, [PLACES[code] for code in covers.split()]).slug == expected


def test_a_bundle_admits_what_people_expect_in_vain() -> None:
    """Europe without Switzerland says so."""
    assert PLACES["CH"] in missing_from("europe", {"FR", "DE", "GB"})
    assert missing_from("nowhere", set()) == ()


@given(st.text(max_size=40))
def test_folding_leaves_letters_figures_and_single_spaces(text: str) -> None:
    """Folding is stable and fit for addresses, whatever is typed."""
    folded = fold(text)
    assert fold(folded) == folded
    assert all(character.isascii() and (character.isalnum() or character == " ") for character in folded)
    assert "--" not in slug(text)


@given(st.text("abcde", max_size=8), st.text("abcde", max_size=8), st.integers(0, 3))
def test_distance_is_symmetric_and_capped(left: str, right: str, most: int) -> None:
    """The count of typing errors is the same both ways, zero for equals only, and stops counting above the cap."""
    found = distance(left, right, most=most)
    assert found == distance(right, left, most=most)
    assert 0 <= found <= most + 1
    assert (found == 0) == (left == right)
