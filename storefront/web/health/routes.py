"""What probes and the operator's monitoring ask; nothing here tells a secret or reflects the question."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from storefront.db import revision
from storefront.jobs import outbox
from storefront.web import context
from storefront.web.limits import Access, guard

LATE_SECONDS = 120.0

blueprint = Blueprint("health", __name__)
_log = structlog.get_logger(__name__)


@blueprint.get("/healthz")
@guard(access=Access.VENDOR, limit="health")
def live() -> Response:
    """The process answers; asks nobody else, so that a broken database does not make every process restart."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@guard(access=Access.VENDOR, limit="health")
def ready() -> Response:
    """Whether visitors should be sent here: the database answers and is migrated.

    A late queue is told but does not close the shop: it is the workers' illness, and more load on fewer web
    processes would cure nothing.
    """
    home = context.house()
    try:
        is_migrated = current_app.extensions.get("migrated") or revision.is_newest(home.read)
        age = outbox.backlog_age(home.read, home.outside.clock) if is_migrated else 0.0
    except SQLAlchemyError as broken:
        _log.error("not_ready", error=type(broken).__name__)
        return _answer(503, shop="down", database="unreachable")
    current_app.extensions["migrated"] = is_migrated
    if not is_migrated:
        return _answer(503, shop="down", database="ok", schema="behind")
    queue = "late" if age > LATE_SECONDS else "ok"
    return _answer(200, shop="ready", database="ok", schema="current", queue=queue, oldest_due_seconds=round(age, 1))


@blueprint.get("/metrics")
@guard(access=Access.LOOPBACK, limit="health")
def metrics() -> Response:
    """Counters of this process in the Prometheus text format, for a collector on this machine."""
    return Response(context.house().metrics.exposition(), mimetype="text/plain; version=0.0.4")


def _answer(status: int, **facts: object) -> Response:
    response = jsonify(facts)
    response.status_code = status
    return response
