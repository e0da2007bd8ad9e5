"""Dynamic registration: fetch what the LMS says of itself, register with it, and keep both halves together.

No transaction is open while the LMS is asked. What it granted is kept together with the use of the invitation, or not
at all; if that fails, what it granted travels sealed in the page (`packed`), and a button tries again.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from lti_tool.kit import audit
from lti_tool.kit.db import Session, everywhere, insert_once
from lti_tool.kit.errors import Fault
from lti_tool.kit.http import AddressRefused, Answer, AnswerTooLarge, Http, NotJson, Unreachable
from lti_tool.kit.seal import SealBroken, Sealer
from lti_tool.kit.urls import host_of
from lti_tool.launch import invitations, ourselves, queries
from lti_tool.launch.domain import registering
from lti_tool.launch.domain.not_registered import NotRegistered, refusal
from lti_tool.launch.domain.registering import Configuration, Granted
from lti_tool.launch.invitations import Claimed
from lti_tool.launch.models import Deployment, Platform
from lti_tool.launch.queries import PlatformInfo
from lti_tool.lms import tokens

TIMEOUT = (5.0, 10.0)
MOST_BYTES = 256 * 1024
LONGEST_TOKEN = 8000
UNFINISHED_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Registered:
    """Both halves of a registration, ready to be kept."""

    claimed: Claimed
    issuer: str
    name: str
    family: str
    auth_login_url: str
    auth_token_url: str
    auth_audience: str | None
    jwks_url: str
    client_id: str
    scopes: tuple[str, ...] | None
    deployment_id: str | None
    page: str


@dataclass(frozen=True, slots=True)
class Kept:
    platform_id: int
    renewed: bool
    """It was connected before, and is up to date now."""


def configuration(http: Http, url: str, token: str, *, allow_http: bool) -> Configuration:
    """The LMS's OpenID configuration, checked. Canvas wants the registration token to show it. Raises NotRegistered."""
    if not registering.is_fit(url, allow_http=allow_http):
        raise NotRegistered("configuration_address_wrong")
    if len(token) > LONGEST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
        raise NotRegistered("registration_token_wrong")
    try:
        answer = http.get(url, headers=_headers(token), timeout=TIMEOUT, max_bytes=MOST_BYTES)
    except Unreachable as trouble:
        raise NotRegistered("configuration_unreachable", *_told(trouble)) from trouble
    if not answer.ok:
        raise NotRegistered("configuration_refused", f"{host_of(answer.url)} said {answer.status}.")
    try:
        said = answer.json()
    except NotJson as odd:
        raise NotRegistered("configuration_unreadable", odd.words) from odd
    return registering.read_configuration(said, answer.url, allow_http=allow_http)


def ask(http: Http, platform: Configuration, token: str, base_url: str) -> Granted:
    """Register with the LMS. Raises NotRegistered; its reason says whether the LMS may have a tool left over."""
    asked = ourselves.registration(base_url, platform)
    try:
        answer = http.post(
            platform.registration_endpoint,
            headers=_headers(token),
            json=asked,
            timeout=TIMEOUT,
            max_bytes=MOST_BYTES,
            redirects=0,
        )
    except AddressRefused as trouble:  # it was never asked
        raise NotRegistered("registration_refused", *_told(trouble)) from trouble
    except Unreachable as trouble:
        raise NotRegistered("registration_unanswered", *_told(trouble)) from trouble
    if not answer.ok:
        raise _refusal(answer)
    try:
        said = answer.json()
    except NotJson as odd:
        raise NotRegistered("registration_unreadable", odd.words) from odd
    return registering.read_answer(said)


def together(claimed: Claimed, platform: Configuration, granted: Granted) -> Registered:
    return Registered(
        claimed=claimed,
        issuer=platform.issuer,
        name=platform.name,
        family=platform.family,
        auth_login_url=platform.authorization_endpoint,
        auth_token_url=platform.token_endpoint,
        auth_audience=platform.audience,
        jwks_url=platform.jwks_uri,
        client_id=granted.client_id,
        scopes=granted.scopes,
        deployment_id=granted.deployment_id,
        page=granted.page,
    )


def keep(session: Session, made: Registered, now: datetime) -> Kept:
    """Keep our half and use the invitation up, in the caller's one transaction. A registration that stands (issuer and
    client id) is brought up to date. The deployment that comes with it is approved: the invitation vouches for it.
    Raises NotRegistered."""
    claimed, institution_id = made.claimed, made.claimed.institution_id
    if not invitations.complete(session, claimed, now, used_for=made.issuer):
        raise NotRegistered("registration_too_late")
    keys = {"issuer": made.issuer, "client_id": made.client_id}
    values = {
        "family": made.family,
        "auth_login_url": made.auth_login_url,
        "auth_token_url": made.auth_token_url,
        "auth_audience": made.auth_audience,
        "jwks_url": made.jwks_url,
        "scopes": None if made.scopes is None else list(made.scopes),
        # another key set may be meant: ask for it anew
        "jwks": None,
        "jwks_fetched_at": None,
        "jwks_tried_at": None,
    }
    first = {"institution_id": institution_id, "name": made.name, "created_at": now}
    with everywhere(session):
        if _is_anothers(session, made):
            raise NotRegistered("registered_elsewhere")
        new = insert_once(session, Platform, list(keys), keys | values | first)
        platform_id = new or session.scalar(select(Platform.id).filter_by(**keys, institution_id=institution_id))
        if platform_id is None:
            raise NotRegistered("registered_elsewhere")
        if new is None:
            session.execute(update(Platform).where(Platform.id == platform_id).values(**values))
        if made.deployment_id is not None:
            _approve(session, institution_id, platform_id, made.deployment_id, now)
        deployed = f", deployment {made.deployment_id} approved" if made.deployment_id is not None else ""
        audit.record(
            session,
            claimed.made_by or "Whoever had the invitation",
            "platform.added" if new is not None else "platform.changed",
            f"{made.name} ({made.issuer})",
            f"By dynamic registration: client id {made.client_id}{deployed}.",
            now=now,
            institution_id=institution_id,
        )
        session.flush()
    return Kept(platform_id, renewed=new is None)


def _is_anothers(session: Session, made: Registered) -> bool:
    """Whether another institution is this client at this token endpoint. Tenants of a vendor's cloud share one: the
    tokens that are asked for there would be the other's."""
    same = select(Platform.id).where(
        Platform.client_id == made.client_id,
        Platform.auth_token_url == made.auth_token_url,
        Platform.institution_id != made.claimed.institution_id,
    )
    return session.scalar(same.limit(1)) is not None


def _approve(session: Session, institution_id: int, platform_id: int, deployment_id: str, now: datetime) -> None:
    """One that stands keeps its institution, which may be another than the platform's."""
    keys = {"platform_id": platform_id, "deployment_id": deployment_id}
    more = {"institution_id": institution_id, "status": "approved", "created_at": now}
    if insert_once(session, Deployment, list(keys), keys | more) is None:
        own = update(Deployment).filter_by(**keys, institution_id=institution_id)
        session.execute(own.values(status="approved"))


def latest(session: Session, institution_id: int, issuer: str) -> PlatformInfo | None:
    """The institution's newest registration with this issuer."""
    own = select(Platform.id).filter_by(institution_id=institution_id, issuer=issuer).order_by(Platform.id.desc())
    found = session.scalar(own.limit(1))
    return None if found is None else queries.platform(session, found)


def packed(sealer: Sealer, made: Registered, now: datetime) -> str:
    """What the LMS granted, sealed, for a form that tries again to keep it."""
    return sealer.seal(json.dumps({"until": (now + UNFINISHED_LIFE).timestamp(), **asdict(made)}))


def unpacked(sealer: Sealer, sealed: str, now: datetime) -> Registered:
    """Raises NotRegistered for what is not ours or too old."""
    try:
        said: dict[str, Any] = json.loads(sealer.unseal(sealed))
        claimed = Claimed(**said.pop("claimed"))
        if said.pop("until") < now.timestamp():
            raise NotRegistered("registration_too_late")
        scopes = said.pop("scopes")
        return Registered(claimed=claimed, scopes=None if scopes is None else tuple(scopes), **said)
    except (SealBroken, ValueError, TypeError, KeyError) as broken:
        raise NotRegistered("registration_too_late") from broken


def lacking(made: Registered) -> tuple[str, ...]:
    """What we asked for and was not granted; nothing where the LMS does not say."""
    if made.scopes is None:
        return ()
    told = set(made.scopes)
    if tokens.LINE_ITEMS in told:
        told.add(tokens.LINE_ITEMS_READ)  # the one allows what the other does
    return tuple(scope for scope in ourselves.SCOPES if scope not in told)


def _headers(token: str) -> dict[str, str]:
    return {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})


def _refusal(answer: Answer) -> NotRegistered:
    if 300 <= answer.status < 400:
        where = answer.headers.get("location", "")
        return NotRegistered("registration_refused", f"It sends us on to {host_of(where)} instead.")
    if answer.status >= 500:
        return NotRegistered("registration_unanswered", f"It said {answer.status}.")
    return refusal(answer.status, answer.text)


def _told(trouble: Fault) -> tuple[str, str]:
    step = "It should be a page of JSON." if isinstance(trouble, AnswerTooLarge) else trouble.next_step
    return trouble.words, step
