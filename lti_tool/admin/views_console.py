"""One LMS and its check, the scores on their way, the keys, the audit trail."""

from flask import current_app, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.admin import key_page, platform_page, trail, values, work
from lti_tool.admin.blueprint import bp
from lti_tool.admin.checking import service as checking
from lti_tool.grading.passback import queries as passback
from lti_tool.grading.passback.domain import DeliveryState
from lti_tool.kit import audit as audit_trail
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.launch import keys as tool_keys
from lti_tool.launch import queries as launch
from lti_tool.web.guard import needs
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

SHOWN = 50


@bp.get("/platforms/<int:platform_id>")
@needs(May.ADMINISTER)
def platform(viewer: Viewer, platform_id: int) -> str:
    """While a check runs, the page asks for itself once a second."""
    session = db.session()
    checking.owner(session, platform_id)
    page = platform_page.page_of(
        launch.platform(session, platform_id),
        checking.checks(session, platform_id),
        launch.last_opened(session).get(launch.platform(session, platform_id).id),
        clock.now(),
    )
    return render_template("admin/platform.html", page=page)


@bp.post("/platforms/<int:platform_id>/examine")
@needs(May.ADMINISTER)
def ask_check(viewer: Viewer, platform_id: int) -> Response:
    """A worker does it: the LMS fetches our keys meanwhile, and a page must not wait for that."""
    now = clock.now()
    with writing(db.session()) as session:
        checking.owner(session, platform_id)
        name = launch.platform(session, platform_id).name
        checking.ask(session, platform_id, viewer.name or "an administrator", now)
        audit_trail.record(session, viewer, "connection.checked", name, now=now)
    return go(url_for("admin.platform", platform_id=platform_id))


@bp.get("/deliveries")
@needs(May.ADMINISTER)
def deliveries(viewer: Viewer) -> str:
    session = db.session()
    counted = passback.delivery_counts(session)
    stuck = work.stuck(session, viewer.institution_id)
    chosen = values.state_named(request.args.get("state", ""))
    number = _page()
    found = passback.deliveries(
        session, states=(chosen,) if chosen else (), limit=SHOWN + 1, offset=(number - 1) * SHOWN
    )
    trying = counted.get(DeliveryState.RETRYING, 0) + counted.get(DeliveryState.WAITING, 0)
    stopped = counted.get(DeliveryState.STOPPED, 0)
    page = values.DeliveriesPage(
        title="Scores and other work",
        lede=values.lede((), stopped, sum(one.dead for one in stuck)),
        counts=values.counts_words(counted),
        deliveries=values.deliveries_table(found[:SHOWN]),
        waiting=trying + stopped,
        states=values.state_field(chosen),
        pager=values.pager(number, len(found), SHOWN, chosen),
        stuck=work.table(session, stuck),
    )
    return render_template("admin/deliveries.html", page=page)


@bp.get("/keys")
@needs(May.ADMINISTER)
def keys(viewer: Viewer) -> str:
    now = clock.now()
    base_url = current_app.extensions["waymark.settings"].base_url
    page = key_page.page_of(tool_keys.keys(db.session(), now), now, base_url)
    return render_template("admin/keys.html", page=page)


@bp.post("/keys/rotate")
@needs(May.ADMINISTER)
def rotate_keys(viewer: Viewer) -> Response:
    """With overlap, so that no LMS notices. Raises RotationUnderWay."""
    now = clock.now()
    with writing(db.session()) as session:
        if at := key_page.coming(tool_keys.keys(session, now), now):
            raise key_page.RotationUnderWay(
                f"A rotation is under way: another key takes over on {values.when(at)}.", "Nothing is to be done."
            )
        turned = tool_keys.rotate(session, current_app.extensions["waymark.sealer"], now)
        starts = turned.signs_from or now
        detail = f"Signs from {values.when(starts)}"
        audit_trail.record(session, viewer, "keys.rotated", f"Key {turned.kid}", detail, now=now)
    return go(url_for("admin.keys"), say=f"Another key takes over on {values.when(starts)}.")


@bp.get("/audit")
@needs(May.ADMINISTER)
def audit(viewer: Viewer) -> str:
    page = trail.page_of(
        db.session(),
        group=_asked("what", 80),
        actor=_asked("who", 255),
        number=_page(),
    )
    return render_template("admin/audit.html", page=page)


@bp.get("/audit.csv")
@needs(May.ADMINISTER)
def audit_file(viewer: Viewer) -> Response:
    text = trail.file_of(db.session(), group=_asked("what", 80), actor=_asked("who", 255))
    answer = make_response(text)
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = 'attachment; filename="waymark-audit.csv"'
    return answer


def _page() -> int:
    return max(1, min(request.args.get("page", 1, type=int), 100_000))


def _asked(name: str, longest: int) -> str:
    """A filter as a database can look for it."""
    return "".join(sign for sign in request.args.get(name, "") if sign.isprintable())[:longest]
