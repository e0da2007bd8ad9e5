"""What an id_token says, in the words of each LMS (Moodle's as recorded from 4.5, Canvas's from its documentation)."""

from typing import Any

from lti_tool.sandbox import places
from lti_tool.sandbox.copying import history
from lti_tool.sandbox.places import AGS_CLAIM, CLAIM, DEEP, ROSTER, ROSTER_CLAIM
from lti_tool.sandbox.seed import Course, Person, Role
from lti_tool.sandbox.state import VISITOR, Campus, Launch, PlacedLink, Tool

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
MEMBER, INSTITUTION, SYSTEM = LIS + "membership#", LIS + "institution/person#", LIS + "system/person#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

CANVAS_ROLES: dict[Role, list[str]] = {
    Role.INSTRUCTOR: [INSTITUTION + "Instructor", MEMBER + "Instructor", SYSTEM + "User"],
    Role.ASSISTANT: [
        INSTITUTION + "Instructor",
        MEMBER + "Instructor",
        LIS + "membership/Instructor#TeachingAssistant",
        SYSTEM + "User",
    ],
    Role.LEARNER: [INSTITUTION + "Student", MEMBER + "Learner", SYSTEM + "User"],
    Role.TEST_STUDENT: [MEMBER + "Learner", SYSTEM + "User", TEST_USER],
}


def roles(campus: Campus, course: Course, person: Person) -> list[str]:
    """The roles claim. Nobody in particular has Canvas's `None` role."""
    enrolment = course.enrolment(person.id)
    if person is VISITOR:
        return [SYSTEM + "None"]
    if campus.temper == "canvas":
        found = list(CANVAS_ROLES[enrolment.role]) if enrolment else []
        if person.admin:
            found = [INSTITUTION + "Administrator", *found, SYSTEM + "User"]
        return found or [SYSTEM + "User"]
    if person.admin:
        return [INSTITUTION + "Administrator", MEMBER + "Instructor", SYSTEM + "Administrator"]
    if enrolment and enrolment.role in (Role.INSTRUCTOR, Role.ASSISTANT):
        # Moodle says Instructor for an editing and for a non-editing teacher alike.
        return [MEMBER + "Instructor"]
    return [MEMBER + "Learner"]


def id_token(campus: Campus, launch: Launch, tool: Tool, nonce: str) -> dict[str, Any]:
    """The claims of one launch, ready to sign."""
    course, person = campus.seed.course(launch.course_id), campus.person(launch.person_id)
    if course is None or person is None:
        raise LookupError("this launch points to a course or person that is not there")
    placed = campus.links.get(launch.link_id) if launch.link_id is not None else None
    lifetime = 60 if campus.temper == "moodle" else 3600
    now = int(campus.now().timestamp())
    claims: dict[str, Any] = {
        "nonce": nonce,
        "iat": now,
        "exp": now + lifetime,
        "iss": campus.base_url,
        "aud": tool.client_id,
        CLAIM + "deployment_id": tool.deployment_id,
        CLAIM + "target_link_uri": target(campus, launch, tool),
        CLAIM + "message_type": launch.message_type,
        CLAIM + "version": "1.3.0",
        CLAIM + "roles": roles(campus, course, person),
        CLAIM + "context": _context(campus, course),
        CLAIM + "tool_platform": _platform(campus),
        CLAIM + "launch_presentation": _presentation(campus, launch, person),
    }
    if campus.temper == "canvas":
        claims["azp"] = tool.client_id
    if person is not VISITOR:
        claims |= _about(campus, tool, person, course)
    if placed:
        link = placed.link
        claims[CLAIM + "resource_link"] = {
            "title": link.title,
            "description": link.description,
            "id": places.resource_link_id(campus.temper, link),
        }
    own = custom(campus, launch, tool, course, person, placed)
    if own:
        claims[CLAIM + "custom"] = own
    claims |= _services(campus, launch, tool, course)
    if launch.for_user is not None:
        claims[CLAIM + "for_user"] = for_user(campus, launch.for_user, tool)
    return claims


def target(campus: Campus, launch: Launch, tool: Tool) -> str:
    """target_link_uri: the review's, the link's own, the deep-linking one, or the tool's launch URL."""
    placed = campus.links.get(launch.link_id) if launch.link_id is not None else None
    if launch.message_type == "LtiDeepLinkingRequest":
        return tool.deep_linking_url or tool.launch_url
    if launch.message_type == "LtiSubmissionReviewRequest":
        item = campus.items.get(launch.item_id or 0)
        if item and item.review and item.review.get("url"):
            return str(item.review["url"])
    return (placed.link.url if placed else "") or tool.launch_url


def for_user(campus: Campus, person_id: int, tool: Tool) -> dict[str, Any]:
    """Whose submission is reviewed. Moodle tells the id alone."""
    person = campus.seed.person(person_id)
    if person is None:
        raise LookupError("nobody to review")
    claim: dict[str, Any] = {"user_id": campus.sub(person)}
    if campus.temper == "canvas" and tool.names:
        claim |= {"name": person.name, "given_name": person.given, "family_name": person.family}
    return claim


def _about(campus: Campus, tool: Tool, person: Person, course: Course) -> dict[str, Any]:
    moodle = campus.temper == "moodle"
    section = "course_section_sourcedid" if moodle else "course_offering_sourcedid"
    claims: dict[str, Any] = {"sub": campus.sub(person)}
    # Moodle's privacy settings do not touch the record system's id.
    if moodle or tool.names:
        claims[CLAIM + "lis"] = {"person_sourcedid": person.sis_id, section: course.sis_id}
    if tool.names:
        claims |= {"given_name": person.given, "family_name": person.family, "name": person.name}
    if tool.email and person.email:
        claims["email"] = person.email
    if moodle:
        claims[CLAIM + "ext"] = (
            {"user_username": person.username, "lms": "moodle-2"} if tool.names else {"lms": "moodle-2"}
        )
    else:
        claims["locale"] = person.locale
    return claims


def _context(campus: Campus, course: Course) -> dict[str, Any]:
    kind = "CourseSection" if campus.temper == "moodle" else LIS + "course#CourseOffering"
    return {
        "id": places.context_id(campus.temper, course),
        "label": course.label,
        "title": course.title,
        "type": [kind],
    }


def _platform(campus: Campus) -> dict[str, Any]:
    version = "2024100706" if campus.temper == "moodle" else "cloud"
    return {
        "product_family_code": campus.temper,
        "version": version,
        "guid": f"sandbox-{campus.temper}",
        "name": campus.seed.site,
        "description": "Sandbox LMS: everyone here is fictional",
    }


def _presentation(campus: Campus, launch: Launch, person: Person) -> dict[str, Any]:
    if launch.message_type == "LtiDeepLinkingRequest" and campus.temper == "moodle":
        return {"locale": person.locale}
    return {
        "locale": person.locale,
        "document_target": "window" if launch.window else "iframe",
        "return_url": campus.url(f"/courses/{launch.course_id}"),
    }


def _services(campus: Campus, launch: Launch, tool: Tool, course: Course) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    scopes = [each for each in places.SCOPES if each in tool.scopes and each != ROSTER]
    if scopes:
        endpoint: dict[str, Any] = {
            "scope": scopes,
            "lineitems": campus.url(places.lineitems_path(campus.temper, course.id)) + campus.type_id(tool.client_id),
        }
        item = _lineitem(campus, launch, tool)
        if item is not None:
            endpoint["lineitem"] = item
        claims[AGS_CLAIM] = endpoint
    if ROSTER in tool.scopes:
        claims[ROSTER_CLAIM] = {
            "context_memberships_url": campus.url(places.roster_path(campus.temper, course.id, tool.deployment_id)),
            "service_versions": ["1.0", "2.0"] if campus.temper == "moodle" else ["2.0"],
        }
    return claims


def _lineitem(campus: Campus, launch: Launch, tool: Tool) -> str | None:
    """The `lineitem` member: missing when unclear. Moodle leaves it out as soon as two line items are coupled to the
    link, and sends the EMPTY string when its own was deleted and one of the tool's is coupled. Canvas sends its own."""
    if launch.item_id is not None and launch.item_id in campus.items:
        return campus.item_url(campus.items[launch.item_id])
    coupled = [each for each in campus.items_of(launch.course_id, tool.client_id) if each.link_id == launch.link_id]
    if launch.link_id is None or not coupled:
        return None
    own = [each for each in coupled if each.own]
    if campus.temper == "canvas":
        return campus.item_url(own[0]) if own else None
    if len(coupled) > 1:
        return None
    return campus.item_url(own[0]) if own else ""


def custom(
    campus: Campus, launch: Launch, tool: Tool, course: Course, person: Person, placed: PlacedLink | None
) -> dict[str, str]:
    """Custom parameters: the registration's, over them the link's, over them the review's, variables filled in."""
    review = campus.items[launch.item_id].review if launch.item_id in campus.items else None
    written = tool.custom | (placed.link.custom if placed else {}) | dict((review or {}).get("custom", {}))
    known = variables(campus, course, person, placed)
    filled = {name: known.get(text[1:], text) if text.startswith("$") else text for name, text in written.items()}
    if campus.temper == "moodle" and ROSTER in tool.scopes:
        filled["context_memberships_url"] = campus.url(places.roster_path("moodle", course.id, tool.deployment_id))
    return filled


def variables(campus: Campus, course: Course, person: Person, placed: PlacedLink | None) -> dict[str, str]:
    """The variables this LMS can fill in for this person. What is not here stays as it was written: `$Name`."""
    enrolment = course.enrolment(person.id)
    groups = ",".join(str(each) for each in enrolment.groups) if enrolment else ""
    found = {
        "Context.id": places.context_id(campus.temper, course),
        "Context.title": course.title,
        "Context.label": course.label,
        "CourseSection.sourcedId": course.sis_id,
        "Membership.role": ",".join(roles(campus, course, person)),
    }
    earlier = [campus.seed.course(each) for each in history(campus.course_origin, course.id)]
    found["Context.id.history"] = ",".join(places.context_id(campus.temper, each) for each in earlier if each)
    if placed:
        olds = [campus.links[each].link for each in history(campus.link_origin, placed.link.id)]
        if campus.temper == "moodle":  # Canvas has no such variable
            olds_said = ",".join(places.resource_link_id(campus.temper, each) for each in olds)
            found["ResourceLink.id.history"] = olds_said
        found |= {
            "ResourceLink.id": places.resource_link_id(campus.temper, placed.link),
            "ResourceLink.title": placed.link.title,
            "ResourceLink.description": placed.link.description,
        }
    if person is not VISITOR:
        found |= {
            "Person.name.full": person.name,
            "Person.name.given": person.given,
            "Person.name.family": person.family,
            "Person.email.primary": person.email,
            "Person.sourcedId": person.sis_id,
            "User.id": str(person.id),
            "User.username": person.username,
        }
    if campus.temper == "moodle":
        return found | {"Person.address.timezone": "99", "Moodle.Person.userGroupIds": groups}
    found |= {"Canvas.course.id": str(course.id), "Canvas.api.baseUrl": campus.base_url}
    if person is not VISITOR:
        found |= {"Canvas.user.id": str(person.id), "Canvas.user.sisSourceId": person.sis_id}
    # Canvas leaves a variable without a value as it was written.
    return {name: text for name, text in found.items() if text}


def deep_linking_settings(campus: Campus, tool: Tool, return_url: str, data: str) -> dict[str, Any]:
    """The deep_linking_settings claim. Moodle sends no `data`: an answer must then have none either."""
    settings: dict[str, Any] = {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_copy_advice": False,
        "accept_multiple": True,
        "accept_unsigned": False,
        "auto_create": False,
        "can_confirm": False,
        "deep_link_return_url": return_url,
        "title": tool.name,
        "text": "",
    }
    if campus.temper == "canvas":
        settings = {
            "deep_link_return_url": return_url,
            "accept_types": ["link", "file", "html", "ltiResourceLink", "image"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_media_types": "image/*,text/html,application/vnd.ims.lti.v1.ltilink,*/*",
            "auto_create": True,
            "accept_multiple": True,
            "accept_lineitem": True,
            "data": data,
        }
    return {DEEP + "deep_linking_settings": settings}
