"""What every page of the console has: the way to the others."""

from flask import current_app, request, url_for

from lti_tool.admin.blueprint import bp
from lti_tool.web.pages import Tab

PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Your LMS", "admin.connections", ("admin.platform",)),
    ("Connect an LMS", "admin.invitations", ()),
    ("Scores and other work", "admin.deliveries", ()),
    ("Keys", "admin.keys", ()),
    ("Audit trail", "admin.audit", ()),
)
"""Label, endpoint, and the endpoints of the pages below it."""


def places() -> tuple[Tab, ...]:
    """The console's pages, those that this installation has."""
    return tuple(
        Tab(label, url_for(endpoint), request.endpoint == endpoint or request.endpoint in below)
        for label, endpoint, below in PLACES
        if endpoint in current_app.view_functions
    )


@bp.context_processor
def console() -> dict[str, tuple[Tab, ...]]:
    """Every template of the room may show `console_places`."""
    return {"console_places": places()}
