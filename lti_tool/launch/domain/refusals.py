"""Every reason for which a launch is refused: its code, its status, and words for the person who sees the page.

The codes are stable: they stand in `data-error`, in the log and in the metrics.
"""

from lti_tool.kit.errors import Fault

AGAIN = "Go back to your course and open Waymark there again."
TELL = "Open it again from your course. If it stays, tell whoever looks after the LMS, with the reason below."
SET_UP = "Tell whoever looks after the LMS: the connection to Waymark needs their attention."
CLOCK = "Open it again from your course. If it stays, the clock of the LMS's server or of this one is wrong."

_BROKEN = "What the LMS sent to Waymark is not as it must be"

REASONS: dict[str, tuple[int, str, str]] = {
    # the login request
    "missing_issuer": (400, "The LMS did not say who it is.", SET_UP),
    "missing_login_hint": (400, "The LMS did not say who is opening Waymark.", SET_UP),
    "platform_unknown": (404, "Waymark does not know the LMS that this came from.", SET_UP),
    "platform_ambiguous": (400, "The LMS did not say which of its registrations this is.", SET_UP),
    # the form and the token's shape
    "missing_id_token": (400, "The LMS sent no launch with this request.", AGAIN),
    "missing_state": (400, f"{_BROKEN}: the state is missing.", AGAIN),
    "login_refused": (403, "The LMS did not let you in.", AGAIN),
    "malformed_token": (400, f"{_BROKEN}: the launch cannot be read.", TELL),
    "token_too_large": (400, f"{_BROKEN}: the launch is far too large.", TELL),
    # the signature
    "missing_kid": (400, f"{_BROKEN}: it does not name its key.", TELL),
    "wrong_algorithm": (400, f"{_BROKEN}: it is signed in a way that Waymark does not accept.", TELL),
    "unknown_key": (401, "The launch is signed with a key that the LMS does not publish.", TELL),
    "weak_key": (401, "The LMS signs with a key that is too short to be safe (under 2048 bits).", SET_UP),
    "bad_signature": (401, "The signature of the launch does not fit.", TELL),
    "keys_unavailable": (
        424,
        "The LMS's public keys could not be fetched, so the launch could not be checked.",
        "Try again in a minute. If it stays, tell whoever looks after the LMS.",
    ),
    # who it is for
    "wrong_audience": (401, f"{_BROKEN}: it is meant for another tool.", SET_UP),
    "wrong_authorized_party": (401, f"{_BROKEN}: it was made for another tool.", SET_UP),
    # time
    "missing_timestamp": (400, f"{_BROKEN}: it does not say when it was made or how long it is valid.", TELL),
    "token_expired": (401, "This launch is no longer valid.", CLOCK),
    "token_too_old": (401, "This launch was made too long ago.", CLOCK),
    "token_from_future": (401, "This launch is dated in the future.", CLOCK),
    # the claims
    "missing_nonce": (400, f"{_BROKEN}: the nonce is missing.", TELL),
    "wrong_version": (400, f"{_BROKEN}: it is not LTI 1.3.", SET_UP),
    "missing_message_type": (400, f"{_BROKEN}: it does not say what to open.", TELL),
    "unknown_message_type": (
        400,
        "The LMS asked Waymark for something that it does not do.",
        "Open Waymark by its link in a course.",
    ),
    "missing_deployment": (400, f"{_BROKEN}: the deployment id is missing.", TELL),
    "missing_target": (400, f"{_BROKEN}: the address to open is missing.", TELL),
    "missing_roles": (400, f"{_BROKEN}: your roles are missing.", TELL),
    "missing_subject": (400, f"{_BROKEN}: it names a person without an id.", TELL),
    "missing_resource_link": (400, f"{_BROKEN}: it does not say which link was opened.", TELL),
    "bad_context": (400, f"{_BROKEN}: the course in it has no proper id.", TELL),
    "missing_deep_linking_settings": (400, f"{_BROKEN}: it does not say where to send what you choose.", TELL),
    "no_link_accepted": (400, "The LMS does not accept links at this place.", "Choose another place in the course."),
    "missing_for_user": (400, f"{_BROKEN}: it does not say whose work to show.", TELL),
    # this browser, this once
    "wrong_state": (401, "This launch did not start at Waymark, or too long ago.", AGAIN),
    "wrong_nonce": (401, "This launch belongs to another start than the one it came with.", AGAIN),
    "other_browser": (401, "This launch was started in another browser.", AGAIN),
    "no_cookie": (401, "Your browser kept no cookie for Waymark, so it cannot tell by itself that this is you.", AGAIN),
    "already_used": (409, "This launch has been used already.", AGAIN),
    "ticket_expired": (401, "This page has expired.", AGAIN),
    # where it came from
    "deployment_pending": (
        403,
        "Waymark is not approved for this part of the LMS yet.",
        "An administrator of your institution's Waymark has to approve it; they see the request there.",
    ),
    "deployment_refused": (
        403,
        "Waymark is not available in this part of the LMS.",
        "Ask whoever looks after Waymark at your institution.",
    ),
    # what may be opened
    "only_teachers": (403, "Only teachers of a course can add links to it.", "Ask a teacher of the course."),
    "not_your_work": (403, "This is the work of another person.", "Open your own work from your course."),
    "learner_unknown": (
        404,
        "Waymark has nothing of this learner yet.",
        "It appears once they have opened Waymark or the roster has been read.",
    ),
}


class Refused(Fault):
    """A launch that is not let in; `reason` is one of `REASONS`."""

    def __init__(self, reason: str) -> None:
        status, words, next_step = REASONS[reason]
        super().__init__(words, next_step)
        self.reason, self.status = reason, status
