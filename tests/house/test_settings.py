"""Settings: all of them documented, and production refuses every unsafe one."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from storefront.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "environment": "production",
    "secret_key": "s" * 48,
    "vault_keys": "k" * 44,
    "public_url": "https://shop.example",
    "supplier_url": "https://api.supplier.example/fms",
    "supplier_partner_code": "1000000005",
    "supplier_email": "shop@shop.example",
    "supplier_password": "p",
    "supplier_money_unit": "major",
    "mall_shop_url": "https://mall.supplier.example/vshop",
    "mall_payment_url": "https://mall.supplier.example/payment",
    "mall_order_url": "https://mall.supplier.example/topup",
    "csss_url": "https://csss.supplier.example",
    "csss_access_code": "P012345",
    "csss_secret": "csss-secret-of-a-test",
    "push_keys": {"K1": "push-secret-of-a-test"},
    "stripe_api_key": "sk_live_x",
    "stripe_webhook_secret": "whsec_x",
    "case_email": "desk@shop.example",
}


def test_a_safe_production_starts():
    """The smallest safe set of settings is accepted."""
    assert Settings(**SAFE).is_production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret_key", "change-me"),
        ("secret_key", "short"),
        ("vault_keys", ""),
        ("stripe_webhook_secret", ""),
        ("stripe_api_key", "sk_test_x"),
        ("stripe_api_key", ""),
        ("supplier_money_unit", ""),
        ("supplier_url", "http://api.supplier.example"),
        ("supplier_url", "https://127.0.0.1/fms"),
        ("supplier_url", "https://localhost/fms"),
        ("supplier_url", "https://name:word@api.supplier.example/fms"),
        ("stripe_url", "http://api.stripe.com"),
        ("stripe_url", "https://127.0.0.1:8010/stripe"),
        ("stripe_page_origin", "http://127.0.0.1:8010"),
        ("stripe_portal_origin", "http://127.0.0.1:8010"),
        ("public_url", "http://shop.example"),
        ("offset_file", Path("clock")),
        ("case_email", ""),
        ("supplier_partner_code", ""),
        ("supplier_password", ""),
        ("csss_access_code", ""),
        ("csss_secret", ""),
        ("csss_url", "http://csss.supplier.example"),
        ("mall_shop_url", "https://127.0.0.1/vshop"),
    ],
)
def test_production_refuses_each_unsafe_setting_by_name(name, value):
    """One unsafe setting is enough, and the message says which and what to do."""
    with pytest.raises(ValidationError) as refused:
        Settings(**{**SAFE, name: value})
    assert f"SHOP_{name.upper()}" in str(refused.value)


@pytest.mark.parametrize("document", [".env.example", "README.md"])
def test_every_setting_is_documented(document):
    """No setting exists that an operator cannot read about."""
    text = (ROOT / document).read_text()
    assert [name for name in Settings.model_fields if f"SHOP_{name.upper()}" not in text] == []


def test_a_copied_example_says_the_defaults(monkeypatch):
    """Containers are handed each line of it as a variable, the empty ones too; an operator only adds the secrets."""
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line.startswith("SHOP_")]
    for name, value in (line.split("=", 1) for line in lines):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    told = Settings()
    for name in lines:
        monkeypatch.delenv(name.split("=", 1)[0])
    other = {"secret_key", "pages_dir"}
    assert told.model_dump(exclude=other) == Settings().model_dump(exclude=other)
    assert told.pages_dir.resolve() == Settings().pages_dir


def test_no_secret_shows_in_a_representation():
    """Settings printed by accident print no secret."""
    shown = repr(Settings(**SAFE))
    assert not [
        value for value in ("s" * 48, "sk_live_x", "whsec_x", "k" * 44, "csss-secret", "push-secret") if value in shown
    ]
