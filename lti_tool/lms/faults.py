"""What can go wrong with an LMS, in words for the people who can mend it.

`Unavailable` kinds may pass by themselves; the others need somebody to change something.
"""

from datetime import timedelta

from lti_tool.kit.errors import Fault, Forbidden, Invalid, NotFound, Unavailable
from lti_tool.kit.http import AddressRefused, Answer


class LmsDown(Unavailable):
    """The LMS answers, but with a failure of its own (5xx, maintenance)."""

    reason = "lms_down"


class OddAnswer(Unavailable):
    """The LMS answered with something that is not what its interface promises."""

    reason = "lms_odd_answer"
    status = 502


class Throttled(Unavailable):
    """The LMS asks to slow down; `after` is how long to wait at least."""

    reason = "lms_throttled"

    def __init__(self, words: str, next_step: str = "", after: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(words, next_step)
        self.after = after


def is_throttled(answer: Answer) -> bool:
    """429, or the 403 by which Canvas says that the rate limit is exceeded."""
    return answer.status == 429 or (answer.status == 403 and b"rate limit exceeded" in answer.body[:2000].lower())


class KeysUnreachable(Unavailable):
    """The LMS could not fetch, or not use, this tool's public keys."""

    reason = "lms_cannot_fetch_keys"
    status = 502


class KeyUnknown(KeysUnreachable):
    """The LMS has keys of this tool, and none that fits the signature."""

    reason = "lms_key_unknown"


class TokenRejected(Forbidden):
    """The LMS does not take the token of the connection any more: it must be renewed by a person."""

    reason = "lms_token_rejected"
    status = 502


class TokenRefused(Forbidden):
    """The LMS does not give this tool an access token."""

    reason = "lms_token_refused"
    status = 502


class ClientUnknown(TokenRefused):
    """The LMS does not know this tool's client id."""

    reason = "lms_client_unknown"


class ClocksDiffer(TokenRefused):
    """The LMS finds the request too old, or from the future."""

    reason = "lms_clocks_differ"


class ScopeNotGranted(TokenRefused):
    """The LMS does not allow this tool what it is about to do."""

    reason = "lms_scope_not_granted"


class AccessDenied(Forbidden):
    """The LMS knows who asks and does not allow it."""

    reason = "lms_access_denied"
    status = 502


class NotThere(NotFound):
    """The LMS has no such course, assignment or line item (any more)."""

    reason = "lms_not_there"


class RequestRefused(Invalid):
    """The LMS does not accept what was sent."""

    reason = "lms_request_refused"
    status = 502


def may_pass(fault: Fault) -> bool:
    """Whether trying again later can help with nobody changing anything."""
    return isinstance(fault, Unavailable) and not isinstance(fault, AddressRefused)
