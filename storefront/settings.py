"""Every setting of the shop: one frozen object, read from the environment, passed in; nonsense refuses to start."""

from __future__ import annotations

import ipaddress
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_SECRET = "change-me"  # noqa: S105 - the value production refuses
_ROOT = Path(__file__).resolve().parent.parent


_ADDRESSES = (
    "public_url",
    "supplier_url",
    "mall_shop_url",
    "mall_payment_url",
    "mall_order_url",
    "csss_url",
    "stripe_url",
    "stripe_page_origin",
    "stripe_portal_origin",
)


class UnsafeSettings(ValueError):
    """The settings would be unsafe in production; the message lists every fault and its remedy."""


class Settings(BaseSettings):
    """Names in the environment carry the prefix ``SHOP_``, for example ``SHOP_DATABASE_URL``."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", env_file=None, frozen=True, extra="forbid")

    # The shop
    environment: Literal["development", "production"] = "development"
    name: str = "Landfall"
    tagline: str = "Data the moment you land"
    logo_path: str = ""
    accent_colour: str = Field("#0b6e5f", pattern=r"^#[0-9a-fA-F]{6}$")
    accent_colour_dark: str = Field("#5fd3bd", pattern=r"^#[0-9a-fA-F]{6}$")
    support_email: str = "support@localhost.example"
    announcement: str = ""
    public_url: str = "http://127.0.0.1:8000"
    currencies: tuple[str, ...] = ("USD", "EUR", "GBP", "JPY")
    languages: tuple[str, ...] = ("en",)
    pages_dir: Path = _ROOT / "pages"

    # Secrets of our own
    secret_key: SecretStr = SecretStr(DEFAULT_SECRET)
    vault_keys: SecretStr = SecretStr("")

    # Storage and work
    data_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    offset_file: Path | None = None
    worker_threads: int = Field(4, ge=1, le=64)
    letter_threads: int = Field(3, ge=1, le=64)
    web_outside_permits: int = Field(6, ge=1, le=64)

    # The supplier (Linksfield)
    supplier_url: str = "http://127.0.0.1:8010/linksfield"
    supplier_partner_code: str = ""
    supplier_email: str = ""
    supplier_password: SecretStr = SecretStr("")
    supplier_pre_order_api: Literal["v1.1", "v1.2"] = "v1.1"
    supplier_catalogue_api: Literal["v1.0", "v1.1"] = "v1.1"
    supplier_language: str = "en-US"
    supplier_money_unit: Literal["", "major", "minor"] = ""
    supplier_hold_seconds: int = Field(600, ge=60, le=3600)
    supplier_deadline_seconds: float = Field(8.0, gt=0, le=60)

    # The supplier's families for SIMs that travellers own: Mall (three addresses) and CSSS, and its pushes
    mall_shop_url: str = "http://127.0.0.1:8010/linksfield-mall/vshop"
    mall_payment_url: str = "http://127.0.0.1:8010/linksfield-mall/payment"
    mall_order_url: str = "http://127.0.0.1:8010/linksfield-mall/topup"
    mall_language_code: str = "1"
    mall_mark: str = "0"
    mall_terminal: str = "0"
    mall_sign_key: SecretStr = SecretStr("")
    csss_url: str = "http://127.0.0.1:8010/linksfield-csss"
    csss_access_code: str = ""
    csss_secret: SecretStr = SecretStr("")
    csss_language: Literal["zh-CN", "en-US"] = "en-US"
    csss_check_answers: bool = True
    push_keys: dict[str, SecretStr] = Field(default_factory=dict)

    # The cashier (Stripe)
    stripe_api_key: SecretStr = SecretStr("")
    stripe_webhook_secret: SecretStr = SecretStr("")
    stripe_url: str = "https://api.stripe.com"
    stripe_page_origin: str = "https://checkout.stripe.com"
    stripe_portal_origin: str = "https://billing.stripe.com"
    stripe_deadline_seconds: float = Field(8.0, gt=0, le=60)

    # Mail
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(8025, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = False
    mail_from: str = "shop@localhost.example"

    # Promises and limits
    promise_minutes: int = Field(15, ge=1, le=1440)
    top_up_promise_minutes: int = Field(60, ge=1, le=1440)
    card_lookup_verified: bool = False
    auto_renew: bool = True
    renewal_least_days: int = Field(7, ge=7, le=365)
    renewal_notice_days: int = Field(3, ge=2, le=14)
    case_owner: str = "desk"
    case_email: str = ""
    hold_margin_seconds: int = Field(90, ge=10, le=600)
    open_holds_per_email: int = Field(3, ge=1)
    open_holds_per_network: int = Field(10, ge=1)
    open_holds_per_plan: int = Field(50, ge=1)
    desk_refund_limits: dict[str, Decimal] = Field(
        default_factory=lambda: {"USD": Decimal(50), "EUR": Decimal(50), "GBP": Decimal(50), "JPY": Decimal(8000)}
    )
    card_login_strangers_per_hour: int = Field(100, ge=1)
    card_login_per_network: int = Field(10, ge=1)
    unknown_patience_seconds: float = Field(60.0, ge=0, le=600)
    trusted_proxies: int = Field(0, ge=0, le=5)
    max_body_bytes: int = Field(64 * 1024, ge=1024)

    @property
    def is_production(self) -> bool:
        """Real money and real travellers."""
        return self.environment == "production"

    @property
    def database(self) -> str:
        """The SQLAlchemy address; SQLite under `data_dir` when none is given."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'shop.sqlite').resolve()}"

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host headers we answer to."""
        host = urlsplit(self.public_url).netloc
        local = set() if self.is_production else {"127.0.0.1", "localhost"}
        return frozenset({host.rsplit(":", 1)[0] if ":" in host else host, *local})

    @property
    def livemode(self) -> bool:
        """Whether the Stripe key spends real money."""
        return self.stripe_api_key.get_secret_value().startswith(("sk_live_", "rk_live_"))

    @field_validator("offset_file", mode="before")
    @classmethod
    def _none_when_empty(cls, value: object) -> object:
        # A variable that is there and empty would else name the folder we are in.
        return value or None

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if self.is_production:
            faults = production_faults(self)
            if faults:
                raise UnsafeSettings("unsafe settings for production: " + "; ".join(faults))
        return self


def production_faults(settings: Settings) -> list[str]:
    """Every reason why these settings must not meet real money, each with its remedy."""
    faults: list[str] = []
    secret = settings.secret_key.get_secret_value()
    if secret == DEFAULT_SECRET or len(secret) < 32:
        faults.append("SHOP_SECRET_KEY is the default or shorter than 32 characters (make one: flask secrets new)")
    if not settings.vault_keys.get_secret_value():
        faults.append("SHOP_VAULT_KEYS is empty (make one: flask secrets new)")
    if not settings.stripe_webhook_secret.get_secret_value():
        faults.append("SHOP_STRIPE_WEBHOOK_SECRET is empty (copy it from the endpoint's page at Stripe)")
    if not settings.livemode:
        faults.append("SHOP_STRIPE_API_KEY is not a live key (sk_live_… or rk_live_…)")
    if not settings.supplier_money_unit:
        faults.append("SHOP_SUPPLIER_MONEY_UNIT is unset (ask the supplier: major or minor)")
    faults += [
        f"SHOP_{name.upper()} is empty (the supplier gives it)"
        for name in ("supplier_partner_code", "supplier_email", "csss_access_code")
        if not getattr(settings, name)
    ]
    if not settings.supplier_password.get_secret_value():
        faults.append("SHOP_SUPPLIER_PASSWORD is empty (the password of the shop's account at the supplier)")
    if not settings.csss_secret.get_secret_value():
        faults.append("SHOP_CSSS_SECRET is empty (the supplier gives it with the access code)")
    if settings.offset_file is not None:
        faults.append("SHOP_OFFSET_FILE is set (a moved clock is for the demo and tests only)")
    if not settings.case_email:
        faults.append("SHOP_CASE_EMAIL is empty (cases need a person: who gets the mail?)")
    return faults + [
        f"SHOP_{name.upper()} must be https, without a name or password in it, and must not be a loopback address"
        for name in _ADDRESSES
        if not _is_safe_address(getattr(settings, name))
    ]


def _is_safe_address(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    if "@" in parts.netloc:
        # It would not be sent, and would stand in logs.
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return bool(host)
