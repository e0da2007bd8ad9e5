"""Names and Role Provisioning Services 2.0: who is in a course."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lti_tool.kit.urls import with_params
from lti_tool.lms import wire
from lti_tool.lms.calls import Calls
from lti_tool.lms.faults import LmsDown, NotThere
from lti_tool.lms.paging import pages
from lti_tool.lms.tokens import MEMBERS_READ
from lti_tool.lms.values import Member, MemberStatus

MEMBER_LIST = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
TEST_USER = "system:TestUser"


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """What is new in a list of people: `left` are people who are not listed any more, or as deleted."""

    joined: tuple[Member, ...] = ()
    changed: tuple[Member, ...] = ()
    left: tuple[Member, ...] = ()


def roster_changes(known: Iterable[Member], listed: Iterable[Member]) -> RosterChanges:
    """Compare a full list with what is known: no large LMS sends differences.

    A suspended enrolment is missing from Moodle's list and so counts as left; one that comes back has
    joined again.
    """
    before = {member.user_id: member for member in known if member.status is not MemberStatus.DELETED}
    present = {member.user_id: member for member in listed if member.status is not MemberStatus.DELETED}
    return RosterChanges(
        joined=tuple(member for id_, member in present.items() if id_ not in before),
        changed=tuple(member for id_, member in present.items() if id_ in before and member != before[id_]),
        left=tuple(member for id_, member in before.items() if id_ not in present),
    )


class Nrps:
    """The roster service of one platform. `memberships_url` comes from launches."""

    def __init__(self, calls: Calls, *, user_id_variable: str = "lms_user_id") -> None:
        self._calls = calls
        self._user_id_variable = user_id_variable

    def members(
        self,
        memberships_url: str,
        *,
        now: datetime,
        role: str | None = None,
        rlid: str | None = None,
        limit: int | None = None,
    ) -> tuple[Member, ...]:
        """Everybody in the course, all pages, each person once; with `role` only who has that short role
        name.

        The role is not asked of the LMS: Moodle's next page forgets it and counts its place in another
        list. With `rlid` (a resource link of the course) the LMS adds custom variables, which carry
        Canvas's own user id. Raises `NotThere` when the LMS does not know the link, or `LmsDown` with
        words about it: Moodle answers 502 for a link of another course.
        """
        fetch = self._calls.fetcher(scopes=[MEMBERS_READ], now=now, accept=MEMBER_LIST, what="its list of people")
        people: dict[str, Member] = {}
        try:
            for page in pages(fetch, with_params(memberships_url, {"rlid": rlid, "limit": limit})):
                listed = wire.parse(wire.MembersWire, page.json(), page.url).members
                for row in wire.parse_all(wire.MemberWire, listed, page.url):
                    people[row.user_id] = self._member(row)
        except (LmsDown, NotThere) as fault:
            if rlid is None:
                raise
            raise type(fault)(
                fault.words, "The link may belong to another course: read the list without it."
            ) from fault
        return tuple(member for member in people.values() if role is None or role in member.roles)

    def _member(self, row: wire.MemberWire) -> Member:
        roles = frozenset(short_role(role) for role in row.roles if isinstance(role, str) and role)
        custom = _custom(row.message)
        return Member(
            user_id=row.user_id,
            roles=roles,
            status=_status(row.status),
            name=row.name or f"{row.given_name} {row.family_name}".strip(),
            given_name=row.given_name,
            family_name=row.family_name,
            email=row.email,
            lms_user_id=_variable(custom.get(self._user_id_variable)),
            is_test=TEST_USER in roles,
        )


def short_role(role: str) -> str:
    """A role's short name: `Learner` for `.../lis/v2/membership#Learner` and for itself.

    A sub-role gives its own name (`.../membership/Instructor#TeachingAssistant` is `TeachingAssistant`);
    system and institution roles keep where they are from, for being a teacher somewhere is not being one
    here.
    """
    place, _, name = role.strip().rpartition("#")
    if not place:
        return role.strip().rsplit("/", 1)[-1]
    if "/system/" in place:
        return f"system:{name}"
    if "/institution/" in place:
        return f"institution:{name}"
    return name


def _status(said: str) -> MemberStatus:
    """A status the standard does not know is taken for inactive: better unseen than wrongly seen."""
    named = {status.value.lower(): status for status in MemberStatus}
    return named.get(said.lower(), MemberStatus.INACTIVE) if said else MemberStatus.ACTIVE


def _custom(messages: list[Any]) -> Mapping[str, Any]:
    for message in messages:
        custom = message.get(CUSTOM) if isinstance(message, dict) else None
        if isinstance(custom, dict):
            return custom
    return {}


def _variable(value: Any) -> str | None:
    """A custom variable; one the LMS does not know comes back literally, as `$Name` or `{name}`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return None if not text or text[0] in "${" else text
