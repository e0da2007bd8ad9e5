"""A checked token as plain facts. Whatever is optional and not of the right kind counts as missing; texts lose what
no database can hold."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.roles import CourseRole, course_role, is_administrator, is_test_user

KEPT = (
    "sub",
    "name",
    "given_name",
    "family_name",
    "email",
    c.MESSAGE_TYPE,
    c.ROLES,
    c.CONTEXT,
    c.RESOURCE_LINK,
    c.CUSTOM,
    c.TOOL_PLATFORM,
    c.PRESENTATION,
    c.FOR_USER,
    c.LINE_ITEMS,
    c.NAMES_ROLES,
    c.DEEP_LINKING,
)
"""The claims that are kept from the launch to the landing; the rest is forgotten at once."""

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Halves of characters, which no database takes, and overrides of the writing direction, which disguise names.
_UNFIT = re.compile("[\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

OPENS = "waymark_opens"
REF = "waymark_ref"
LMS_USER_ID = "lms_user_id"
LMS_COURSE_ID = "lms_course_id"
COURSE_HISTORY = "course_history"
LINK_HISTORY = "link_history"
MOST_HISTORY = 50


@dataclass(frozen=True, slots=True)
class PersonFacts:
    subject: str
    name: str
    email: str
    lms_user_id: str | None
    is_test: bool


@dataclass(frozen=True, slots=True)
class CourseFacts:
    context_id: str
    title: str
    label: str
    lms_course_id: str | None
    line_items_url: str | None
    ags_scopes: tuple[str, ...]
    roster_url: str | None
    history: tuple[str, ...] = ()
    """The contexts that this one was copied from, the latest first (`$Context.id.history`)."""


@dataclass(frozen=True, slots=True)
class LinkFacts:
    link_id: str
    title: str
    line_item_url: str | None
    history: tuple[str, ...] = ()
    """The links that this one was copied from, the latest first (`$ResourceLink.id.history`)."""


@dataclass(frozen=True, slots=True)
class Facts:
    message: str
    person: PersonFacts | None
    """None for an anonymous launch."""
    course: CourseFacts | None
    link: LinkFacts | None
    course_role: CourseRole
    administers: bool
    family: str
    opens: str | None
    ref: str | None
    for_user: str | None
    return_url: str | None
    """Where a deep linking answer goes."""
    frame_origins: tuple[str, ...]
    """The origins that the LMS itself names, for frame-ancestors."""


def kept(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a checked token that the landing needs."""
    return {name: claims[name] for name in KEPT if name in claims}


def read(claims: Mapping[str, Any]) -> Facts:
    """The facts of a checked token (or of what was `kept` of it)."""
    roles = claims[c.ROLES]
    custom = _part(claims, c.CUSTOM)
    platform, presentation = _part(claims, c.TOOL_PLATFORM), _part(claims, c.PRESENTATION)
    opens = expanded(custom.get(OPENS))
    return Facts(
        message=claims[c.MESSAGE_TYPE],
        person=_person(claims, custom, roles),
        course=_course(claims, custom),
        link=_link(claims, custom),
        course_role=course_role(roles),
        administers=is_administrator(roles),
        family=text(platform.get("product_family_code"), 40).lower(),
        opens=opens and opens[:40],
        ref=_ref(custom.get(REF)),
        for_user=_id(_part(claims, c.FOR_USER).get("user_id")),
        return_url=_url(_part(claims, c.DEEP_LINKING).get("deep_link_return_url")),
        frame_origins=origins((platform.get("url"), presentation.get("return_url"))),
    )


def _person(claims: Mapping[str, Any], custom: Mapping[str, Any], roles: Iterable[str]) -> PersonFacts | None:
    subject = _id(claims.get("sub"))
    if subject is None:
        return None
    whole = text(claims.get("name"), 255)
    parts = f"{text(claims.get('given_name'), 120)} {text(claims.get('family_name'), 120)}".strip()
    return PersonFacts(
        subject,
        whole or parts,
        text(claims.get("email"), 255),
        _id(expanded(custom.get(LMS_USER_ID))),
        is_test_user(roles),
    )


def _course(claims: Mapping[str, Any], custom: Mapping[str, Any]) -> CourseFacts | None:
    context = _part(claims, c.CONTEXT)
    context_id = _id(context.get("id"))
    if context_id is None:
        return None
    kinds = context.get("type")
    # Canvas's account navigation: an account has an id like a course, and is none
    if isinstance(kinds, list) and "Account" in kinds:
        return None
    grades, roster = _part(claims, c.LINE_ITEMS), _part(claims, c.NAMES_ROLES)
    scopes = grades.get("scope")
    label = text(context.get("label"), 255)
    return CourseFacts(
        context_id=context_id,
        title=text(context.get("title"), 500) or label,
        label=label,
        lms_course_id=_id(expanded(custom.get(LMS_COURSE_ID))),
        line_items_url=_url(grades.get("lineitems")),
        ags_scopes=tuple(s for s in scopes if c.is_url(s)) if isinstance(scopes, list) else (),
        roster_url=_url(roster.get("context_memberships_url")),
        history=_history(custom.get(COURSE_HISTORY)),
    )


def _link(claims: Mapping[str, Any], custom: Mapping[str, Any]) -> LinkFacts | None:
    link = _part(claims, c.RESOURCE_LINK)
    link_id = _id(link.get("id"))
    if link_id is None:
        return None
    # Moodle leaves `lineitem` out, or empty, once the link has no line item or several of them.
    line_item = _url(_part(claims, c.LINE_ITEMS).get("lineitem"))
    return LinkFacts(link_id, text(link.get("title"), 500), line_item, _history(custom.get(LINK_HISTORY)))


def _history(value: object) -> tuple[str, ...]:
    """A list of ids with commas between, of which the latest come first; those of long ago are left out."""
    said = text(value, 20_000)
    ids = (part.strip() for part in said.split(",")) if said and not said.startswith("$") else ()
    return tuple(dict.fromkeys(one for one in ids if c.is_id(one)))[:MOST_HISTORY]


def expanded(value: object) -> str | None:
    """A custom variable's value; None when the LMS handed back the variable itself (`$Name`, `{link_id}`) because
    it does not know it, and when it is empty."""
    said = text(value, 255)
    literal = said.startswith("$") or (said.startswith("{") and said.endswith("}"))
    return None if literal or not said else said


def text(value: object, longest: int) -> str:
    """Plain text on one line of at most `longest` characters; empty for anything that is no text."""
    if not isinstance(value, str):
        return ""
    if not value.isprintable():  # names may hold joiners that are not printable either, and keep them
        value = _UNFIT.sub("", _BREAKS.sub(" ", value))
    return value.strip()[:longest].strip()


def origins(urls: Iterable[object]) -> tuple[str, ...]:
    """The origins of these addresses, in a form that is safe in a header; what is no address is left out."""
    found = []
    for url in urls:
        if not c.is_url(url):
            continue
        parts = urlsplit(str(url))
        host = parts.hostname or ""
        if host.isascii() and all(char.isalnum() or char in ".-:" for char in host):
            bracketed = f"[{host}]" if ":" in host else host
            found.append(f"{parts.scheme}://{bracketed}{f':{parts.port}' if parts.port else ''}")
    return tuple(dict.fromkeys(found))


def _part(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An optional object; PHP writes an empty one as `[]`."""
    part = claims.get(name)
    return part if isinstance(part, dict) else {}


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and c.is_id(value) else None


def _url(value: object) -> str | None:
    return value if isinstance(value, str) and c.is_url(value) else None


def _ref(value: object) -> str | None:
    said = expanded(value)
    return said if said and len(said) <= 64 else None
