"""The LMS's own storage in place of a cookie (1EdTech LTI postMessage Storage): a page before the LMS is asked puts the
browser's value there, and the page that receives the launch brings it back.

It binds as strongly as the cookie does: the value goes to the registered LMS's origin alone and is taken from no other,
so neither a page that frames us nor one that posts somebody else's launch can know or plant it.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, render_template
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.launch import parts
from lti_tool.launch.domain.facts import origins
from lti_tool.launch.domain.states import CONFIRM_LIFE, digest, same_browser
from lti_tool.launch.oidc import Asked
from lti_tool.launch.queries import PlatformInfo
from lti_tool.web.headers import allow_frames_of
from lti_tool.web.pages import Page

LONGEST_TARGET = 100


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the LMS keeps what we ask it to keep."""

    target: str
    """The name of the frame beside ours, or `_parent` for the LMS's page itself."""
    origin: str
    key: str


@dataclass(frozen=True, kw_only=True)
class StorePage(Page):
    storage: Storage
    value: str
    onward: str


def storage_of(platform: PlatformInfo, target: str | None, state: str) -> Storage | None:
    """The storage that the LMS offers for this login; None where it offers none."""
    found = origins((platform.auth_login_url,))
    if not target or len(target) > LONGEST_TARGET or not found:
        return None
    return Storage(target, found[0], f"waymark-{digest(state)[:16]}")


def by_way_of_storage(asked: Asked, storage: Storage) -> AnyResponse:
    """A page that keeps the browser's value in the LMS's storage and goes on to the LMS. Only for browsers that sent no
    cookie, which the first launch of all does too: it brings one, in case it is kept."""
    # nobody's data is on it, and the LMS's page may have another address than the registration names
    allow_frames_of("*")
    page = StorePage(title="Opening Waymark", storage=storage, value=asked.browser, onward=asked.url)
    answer = current_app.make_response(render_template("launch/store.html", page=page))
    answer.headers.add(*asked.cookie)
    return answer


def confirmed_by_storage(ticket: str, state: str, browser: str, now: datetime) -> str | None:
    """The launch row that a ticket opens without asking anybody, since this browser's own LMS page gave back the value
    that its login put there; None otherwise."""
    stamps = parts.parts().stamps
    said = stamps.read_state(state, now) if browser else None
    if said is None or not same_browser(said, browser):
        return None
    nonce = stamps.read_ticket("confirm", ticket, "", now, CONFIRM_LIFE)
    return nonce if nonce == stamps.nonce(state) else None
