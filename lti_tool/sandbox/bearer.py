"""Who holds an access token for the LTI services."""

import time

from flask import request

from lti_tool.sandbox.state import Campus, Tool


def bearer(here: Campus) -> tuple[Tool, tuple[str, ...]] | None:
    """The tool and scopes of a living access token, or None."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    grant = here.grants.get(token.strip()) if kind.lower() == "bearer" else None
    if grant is None or grant.expires <= time.time():
        return None
    tool = here.tools.get(grant.client_id)
    return (tool, grant.scopes) if tool and tool.active else None


def bearer_tool(here: Campus, *scopes: str) -> Tool | None:
    """The tool, when its token carries one of `scopes`."""
    found = bearer(here)
    if found is None or not set(scopes) & set(found[1]):
        return None
    return found[0]
