"""Our own signing keys, as administrators see them: which signs, how old each is, and a rotation with overlap."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from lti_tool.admin.when import age, when
from lti_tool.kit.errors import Fault
from lti_tool.launch.keys import KeyInfo
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Action, Pill, Tone, Via
from lti_tool.web.pages import Page


class RotationUnderWay(Fault):
    """Another key takes over already: every rotation publishes one more."""

    reason = "rotation_under_way"
    status = 409


@dataclass(frozen=True, kw_only=True)
class KeysPage(Page):
    lede: str
    address: str
    published: Table
    rotate: Action | None
    under_way: str
    """Why no rotation can be begun now."""


PILLS = {
    "signs": Pill("Signs", Tone.ACCENT),
    "next": Pill("Takes over next", Tone.WAIT),
    "leaving": Pill("Leaving"),
}
RESERVE = Pill("In reserve")


def coming(found: list[KeyInfo], now: datetime) -> datetime | None:
    """When a rotation that has begun takes effect; None when none has."""
    return next((one.signs_from for one in found if one.signs_from is not None and one.signs_from > now), None)


def page_of(found: list[KeyInfo], now: datetime, base_url: str) -> KeysPage:
    signing = next((one for one in found if one.state == "signs"), None)
    since = signing and (signing.signs_from or signing.published_at)
    lede = f"The key that signs has done so for {age(now - since)}." if since else "Nothing has been signed yet."
    at = coming(found, now)
    rotate = Action("Rotate now", url_for("admin.rotate_keys"), via=Via.POST)
    columns = (
        Column("Key", ColumnKind.HEAD),
        Column("State"),
        Column("Age", ColumnKind.NUM),
        Column("Signs from", ColumnKind.NUM),
        Column("Published until", ColumnKind.NUM),
    )
    rows = tuple(
        Row(
            (
                one.kid,
                Cell(pill=PILLS[one.state] if one.signs_from else RESERVE),
                age(now - one.published_at),
                when(one.signs_from) if one.signs_from else "when it is needed",
                when(one.published_until) if one.published_until else "it is replaced",
            )
        )
        for one in found
    )
    return KeysPage(
        title="Keys",
        lede=lede,
        address=f"{base_url}/lti/jwks.json",
        published=Table(columns, rows, empty="No key is published yet: the first one is made when it is needed."),
        rotate=None if at else rotate,
        under_way=f"A rotation is under way: another key takes over on {when(at)}." if at else "",
    )
