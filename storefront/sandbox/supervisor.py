"""The demo's processes: sandbox, web, worker; their settings, their logs, their end."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from storefront.sandbox.buyer import WalkFailed

SHOP_PORT, SANDBOX_PORT, MAIL_PORT, SECOND_PORT = 8000, 8010, 8025, 8100


@dataclass(frozen=True)
class Layout:
    """Where everything is: addresses, ports, folders, and whether real Stripe test mode takes part."""

    root: Path
    data_dir: Path
    bind: str
    shop_url: str
    shop_port: int
    sandbox_url: str
    sandbox_public_url: str
    sandbox_port: int
    mail_port: int
    second_port: int
    stripe_key: str
    webhook_secret: str
    keeps_serving: bool
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_real_stripe(self) -> bool:
        """Whether a test key of a real account was given."""
        return self.stripe_key != "sk_test_sandbox"

    def shown(self, path: Path) -> str:
        """A path as people type it from the project's folder."""
        return os.path.relpath(path, self.root)

    def environment(self, **changes: str) -> dict[str, str]:
        """The shop's settings on top of this process's environment."""
        stripe = (
            {}
            if self.is_real_stripe
            else {
                "SHOP_STRIPE_URL": f"{self.sandbox_url}/stripe",
                "SHOP_STRIPE_PAGE_ORIGIN": self.sandbox_public_url,
                "SHOP_STRIPE_PORTAL_ORIGIN": self.sandbox_public_url,
            }
        )
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
        return {
            **inherited,
            "PYTHONPATH": str(self.root),
            "FLASK_APP": "storefront.cli:make_app",
            "FLASK_SKIP_DOTENV": "1",
            "SHOP_PUBLIC_URL": self.shop_url,
            "SHOP_DATA_DIR": str(self.data_dir),
            "SHOP_OFFSET_FILE": str(self.data_dir / "clock-offset"),
            "SHOP_SUPPLIER_URL": f"{self.sandbox_url}/linksfield",
            "SHOP_SUPPLIER_PARTNER_CODE": "1000000005",
            "SHOP_SUPPLIER_EMAIL": "shop@landfall.example",
            "SHOP_SUPPLIER_PASSWORD": "pretend-password",
            "SHOP_SUPPLIER_MONEY_UNIT": "major",
            "SHOP_MALL_SHOP_URL": f"{self.sandbox_url}/linksfield-mall/vshop",
            "SHOP_MALL_PAYMENT_URL": f"{self.sandbox_url}/linksfield-mall/payment",
            "SHOP_MALL_ORDER_URL": f"{self.sandbox_url}/linksfield-mall/topup",
            "SHOP_CSSS_URL": f"{self.sandbox_url}/linksfield-csss",
            "SHOP_CSSS_ACCESS_CODE": "1000000005",
            "SHOP_CSSS_SECRET": "pretend-csss-secret",
            "SHOP_PUSH_KEYS": '{"K1": "pretend-push-key"}',
            "SHOP_STRIPE_API_KEY": self.stripe_key,
            "SHOP_STRIPE_WEBHOOK_SECRET": self.webhook_secret,
            "SHOP_SMTP_PORT": str(self.mail_port),
            "SHOP_CASE_EMAIL": "desk@landfall.example",
            "SHOP_SUPPORT_EMAIL": "help@landfall.example",
            "SHOP_ANNOUNCEMENT": "This is a demo. Pay with card 4242 4242 4242 4242, any future date, any CVC.",
            **stripe,
            **self.settings,
            **changes,
        }


def layout_from(
    environ: Mapping[str, str],
    root: Path,
    *,
    data_dir: Path | None = None,
    settings: Mapping[str, str] | None = None,
    shift: int = 0,
) -> Layout:
    """Read BIND, PUBLIC_URL, STRIPE_SECRET_KEY, ONCE, SERVE and CI; taken ports give way to the next free ones.

    Layouts that are made at the same moment need ranges of ports of their own: `shift` moves all of them.
    """
    bind = environ.get("BIND", "127.0.0.1")
    shop_port = free_port(bind, urlsplit(environ.get("PUBLIC_URL", "")).port or SHOP_PORT + shift)
    sandbox_port = free_port(bind, SANDBOX_PORT + shift, {shop_port})
    mail_port = free_port("127.0.0.1", MAIL_PORT + shift, {shop_port, sandbox_port})
    second_port = free_port("127.0.0.1", SECOND_PORT + shift, {shop_port, sandbox_port, mail_port})
    public = environ.get("PUBLIC_URL", f"http://{_reachable(bind)}:{shop_port}").rstrip("/")
    host = urlsplit(public).hostname or _reachable(bind)
    once = environ.get("ONCE") == "1" or bool(environ.get("CI")) or not sys.stdout.isatty()
    return Layout(
        root=root,
        data_dir=data_dir or root / "var" / "demo",
        bind=bind,
        shop_url=public,
        shop_port=shop_port,
        sandbox_url=f"http://127.0.0.1:{sandbox_port}"
        if bind in {"127.0.0.1", "0.0.0.0"}
        else f"http://{bind}:{sandbox_port}",
        sandbox_public_url=f"http://{host}:{sandbox_port}",
        sandbox_port=sandbox_port,
        mail_port=mail_port,
        second_port=second_port,
        stripe_key=environ.get("STRIPE_SECRET_KEY") or "sk_test_sandbox",
        webhook_secret=environ.get("STRIPE_WEBHOOK_SECRET") or "whsec_" + secrets.token_hex(16),
        settings=settings or {},
        keeps_serving=environ.get("SERVE") == "1" or not once,
    )


def free_port(bind: str, wanted: int, taken: set[int] | None = None) -> int:
    """`wanted`, or the next port nobody listens on."""
    for port in range(wanted, wanted + 200):
        if port in (taken or set()):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((bind, port))
            except OSError:
                continue
            return port
    raise WalkFailed(f"no free port between {wanted} and {wanted + 200}")


def _must_be_free(name: str, bind: str, port: int) -> None:
    """Whoever took the port since it was chosen would answer in the place of our process. Raises `WalkFailed`."""
    if free_port(bind, port) != port:
        raise WalkFailed(f"port {port}, chosen for {name}, was taken in the meantime; start again")


class Supervisor:
    """Starts the processes, watches them, ends them all."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._keys = {
            "SHOP_SECRET_KEY": secrets.token_urlsafe(48),
            "SHOP_VAULT_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }

    def start(self) -> None:
        """Sandbox, schema, catalogue, web, worker. Raises `WalkFailed` when one does not come up."""
        layout = self._layout
        _must_be_free("sandbox", layout.bind, layout.sandbox_port)
        sandbox = ["-m", "storefront.sandbox", "--bind", layout.bind, "--port", str(layout.sandbox_port)]
        sandbox += ["--mail-port", str(layout.mail_port), "--shop-url", layout.shop_url]
        sandbox += ["--offset-file", str(layout.data_dir / "clock-offset")]
        sandbox += ["--stripe-webhook-secret", layout.webhook_secret, "--public-url", layout.sandbox_public_url]
        self._spawn("sandbox", [sys.executable, *sandbox])
        self._await("sandbox", f"{layout.sandbox_url}/healthz")
        self.once("schema", "db", "upgrade")
        self.once("catalogue", "catalogue", "refresh")
        self.start_web("web", layout.shop_port, layout.bind)
        self.start_worker()

    def start_worker(self) -> None:
        """The worker, or another one after the first was lost."""
        self._spawn("worker", [sys.executable, "-m", "flask", "worker"])

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """A running process, by its name."""
        return self._running[name]

    def environment(self) -> dict[str, str]:
        """What its processes are started with, for a command beside them."""
        return self._layout.environment(**self._keys)

    def start_web(self, name: str, port: int, bind: str = "127.0.0.1", **settings: str) -> None:
        """One more web process on `port`; `settings` differ from the first one's."""
        _must_be_free(name, bind, port)
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "gunicorn.conf.py",
            "-b",
            f"{bind}:{port}",
            "wsgi:application",
        ]
        self._spawn(name, command, **settings)
        self._await(name, f"http://{_reachable(bind)}:{port}/readyz")

    def end(self, name: str) -> None:
        """Stop one process and wait for it."""
        process = self._running.pop(name)
        _terminate(process)

    def stop(self) -> None:
        """Stop them all."""
        for process in reversed(self._running.values()):
            _terminate(process)
        self._running.clear()

    def wait(self) -> str:
        """Block until one of them dies; returns its name."""
        while True:
            for name, process in self._running.items():
                if process.poll() is not None:
                    return name
            time.sleep(0.5)

    def _spawn(self, name: str, command: list[str], **settings: str) -> None:
        with (self._layout.data_dir / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=self._layout.root,
                env=self._layout.environment(**self._keys, **settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def once(self, name: str, *command: str) -> str:
        """Run one of the operator's commands to its end; returns what it printed. Raises `WalkFailed`."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *command],
            cwd=self._layout.root,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=120,
        )
        if done.returncode != 0:
            (self._layout.data_dir / f"{name}.log").write_bytes(done.stdout + done.stderr)
            raise WalkFailed(f"`flask {' '.join(command)}` failed; see {name}.log")
        return done.stdout.decode()

    def _await(self, name: str, url: str) -> None:
        until = time.monotonic() + 40
        while time.monotonic() < until:
            if self._running[name].poll() is not None:
                raise WalkFailed(f"{name} ended while starting; see {name}.log")
            try:
                if requests.get(url, timeout=2, headers={"Host": urlsplit(self._layout.shop_url).netloc}).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise WalkFailed(f"{name} did not answer within 40 s; see {name}.log")


def _terminate(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _reachable(bind: str) -> str:
    return "127.0.0.1" if bind == "0.0.0.0" else bind
