"""The addresses and identifiers of the two tempers: where things are, and what people and courses are called.

Everything here is a pure function of the seed, so that a restarted sandbox has the same addresses.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Literal

from lti_tool.sandbox.seed import Course, Link, Person

Temper = Literal["canvas", "moodle"]

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINEITEM, LINEITEM_READ = AGS + "lineitem", AGS + "lineitem.readonly"
RESULT_READ, SCORE = AGS + "result.readonly", AGS + "score"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (LINEITEM, LINEITEM_READ, RESULT_READ, SCORE, ROSTER)

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"


@dataclass(frozen=True)
class Places:
    """Paths below the base URL."""

    authorise: str
    token: str
    certs: str
    openid: str
    register: str


PLACES: dict[Temper, Places] = {
    "canvas": Places(
        authorise="/api/lti/authorize_redirect",
        token="/login/oauth2/token",
        certs="/api/lti/security/jwks",
        openid="/api/lti/security/openid-configuration",
        register="/api/lti/registrations",
    ),
    "moodle": Places(
        authorise="/mod/lti/auth.php",
        token="/mod/lti/token.php",
        certs="/mod/lti/certs.php",
        openid="/mod/lti/openid-configuration.php",
        register="/mod/lti/openid-registration.php",
    ),
}

MOODLE_SERVICES = "/mod/lti/services.php"
NAMESPACE = uuid.UUID("6f1d2c1e-5a0b-4d5e-9c3e-6a6f0c1b7a55")


def lti_user_id(temper: Temper, person: Person) -> str:
    """`sub`: Moodle's user id as text, Canvas's UUID."""
    if temper == "moodle":
        return str(person.id)
    return person.lti_id or str(uuid.uuid5(NAMESPACE, f"user {person.id}"))


def context_id(temper: Temper, course: Course) -> str:
    """`context.id`: Moodle's course id as text, an opaque 40 hex digits in Canvas."""
    if temper == "moodle":
        return str(course.id)
    return hashlib.sha1(f"course {course.id}".encode(), usedforsecurity=False).hexdigest()


def resource_link_id(temper: Temper, link: Link) -> str:
    if temper == "moodle":
        return str(link.id)
    return str(uuid.uuid5(NAMESPACE, f"link {link.id}"))


def lineitems_path(temper: Temper, course_id: int) -> str:
    if temper == "moodle":
        return f"{MOODLE_SERVICES}/{course_id}/lineitems"
    return f"/api/lti/courses/{course_id}/line_items"


def lineitem_path(temper: Temper, course_id: int, item_id: int) -> str:
    return f"{lineitems_path(temper, course_id)}/{item_id}" + ("/lineitem" if temper == "moodle" else "")


def roster_path(temper: Temper, course_id: int, deployment: str) -> str:
    if temper == "moodle":
        return f"{MOODLE_SERVICES}/CourseSection/{course_id}/bindings/{deployment}/memberships"
    return f"/api/lti/courses/{course_id}/names_and_roles"
