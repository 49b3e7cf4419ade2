"""The composition root: settings in, a furnished house out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from storefront.db.session import make_engine, session_factory
from storefront.db.vault import Vault
from storefront.gateways.http import Http
from storefront.gateways.linksfield.csss import Csss
from storefront.gateways.linksfield.esim import Linksfield
from storefront.gateways.linksfield.mall import Mall
from storefront.gateways.linksfield.mall_operations import MallSettings
from storefront.gateways.linksfield.push import PushDoor
from storefront.gateways.linksfield.signing import CsssSigner, MallSigner
from storefront.gateways.linksfield.sims import LinksfieldSims
from storefront.gateways.linksfield.tokens import Tokens
from storefront.gateways.mail import SmtpMailer
from storefront.gateways.stripe.billing import StripeBilling
from storefront.gateways.stripe.client import StripeCashier
from storefront.gateways.stripe.connection import connect
from storefront.jobs.engine import Engine as JobEngine
from storefront.jobs.outbox import Hint
from storefront.kernel.clock import Clock
from storefront.ordering.bench import Workbench
from storefront.ports import Outside, SessionFactory
from storefront.settings import Settings
from storefront.telemetry.metrics import Metrics


@dataclass(frozen=True)
class House:
    """Everything an entrance needs; `hint` tells the workers about outbox rows that were just stored."""

    settings: Settings
    engine: Engine
    write: SessionFactory
    read: SessionFactory
    outside: Outside
    vault: Vault
    hint: Callable[[list[Hint]], None]
    jobs: JobEngine
    metrics: Metrics

    @property
    def bench(self) -> Workbench:
        """What the use cases of an order are handed."""
        return Workbench(self.settings, self.write, self.read, self.outside, self.vault)


def wire(settings: Settings) -> House:
    """Open the database and put somebody behind each port; nothing is called yet."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database)
    jobs = JobEngine(data_dir=settings.data_dir, redis_url=settings.redis_url)
    write = session_factory(engine, after_commit=jobs.hint)
    vault = Vault(settings.vault_keys.get_secret_value())
    metrics = Metrics()
    return House(
        settings=settings,
        engine=engine,
        write=write,
        read=session_factory(engine, read_only=True),
        outside=outside(settings, write, vault, metrics),
        vault=vault,
        hint=jobs.hint,
        jobs=jobs,
        metrics=metrics,
    )


def outside(settings: Settings, write: SessionFactory, vault: Vault, metrics: Metrics) -> Outside:
    """The real vendors at the addresses the settings name."""
    clock = Clock(settings.offset_file)
    http = Http(metrics.observe_call)
    stripe = connect(
        http,
        api_key=settings.stripe_api_key.get_secret_value(),
        url=settings.stripe_url,
        deadline=settings.stripe_deadline_seconds,
    )
    return Outside(
        supplier=esim(settings, http, Tokens(write, vault, clock, account=settings.supplier_email)),
        sims=LinksfieldSims(mall(settings, http), csss(settings, http), clock),
        cashier=StripeCashier(
            stripe,
            webhook_secret=settings.stripe_webhook_secret.get_secret_value(),
            livemode=settings.livemode,
        ),
        billing=StripeBilling(stripe),
        mailer=SmtpMailer(
            metrics.observe_call,
            clock,
            host=settings.smtp_host,
            port=settings.smtp_port,
            user=settings.smtp_user,
            password=settings.smtp_password.get_secret_value(),
            starttls=settings.smtp_starttls,
            sender=settings.mail_from,
            sender_name=settings.name,
        ),
        clock=clock,
    )


def esim(settings: Settings, http: Http, tokens: Tokens) -> Linksfield:
    """The supplier's eSIM QR family; also for calls by hand."""
    return Linksfield(
        http,
        base_url=settings.supplier_url,
        partner_code=settings.supplier_partner_code,
        email=settings.supplier_email,
        password=settings.supplier_password.get_secret_value(),
        language=settings.supplier_language,
        catalogue_api=settings.supplier_catalogue_api,
        deadline=settings.supplier_deadline_seconds,
        tokens=tokens,
    )


def mall(settings: Settings, http: Http) -> Mall:
    """The supplier's Mall family; also for calls by hand."""
    return Mall(
        http,
        MallSettings(
            shop_url=settings.mall_shop_url,
            payment_url=settings.mall_payment_url,
            order_url=settings.mall_order_url,
            partner_code=settings.supplier_partner_code,
            accept_language=settings.supplier_language,
            language_code=settings.mall_language_code,
            mark=settings.mall_mark,
            terminal=settings.mall_terminal,
        ),
        signer=MallSigner(settings.mall_sign_key.get_secret_value()),
        deadline=settings.supplier_deadline_seconds,
    )


def csss(settings: Settings, http: Http) -> Csss:
    """The supplier's CSSS family; also for calls by hand."""
    return Csss(
        http,
        base_url=settings.csss_url,
        access_code=settings.csss_access_code,
        signer=CsssSigner(settings.csss_secret.get_secret_value()),
        deadline=settings.supplier_deadline_seconds,
        language=settings.csss_language,
        checks_answers=settings.csss_check_answers,
    )


def push_door(settings: Settings) -> PushDoor:
    """Who reads the supplier's pushes."""
    return PushDoor({key_id: secret.get_secret_value() for key_id, secret in settings.push_keys.items()})
