"""Connections, for an institution's administrators: which LMSs, what they allow, and scores on their way."""

from collections.abc import Mapping

from flask import Flask, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.admin import console, values, views_console, views_invitations, work  # noqa: F401 - they add routes
from lti_tool.admin.blueprint import bp
from lti_tool.admin.checking import service as checking
from lti_tool.grading.intake import connections
from lti_tool.grading.passback import queries as passback
from lti_tool.grading.passback import service as passback_service
from lti_tool.grading.passback.domain import DeliveryState
from lti_tool.kit import audit, clock, outbox
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Fault, Invalid, NotFound
from lti_tool.launch import queries as launch
from lti_tool.launch import service as launch_service
from lti_tool.web.guard import needs
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

APPROVED = "Approved. It works at the next opening."
REFUSED = "Refused. Within half a minute nobody gets in from there; visits that have begun go on until they end."


@bp.get("/connections", endpoint="connections")
@needs(May.ADMINISTER)
def connections_page(viewer: Viewer) -> str:
    session = db.session()
    counted = passback.delivery_counts(session)
    stuck = work.stuck(session, viewer.institution_id)
    checked = checking.latest(session)
    lmss = tuple(
        values.lms_of(platform, checked.get(platform.id))
        for platform in launch.platforms(session, viewer.institution_id)
    )
    stopped = counted.get(DeliveryState.STOPPED, 0)
    page = values.ConnectionsPage(
        title="Connections",
        lede=values.lede(lmss, stopped, sum(one.dead for one in stuck)),
        lmss=lmss,
        addresses=values.addresses(),
        counts=values.counts_words(counted),
    )
    return render_template("admin/connections.html", page=page)


@bp.post("/platforms/<int:platform_id>/connection")
@needs(May.ADMINISTER)
def connect(viewer: Viewer, platform_id: int) -> Response:
    """Keep the token of an LMS and try it at once."""
    form = request.form
    token = form.get(f"token-{platform_id}", "").strip()
    if not token:
        raise Invalid("No token was given.", "Paste the token that the LMS made for Waymark.")
    if not current_app.extensions["waymark.settings"].allow_private and not _is_https(form, platform_id):
        raise Invalid("The token would travel readably for everybody.", "Give the LMS’s address with https.")
    sealed = current_app.extensions["waymark.sealer"].seal(token)
    now = clock.now()
    with writing(db.session()) as session:
        connections.connect_lms(
            session,
            platform_id,
            form.get(f"kind-{platform_id}", ""),
            form.get(f"base_url-{platform_id}", ""),
            sealed,
            now,
        )
        name = launch.platform(session, platform_id).name
        audit.record(session, viewer, "connection.changed", name, "A new token for rubrics and marks", now=now)
    return _check(platform_id)


def _is_https(form: Mapping[str, str], platform_id: int) -> bool:
    return form.get(f"base_url-{platform_id}", "").strip().lower().startswith("https://")


@bp.post("/platforms/<int:platform_id>/check")
@needs(May.ADMINISTER)
def check(viewer: Viewer, platform_id: int) -> Response:
    return _check(platform_id)


def _check(platform_id: int) -> Response:
    """Ask the LMS outside any transaction, then keep what it said."""
    session = db.session()
    key = connections.key_of(session, platform_id)
    session.rollback()
    token = current_app.extensions["waymark.sealer"].unseal(key.token_sealed)
    trouble: Fault | None = None
    said = ""
    try:
        found = connections.check_connection(current_app.extensions["waymark.http"], key, token)
        said = f"Works: {found.site}."
        if found.lacks:
            said += f" Its account lacks: {', '.join(found.lacks)}."
    except Fault as fault:
        trouble, said = fault, f"Saved, and it does not work yet. {fault}"
    with writing(session):
        connections.keep_check(session, platform_id, trouble, clock.now())
    return go(url_for("admin.connections"), say=said)


@bp.post("/deployments/<int:row_id>")
@needs(May.ADMINISTER)
def decide_deployment(viewer: Viewer, row_id: int) -> Response:
    decision = request.form.get("decision")
    if decision not in ("approve", "refuse"):
        raise Invalid("It is not said whether to approve or to refuse.", "Choose one of the two.")
    approved = decision == "approve"
    with writing(db.session()) as session:
        decided = launch_service.decide_deployment(session, viewer.institution_id, row_id, approved=approved)
        lms = launch.platform(session, decided.platform_id).name
        done = "deployment.approved" if approved else "deployment.refused"
        audit.record(session, viewer, done, f"{lms}, deployment {decided.deployment_id}", now=clock.now())
    return go(url_for("admin.connections"), say=APPROVED if approved else REFUSED)


@bp.post("/deliveries/<int:delivery_id>/retry")
@needs(May.ADMINISTER)
def retry(viewer: Viewer, delivery_id: int) -> Response:
    with writing(db.session()) as session:
        passback_service.retry_delivery(session, delivery_id, clock.now())
        audit.record(session, viewer, "delivery.retried", f"Score delivery {delivery_id}", now=clock.now())
    return go(url_for("admin.deliveries"), say="On its way again.")


@bp.post("/deliveries/<int:delivery_id>/aside")
@needs(May.ADMINISTER)
def set_aside(viewer: Viewer, delivery_id: int) -> Response:
    with writing(db.session()) as session:
        passback_service.set_aside(session, delivery_id, clock.now())
        audit.record(session, viewer, "delivery.set_aside", f"Score delivery {delivery_id}", now=clock.now())
    return go(url_for("admin.deliveries"), say="Set aside. It is not tried again.")


@bp.post("/deliveries/retry")
@needs(May.ADMINISTER)
def retry_all(viewer: Viewer) -> Response:
    with writing(db.session()) as session:
        number = passback_service.retry_all(session, clock.now())
        if not number:
            raise NotFound("Nothing waits to be sent.", "Every score is in the gradebook or set aside.")
        audit.record(session, viewer, "delivery.retried", f"{number} waiting or stopped scores", now=clock.now())
    return go(url_for("admin.deliveries"), say=f"{number} {'score' if number == 1 else 'scores'} on the way again.")


@bp.post("/work/<int:row_id>")
@needs(May.ADMINISTER)
def retry_work(viewer: Viewer, row_id: int) -> Response:
    """Another try of something else that did not get done."""
    with writing(db.session()) as session:
        if not outbox.retry(session, viewer.institution_id, row_id, clock.now()):
            raise NotFound("This is done already, or was never here.", "Reload the list.")
        audit.record(session, viewer, "work.retried", f"Job {row_id}", now=clock.now())
    return go(url_for("admin.deliveries"), say="It is tried again now.")


def install(app: Flask) -> None:
    app.register_blueprint(bp)
