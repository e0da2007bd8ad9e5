"""Every reason for which a registration comes to nothing: its code, its status, words and a next step for the person
who stands in the LMS; and what the LMS itself says when it refuses.

The codes are stable: they stand in `data-error`, in the log and beside the invitation.
"""

import json
import re
from html import unescape
from typing import Any

from lti_tool.kit.errors import Fault
from lti_tool.launch.domain.facts import text

AGAIN = "Put it right in the LMS, then start the registration there again: the address you pasted stays good."
BY_HAND = "Start again with the same address. If it stays, connect this LMS by hand: the guides have the steps."
LEFTOVER = "Delete the tool that it made, if there is one, and start again with the same address."

REASONS: dict[str, tuple[int, str, str]] = {
    # our half
    "not_from_lms": (
        400,
        "This address is for your LMS, not for a browser.",
        "Copy it whole, and paste it where your LMS asks for a registration address of an LTI tool.",
    ),
    "registration_token_wrong": (400, "What the LMS sent to start with cannot be read.", AGAIN),
    # its configuration
    "configuration_address_wrong": (400, "The LMS did not give a usable address of its configuration.", AGAIN),
    "configuration_unreachable": (424, "The configuration of the LMS could not be fetched.", AGAIN),
    "configuration_refused": (424, "The LMS did not hand out its configuration.", AGAIN),
    "configuration_unreadable": (424, "What the LMS gave as its configuration is none.", AGAIN),
    "configuration_incomplete": (424, "The configuration of the LMS lacks what a connection needs.", BY_HAND),
    "issuer_mismatch": (
        403,
        "This configuration is for another LMS than the one that it came from.",
        "In the LMS, its own address and its issuer must have the same host. Put that right, then start again.",
    ),
    "endpoint_elsewhere": (
        403,
        "The LMS names addresses that are not its own.",
        "Nobody could tell whose they are. If they are right, connect this LMS by hand: the guides have the steps.",
    ),
    "not_supported": (424, "The LMS does not offer what LTI 1.3 asks for.", "Ask its maker for LTI 1.3 Advantage."),
    # its answer to our registration
    "registration_refused": (424, "The LMS refused to register Waymark.", BY_HAND),
    "registration_token_refused": (
        424,
        "The LMS says that this attempt was used before or has taken too long.",
        "Start the registration in the LMS again, with the same address: it stays good.",
    ),
    "registration_unanswered": (
        424,
        "The LMS did not answer properly, so nobody knows whether it registered Waymark.",
        f"Look at the list of tools there. {LEFTOVER}",
    ),
    "registration_unreadable": (
        424,
        "The LMS answered in a way that Waymark cannot use, though it may have registered it.",
        f"Look at the list of tools there. {LEFTOVER}",
    ),
    "registered_elsewhere": (
        409,
        "This LMS is connected already, for another institution.",
        "Ask whoever runs this Waymark. The new tool in the LMS is of no use: delete it there.",
    ),
    "registration_too_late": (
        409,
        "The LMS registered Waymark, but meanwhile the address was used or withdrawn.",
        "Delete the new tool in the LMS, and start again with a new address from Connections.",
    ),
}


class NotRegistered(Fault):
    """A registration that came to nothing; `reason` is one of `REASONS`, `details` says more, a line each."""

    def __init__(self, reason: str, *details: str) -> None:
        status, words, next_step = REASONS[reason]
        super().__init__(words, next_step)
        self.reason, self.status, self.details = reason, status, tuple(detail for detail in details if detail)


_MOODLE_WORDS = re.compile(r'class="errormessage">([^<]{1,400})<')
_USED_UP = re.compile(r"token.{0,20}(already.?used|expired)|expired.{0,10}token|invalid.{0,10}token", re.IGNORECASE)


def refusal(status: int, body: str) -> NotRegistered:
    """The LMS's refusal, with its own words as far as they can be found: Moodle says them bare, or in a page; Canvas
    in JSON."""
    words = text(_words(body), 300)
    used_up = status in (401, 403) or _USED_UP.search(words)
    said = f"It says: {words}" if words else f"It answered with status {status} and nothing to read."
    return NotRegistered("registration_token_refused" if used_up else "registration_refused", said)


def _words(body: str) -> str:
    try:
        return "; ".join(_leaves(json.loads(body)))
    except (ValueError, RecursionError):
        pass
    if found := _MOODLE_WORDS.search(body):
        return unescape(found[1])
    return "" if "<" in body else body


def _leaves(said: Any) -> list[str]:
    """Every text in a JSON answer, with the names that lead to it where they say something."""
    if isinstance(said, dict):
        return [
            leaf if key in ("message", "errors", "error_description") else f"{key}: {leaf}"
            for key, value in list(said.items())[:20]
            for leaf in _leaves(value)
        ][:10]
    if isinstance(said, list):
        return [leaf for each in said[:10] for leaf in _leaves(each)][:10]
    return [str(said)[:200]] if isinstance(said, str | int) else []
