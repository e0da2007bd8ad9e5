"""What is kept about the person who looks, in plain words and as data: for the LTI data privacy launch and for anybody
who wants to know."""

import json
from dataclasses import dataclass
from urllib.parse import quote

from flask import render_template

from lti_tool.kit.db import db
from lti_tool.launch import own_data
from lti_tool.launch.blueprint import bp
from lti_tool.launch.own_data import Kept
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Viewer


@dataclass(frozen=True, kw_only=True)
class PrivacyPage(Page):
    kept: tuple[Kept, ...]
    """Empty for somebody of whom nothing is known."""
    data: str
    """The same as an address that holds the data itself: it works without a cookie, and nobody else can use it."""


@bp.get("/privacy")
@needs(May.OPEN)
def privacy(viewer: Viewer) -> str:
    kept = own_data.kept_about(db.session(), viewer.person_id) if viewer.person_id is not None else []
    whole = {one.name: list(one.rows) for one in kept}
    data = "data:application/json;charset=utf-8," + quote(json.dumps(whole, indent=2, ensure_ascii=False))
    page = PrivacyPage(title="What Waymark keeps about you", kept=tuple(kept), data=data)
    return render_template("launch/privacy.html", page=page)
