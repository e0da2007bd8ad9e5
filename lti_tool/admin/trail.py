"""The audit trail, in words: filtered, paged, and as a file that no spreadsheet runs."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from lti_tool.admin.when import when
from lti_tool.kit import audit
from lti_tool.kit.audit import AuditEntry
from lti_tool.kit.sheets import plain
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Action, Pager, Via, Weight
from lti_tool.web.pages import Page

SHOWN = 50
ACTIONS: dict[str, str] = {
    "deployment.approved": "Approved a deployment",
    "deployment.refused": "Refused a deployment",
    "deployment.assigned": "Gave a deployment to an institution",
    "connection.changed": "Changed the address or token of a connection",
    "connection.checked": "Had a connection checked",
    "platform.added": "Connected an LMS",
    "platform.changed": "Changed a connection to an LMS",
    "invitation.made": "Made an invitation",
    "invitation.used": "Used an invitation",
    "invitation.withdrawn": "Withdrew an invitation",
    "keys.rotated": "Let another key sign",
    "keys.withdrawn": "Withdrew every key",
    "delivery.retried": "Had a score sent again",
    "delivery.set_aside": "Set a score aside",
    "work.retried": "Had other work tried again",
    "framework.piloted": "Began a pilot of a framework",
    "framework.published": "Published a framework",
    "framework.retired": "Retired a framework",
    "framework.signed": "Recorded a sign-off of a framework",
    "framework.waived": "Waived a condition for a framework",
    "framework.discarded": "Discarded a draft framework",
    "framework.opened": "Let everybody read a framework",
    "framework.closed": "Let only tokens read a framework",
    "framework.imported": "Imported a framework",
    "token.made": "Made a token",
    "token.revoked": "Ended a token",
}
GROUPS: tuple[tuple[str, str], ...] = (
    ("", "Everything"),
    ("deployment.", "Deployments"),
    ("connection.", "Connections and tokens"),
    ("platform.", "LMSs"),
    ("invitation.", "Invitations"),
    ("keys.", "Keys"),
    ("delivery.", "Scores"),
    ("work.", "Other work"),
    ("framework.", "Frameworks"),
    ("token.", "Tokens for other systems"),
)


@dataclass(frozen=True, kw_only=True)
class TrailPage(Page):
    lede: str
    fields: tuple[Field, ...]
    trail: Table
    pager: Pager | None
    export: Action


def words_of(action: str) -> str:
    """An action in words; one that is not known yet says its code in plain letters."""
    return ACTIONS.get(action) or re.sub(r"[._]", " ", action).capitalize()


def page_of(session: Session, *, group: str, actor: str, number: int) -> TrailPage:
    found = audit.entries(session, action=group, actor=actor, limit=SHOWN + 1, offset=(number - 1) * SHOWN)
    shown = found[:SHOWN]
    chosen: dict[str, Any] = {name: value for name, value in (("what", group), ("who", actor)) if value}
    pager = None
    if number > 1 or len(found) > SHOWN:
        first = (number - 1) * SHOWN + 1
        pager = Pager(
            f"{first} to {first + len(shown) - 1}" if shown else "No more",
            url_for("admin.audit", page=number - 1, **chosen) if number > 1 else "",
            url_for("admin.audit", page=number + 1, **chosen) if len(found) > SHOWN else "",
        )
    return TrailPage(
        title="Audit trail",
        lede="Who decided what about Waymark here, and when. Entries are only ever added; no learner is named.",
        fields=_fields(session, group, actor),
        trail=_table(shown),
        pager=pager,
        export=Action("Download as CSV", url_for("admin.audit_file", **chosen), Weight.PLAIN, Via.DOWNLOAD),
    )


def _fields(session: Session, group: str, actor: str) -> tuple[Field, ...]:
    actors = [Option("", "Everybody"), *(Option(one, one) for one in audit.actors(session))]
    return (
        Field("what", "What", FieldKind.SELECT, group, options=tuple(Option(*one) for one in GROUPS)),
        Field("who", "Who", FieldKind.SELECT, actor, options=tuple(actors)),
    )


def _table(found: list[AuditEntry]) -> Table:
    columns = (Column("When", ColumnKind.NUM), Column("Who"), Column("What", ColumnKind.HEAD), Column("Details"))
    rows = tuple(
        Row((when(one.at), one.actor, Cell(words_of(one.action), soft=one.subject), one.detail or "–")) for one in found
    )
    return Table(columns, rows, empty="Nothing of this kind has been done yet.")


def file_of(session: Session, *, group: str, actor: str) -> str:
    """Every entry that the filters let through, newest first, as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "who", "action", "what", "subject", "details"])
    for one in audit.entries(session, action=group, actor=actor, limit=None):
        cells = (one.actor, one.action, words_of(one.action), one.subject, one.detail)
        writer.writerow([_moment(one.at), *(plain(cell) for cell in cells)])
    return "\ufeff" + out.getvalue()  # Excel reads UTF-8 only where it is told so


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
