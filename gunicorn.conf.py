"""How the web server runs the shop; addresses and the number of processes come from its own options."""

import datetime as dt
import gc
import importlib
import logging
import os
import re
from pathlib import Path
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

# Threads, since a request may wait for a vendor while others read pages. The number of such waits is capped: it is
# twice SHOP_WEB_OUTSIDE_PERMITS, and the rest is for visitors.
worker_class = "gthread"
threads = 16
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))

# Not preloaded: connections to SQLite (and its locks) must not be carried over a fork, so each process makes its own.
preload_app = False


def on_starting(_server: Any) -> None:
    """Read the shop's modules in the master: the processes share that memory, and one that is replaced is up sooner."""
    importlib.import_module("storefront.app")
    # Whatever the garbage collector looks at is copied into each process; what was read here stays for good.
    gc.freeze()


# The heartbeat file must not wait for a disk; where that memory is not ours to write, it does all the same.
_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes its own file in it, with a name nobody can guess
worker_tmp_dir = str(_MEMORY) if os.access(_MEMORY, os.W_OK | os.X_OK) else None
control_socket_disable = True

keepalive = 15
timeout = 60
graceful_timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000

# Whom to believe about the visitor's address is a setting of the shop (SHOP_TRUSTED_PROXIES), not of this server.
forwarded_allow_ips = ""

accesslog = "-"
errorlog = "-"
# The path only: queries hold what people searched for, referrers hold addresses of private pages.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'

_SECRET_LINK = re.compile(r"(/o/|/stop/)[^\s/?\"'#]+")


def scrubbed(text: str) -> str:
    """The text without the tokens of secret order links."""
    return _SECRET_LINK.sub(r"\1<hidden>", text)


class _Scrub(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrubbed(record.getMessage()), ()
        return True


class ScrubbingLogger(Logger):  # type: ignore[misc]
    """gunicorn's own logger, which never writes a secret link: neither of a visit nor of a failure."""

    def setup(self, cfg: Config) -> None:
        """As the parent's, with the filter on both logs."""
        super().setup(cfg)
        for log in (self.access_log, self.error_log):
            if not any(isinstance(found, _Scrub) for found in log.filters):
                log.addFilter(_Scrub())

    def atoms(self, resp: Any, _req: Any, environ: dict[str, Any], request_time: dt.timedelta) -> dict[str, Any]:
        """What the format above names; the parent's also gathers every header of each request and answer."""
        return {
            "h": environ.get("REMOTE_ADDR", "-"),
            "m": environ.get("REQUEST_METHOD"),
            "U": environ.get("PATH_INFO"),
            "s": str(resp.status).split(maxsplit=1)[0],
            "B": getattr(resp, "sent", None),
            "M": request_time // dt.timedelta(milliseconds=1),
        }


logger_class: Any = ScrubbingLogger
