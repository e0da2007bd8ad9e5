"""Who looks at a page, as a frozen value: a rollback cannot expire it and a view cannot change it."""

from dataclasses import dataclass
from enum import StrEnum

from flask import current_app, g

from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId


class Role(StrEnum):
    INSTRUCTOR = "instructor"
    ASSISTANT = "assistant"
    LEARNER = "learner"
    ADMINISTRATOR = "administrator"
    """Of the institution: configures frameworks and connections."""
    ANONYMOUS = "anonymous"
    """A launch without `sub`: sees no personal data."""
    OTHER = "other"


class May(StrEnum):
    """What a page or an action needs. Every route names one."""

    OPEN = "open"
    SEE_OWN_MAP = "see_own_map"
    HAND_IN = "hand_in"
    SEE_COURSE = "see_course"
    MARK = "mark"
    MANAGE_COURSE = "manage_course"
    ADMINISTER = "administer"


_TEACHING = {May.OPEN, May.SEE_COURSE, May.MARK}
ALLOWS: dict[Role, frozenset[May]] = {
    Role.INSTRUCTOR: frozenset(_TEACHING | {May.MANAGE_COURSE}),
    Role.ASSISTANT: frozenset(_TEACHING),
    Role.LEARNER: frozenset({May.OPEN, May.SEE_OWN_MAP, May.HAND_IN}),
    Role.ADMINISTRATOR: frozenset({May.OPEN, May.ADMINISTER}),
    Role.ANONYMOUS: frozenset({May.OPEN}),
    Role.OTHER: frozenset({May.OPEN}),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    institution_id: InstitutionId
    platform_id: PlatformId
    person_id: PersonId | None
    """None for an anonymous launch."""
    course_id: CourseId | None
    """None where the launch had no context."""
    course_title: str
    roles: frozenset[Role]
    session_hash: str
    name: str = ""
    is_test: bool = False
    opens: str = ""
    """What the resource link opens: `map`, `assessment`, ..."""
    assessment_ref: str | None = None
    frame_origins: tuple[str, ...] = ()
    bearer: str | None = None
    """The one-page bearer, where the browser keeps no cookie; pages carry it on."""

    def may(self, need: May) -> bool:
        return any(need in ALLOWS[role] for role in self.roles)


def sample_data() -> bool:
    """Is this a demonstration with fictional people? Pages then say so."""
    return bool(current_app.extensions["waymark.settings"].sample_data)


def present_viewer() -> Viewer | None:
    """The viewer of the present request, once the guard has let them in."""
    found: Viewer | None = g.get("viewer")
    return found
