"""What the doctor finds about the supplier's families for SIMs, and the remedy it names."""

from __future__ import annotations

import dataclasses

import pytest

from storefront import doctor
from tests.conftest import settings_for


@pytest.fixture
def examine(house, sandbox, tmp_path):
    """Findings by what was looked at, with some settings changed."""

    def look(**changes):
        settings = settings_for(sandbox, tmp_path, **changes)
        return {finding.what: finding for finding in doctor.examine(dataclasses.replace(house, settings=settings))}

    return look


def test_both_families_are_well_and_only_read(examine, sandbox):
    """A healthy supplier: nothing is ordered or changed by looking."""
    before = [list(sim.orders) for sim in sandbox.world.sims.all()]
    found = examine()
    assert found["mall"].is_well, found["mall"]
    assert found["csss"].is_well, found["csss"]
    assert found["pushes"].detail == "a key is set"
    assert [sim.orders for sim in sandbox.world.sims.all()] == before


def test_a_shop_without_pushes_is_well(examine):
    """They only save time; the doctor says that they are turned away."""
    for keys in ({}, {"K1": ""}):
        found = examine(push_keys=keys)["pushes"]
        assert found.is_well
        assert "SHOP_PUSH_KEYS" in found.detail


@pytest.mark.parametrize(
    ("changes", "what", "remedy"),
    [
        ({"mall_shop_url": "http://127.0.0.1:9/vshop"}, "mall", "SHOP_MALL_SHOP_URL"),
        ({"mall_order_url": "http://127.0.0.1:9/topup"}, "mall", "SHOP_MALL_ORDER_URL"),
        ({"mall_sign_key": "the supplier gave none"}, "mall", "SHOP_MALL_SIGN_KEY"),
        ({"csss_url": "http://127.0.0.1:9"}, "csss", "SHOP_CSSS_URL"),
        ({"csss_secret": "another-secret"}, "csss", "SHOP_CSSS_SECRET"),
        ({"csss_access_code": "nobody"}, "csss", "SHOP_CSSS_ACCESS_CODE"),
    ],
)
def test_each_wrong_setting_is_found_with_its_remedy(examine, changes, what, remedy):
    """The setting to look at is named, the other family is not blamed, and no secret is shown."""
    found = examine(**changes)
    assert not found[what].is_well
    assert remedy in found[what].remedy
    assert found[{"mall": "csss", "csss": "mall"}[what]].is_well
    assert "secret" not in found[what].detail


@pytest.mark.parametrize(
    ("target", "kind", "params", "what"),
    [
        ("mall.single_verify", "status", {"status": 503}, "mall"),
        ("mall.order", "html", {}, "mall"),
        ("csss.query_order", "status", {"status": 503}, "csss"),
        ("csss.query_order", "bad_sign", {}, "csss"),
    ],
)
def test_a_supplier_in_trouble_is_found(examine, sandbox, target, kind, params, what):
    """The doctor never raises; it says what came and what to do."""
    sandbox.world.faults.arm(target, kind, 9, **params)
    found = examine()[what]
    assert not found.is_well
    assert "outside_unintelligible" in found.detail
    assert found.remedy
