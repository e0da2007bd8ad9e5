"""Connect an LMS: one address to paste there, good once and for a while, and what became of each."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.admin.blueprint import bp
from lti_tool.admin.when import when
from lti_tool.kit import audit, clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid
from lti_tool.launch import invitations
from lti_tool.launch.domain import not_registered
from lti_tool.launch.invitations import InvitationInfo, InvitationState, Purpose
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Action, Pill, Tone, Via
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

DAYS = (Option("1", "1 day"), Option("7", "7 days"), Option("30", "30 days"))
PILLS = {
    InvitationState.OPEN: Pill("Open", Tone.ACCENT),
    InvitationState.TRYING: Pill("In use now", Tone.WAIT),
    InvitationState.USED: Pill("Used", icon="ok"),
    InvitationState.EXPIRED: Pill("Expired"),
    InvitationState.REVOKED: Pill("Withdrawn"),
}
OPEN = (InvitationState.OPEN, InvitationState.TRYING)


@dataclass(frozen=True, kw_only=True)
class InvitationsPage(Page):
    address: Field | None
    """To paste into the LMS; None while there is no open one."""
    until: str
    days: Field
    table: Table


@bp.get("/invitations", endpoint="invitations")
@needs(May.ADMINISTER)
def invitations_page(viewer: Viewer) -> str:
    found = invitations.listed(db.session(), viewer.institution_id, clock.now())
    newest = next((one for one in found if one.state in OPEN and one.token_sealed), None)
    page = InvitationsPage(
        title="Connect an LMS",
        address=_address(newest) if newest is not None else None,
        until=_moment(newest.expires_at) if newest is not None else "",
        days=Field("days", "Good for", FieldKind.SELECT, "7", options=DAYS),
        table=_table(found),
    )
    return render_template("admin/invitations.html", page=page)


@bp.post("/invitations")
@needs(May.ADMINISTER)
def make_invitation(viewer: Viewer) -> Response:
    days = request.form.get("days", "7")
    if days not in {option.value for option in DAYS}:
        raise Invalid("An address is good for 1, 7 or 30 days.", "Choose one of them.")
    now = clock.now()
    with writing(db.session()) as session:
        _, made = invitations.invite(
            session,
            viewer.institution_id,
            Purpose.REGISTER,
            now,
            days=int(days),
            made_by=viewer.name or "An administrator",
            person_id=viewer.person_id,
            sealer=current_app.extensions["waymark.sealer"],
        )
        audit.record(
            session, viewer, "invitation.made", _subject(made.id), f"Good until {made.expires_at:%Y-%m-%d}.", now=now
        )
    return go(url_for("admin.invitations"), say="Here is a new address.")


@bp.post("/invitations/<int:invitation_id>/revoke")
@needs(May.ADMINISTER)
def revoke_invitation(viewer: Viewer, invitation_id: int) -> Response:
    now = clock.now()
    with writing(db.session()) as session:
        invitations.revoke(session, viewer.institution_id, invitation_id, now)
        audit.record(session, viewer, "invitation.withdrawn", _subject(invitation_id), now=now)
    return go(url_for("admin.invitations"), say="Withdrawn. No LMS can register with it any more.")


def _subject(invitation_id: int) -> str:
    return f"Registration address, number {invitation_id}"


def _address(newest: InvitationInfo) -> Field:
    secret = current_app.extensions["waymark.sealer"].unseal(newest.token_sealed)
    base = current_app.extensions["waymark.settings"].base_url
    return Field(
        "address",
        "Registration address",
        value=f"{base}/lti/register?invitation={secret}",
        attributes=(("readonly", ""), ("autocomplete", "off"), ("spellcheck", "false"), ("class", "machine")),
    )


def _table(found: list[InvitationInfo]) -> Table:
    columns = (
        Column("Made", ColumnKind.HEAD),
        Column("Good until"),
        Column("State"),
        Column("What became of it"),
        Column("Action"),
    )
    rows = tuple(Row(_row(one)) for one in found)
    return Table(columns, rows, empty="No address has been made yet.")


def _row(one: InvitationInfo) -> tuple[Cell | str, ...]:
    actions: tuple[Action, ...] = ()
    if one.state in OPEN:
        to = url_for("admin.revoke_invitation", invitation_id=one.id)
        actions = (Action("Withdraw", to, via=Via.POST, about=f"the address of {when(one.created_at)}"),)
    return (
        Cell(when(one.created_at), soft=one.made_by),
        when(one.expires_at),
        Cell(pill=PILLS[one.state]),
        _became(one),
        Cell(actions=actions) if actions else "–",
    )


def _became(one: InvitationInfo) -> str:
    if one.state is InvitationState.USED and one.used_at is not None:
        return f"{one.used_for} registered with it on {when(one.used_at)}."
    if one.failed_at is not None and one.failure:
        _, words, _ = not_registered.REASONS.get(one.failure, (0, "Something went wrong on our side.", ""))
        return f"The last attempt, on {when(one.failed_at)}: {words}"
    return "No LMS has come with it yet." if one.state in OPEN else "–"


def _moment(moment: datetime) -> str:
    return f"{moment.day} {moment:%B, %H:%M} UTC"
