"""Is it alive, is it ready, what does it count: for load balancers and operators."""

from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere
from lti_tool.kit.log import get_logger
from lti_tool.kit.outbox import OutboxRow
from lti_tool.kit.row_security import is_bypassed
from lti_tool.launch.blueprint import bp
from lti_tool.launch.metrics import OUTBOX_DEAD, OUTBOX_DUE
from lti_tool.launch.models import Platform
from lti_tool.web.guard import public

log = get_logger(__name__)

PAST_ROW_SECURITY = "warning: the database role is a superuser or has BYPASSRLS, so row security does not bind it"


@bp.get("/healthz")
@public("says that the process answers, nothing else")
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public("says whether the database answers and has its tables, nothing else")
def readyz() -> Response:
    try:
        with everywhere(db.session()) as session:
            session.execute(select(Platform.id).limit(1)).all()
            past_row_security = is_bypassed(session.connection())
    except SQLAlchemyError as trouble:
        log.error("health.not_ready", error=type(trouble).__name__)
        return Response(
            "the database does not answer, or `lti-tool db upgrade` has not run\n", 503, mimetype="text/plain"
        )
    if past_row_security:
        log.warning("health.row_security_bypassed", advice="connect as an ordinary role: docs/security.md")
        return Response(f"ready\n{PAST_ROW_SECURITY}\n", mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@bp.get("/metrics")
@public("counts, never people; keep it inside the network at the proxy if counts are private too")
def metrics_page() -> Response:
    open_rows = select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
    with everywhere(db.session()) as session:
        dead = session.scalar(open_rows.where(OutboxRow.dead_at.is_not(None)))
        due = session.scalar(open_rows.where(OutboxRow.dead_at.is_(None), OutboxRow.due_at <= clock.now()))
    OUTBOX_DUE.set(due or 0)
    OUTBOX_DEAD.set(dead or 0)
    return Response(generate_latest(), mimetype=None, content_type=CONTENT_TYPE_LATEST)
