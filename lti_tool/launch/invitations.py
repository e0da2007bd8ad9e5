"""Invitations: links that work once and for a while. One kind opens the session of an institution's first
administrator, the other lets an LMS register itself for the institution.

Of a link's secret the database keeps a hash. Only an open registration address is kept sealed besides, so that its
administrators can look at it again. The caller opens the transaction; what must happen once is one UPDATE.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update

from lti_tool.kit.db import Session, everywhere
from lti_tool.kit.errors import Fault, Invalid, NotFound
from lti_tool.kit.ids import InstitutionId
from lti_tool.kit.seal import Sealer
from lti_tool.launch.domain.states import digest, new_secret
from lti_tool.launch.models import Institution, Invitation

ATTEMPT = timedelta(minutes=3)
"""How long one registration may talk to the LMS before another attempt may begin; its requests end far sooner."""
LONGEST_DAYS = 90


class Purpose(StrEnum):
    ADMINISTRATOR = "administrator"
    REGISTER = "register_platform"


class InvitationState(StrEnum):
    OPEN = "open"
    TRYING = "trying"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


NEW_ONE = {
    Purpose.ADMINISTRATOR: "Ask whoever runs Waymark for a new one.",
    Purpose.REGISTER: "Make a new one in Waymark, under Connections, and paste that into the LMS.",
}
REFUSALS: dict[str, tuple[int, str]] = {
    "invitation_missing": (400, "This address is not whole: the invitation in it is missing."),
    "invitation_unknown": (404, "There is no such invitation."),
    "invitation_used": (410, "This invitation has been used already; each works once."),
    "invitation_expired": (410, "This invitation has expired."),
    "invitation_revoked": (410, "This invitation was withdrawn."),
    "invitation_busy": (409, "Somebody is using this invitation at this very moment."),
}


class InvitationRefused(Fault):
    """`reason` is one of `REFUSALS`."""

    def __init__(self, reason: str, purpose: Purpose, *details: str) -> None:
        status, words = REFUSALS[reason]
        busy = "Wait a few minutes; if that attempt comes to nothing, this one is good again."
        super().__init__(words, busy if reason == "invitation_busy" else NEW_ONE[purpose])
        self.reason, self.status, self.details = reason, status, details


@dataclass(frozen=True, slots=True)
class InvitationInfo:
    id: int
    institution_id: InstitutionId
    purpose: Purpose
    state: InvitationState
    made_by: str
    created_at: datetime
    expires_at: datetime
    failed_at: datetime | None
    failure: str
    used_at: datetime | None
    used_for: str
    token_sealed: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """An invitation that one attempt has for itself for a while."""

    id: int
    institution_id: InstitutionId
    claim: str
    made_by: str
    person_id: int | None
    visit: str = ""


def invite(
    session: Session,
    institution_id: int,
    purpose: Purpose,
    now: datetime,
    *,
    days: int,
    made_by: str,
    person_id: int | None = None,
    sealer: Sealer | None = None,
) -> tuple[str, InvitationInfo]:
    """Make an invitation; its secret, which nothing else ever tells again. With a `sealer` it is kept sealed too."""
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid("An invitation lasts for 1 to 90 days.", "Choose a number of days between them.")
    secret = new_secret()
    row = Invitation(
        institution_id=institution_id,
        purpose=purpose.value,
        token_hash=_hash(purpose, secret),
        token_sealed=sealer.seal(secret) if sealer is not None else "",
        made_by=made_by[:255],
        person_id=person_id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    return secret, _info(row, now)


def look(session: Session, purpose: Purpose, secret: str, now: datetime) -> InvitationInfo:
    """The open invitation with this secret. Raises InvitationRefused for any other."""
    with everywhere(session):
        row = session.scalar(select(Invitation).where(Invitation.token_hash == _hash(purpose, secret)))
    if not secret or row is None:
        raise InvitationRefused("invitation_unknown" if secret else "invitation_missing", purpose)
    info = _info(row, now)
    if info.state in (InvitationState.OPEN, InvitationState.TRYING):
        return info
    told = (f"It was used for {info.used_for}.",) if info.used_for else ()
    raise InvitationRefused(f"invitation_{info.state}", purpose, *told)


def institution_name(session: Session, institution_id: int) -> str:
    return session.scalars(select(Institution.name).where(Institution.id == institution_id)).one()


def use(session: Session, purpose: Purpose, secret: str, now: datetime) -> InvitationInfo:
    """Use an invitation up, once and for all. Raises InvitationRefused."""
    info = look(session, purpose, secret, now)
    if not _used(session, info.id, "", now, ""):
        raise InvitationRefused("invitation_used", purpose)
    return info


def claim(session: Session, purpose: Purpose, secret: str, now: datetime, visit: str = "") -> Claimed:
    """Have an invitation for one attempt. Raises InvitationRefused, also while another attempt is under way. `visit` is
    what the LMS made for this attempt alone; a hash of it stays."""
    info, mark = look(session, purpose, secret, now), new_secret()
    free = Invitation.claimed_until.is_(None) | (Invitation.claimed_until <= now)
    taking = (
        update(Invitation)
        .where(Invitation.id == info.id, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), free)
        .values(claim=mark, claimed_until=now + ATTEMPT)
        .returning(Invitation.person_id)
    )
    with everywhere(session):
        took = session.execute(taking).one_or_none()
    if took is None:
        raise InvitationRefused("invitation_busy", purpose)
    return Claimed(info.id, info.institution_id, mark, info.made_by, took.person_id, _visit(visit))


def release(session: Session, claimed: Claimed, reason: str, now: datetime) -> None:
    """The attempt came to nothing: the invitation is as good as before, and says why."""
    freeing = (
        update(Invitation)
        .where(Invitation.id == claimed.id, Invitation.claim == claimed.claim, Invitation.used_at.is_(None))
        .values(claim="", claimed_until=None, failed_at=now, failure=reason[:60])
    )
    with everywhere(session):
        session.execute(freeing)


def complete(session: Session, claimed: Claimed, now: datetime, *, used_for: str) -> bool:
    """The attempt is done: use the invitation up. False when it is this attempt's no more."""
    return _used(session, claimed.id, claimed.claim, now, used_for, visit=claimed.visit)


def used_by(session: Session, secret: str, visit: str) -> InvitationInfo | None:
    """The registration address that this very visit of an LMS used up, for a page that is loaded again."""
    used = select(Invitation).where(
        Invitation.token_hash == _hash(Purpose.REGISTER, secret),
        Invitation.used_at.is_not(None),
        Invitation.claim == _visit(visit),
    )
    if not visit:
        return None
    with everywhere(session):
        row = session.scalar(used)
    return None if row is None or row.used_at is None else _info(row, row.used_at)


def listed(session: Session, institution_id: int, now: datetime, *, limit: int = 20) -> list[InvitationInfo]:
    """An institution's registration addresses, the newest first."""
    query = (
        select(Invitation)
        .where(Invitation.institution_id == institution_id, Invitation.purpose == Purpose.REGISTER.value)
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
        .limit(limit)
    )
    return [_info(row, now) for row in session.scalars(query)]


def open_administrators(session: Session, now: datetime) -> list[InvitationInfo]:
    """Open invitations of administrators, of every institution that the session may see, the newest first."""
    query = (
        select(Invitation)
        .where(
            Invitation.purpose == Purpose.ADMINISTRATOR.value,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id.desc())
    )
    return [_info(row, now) for row in session.scalars(query)]


def revoke(session: Session, institution_id: int, invitation_id: int, now: datetime) -> None:
    """Withdraw an invitation of this institution. Raises NotFound, also for one that was used."""
    ending = (
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.institution_id == institution_id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now, token_sealed="")
        .returning(Invitation.id)
    )
    if session.execute(ending).one_or_none() is None:
        raise NotFound("This invitation was used or withdrawn already.", "Reload the list of invitations.")


def _used(session: Session, invitation_id: int, mark: str, now: datetime, used_for: str, visit: str = "") -> bool:
    using = (
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.claim == mark,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(used_at=now, used_for=used_for[:500], token_sealed="", claim=visit, claimed_until=None, failure="")
        .returning(Invitation.id)
    )
    with everywhere(session):
        return session.execute(using).one_or_none() is not None


def _visit(token: str) -> str:
    return digest(f"visit {token}") if token else ""


def _hash(purpose: Purpose, secret: str) -> str:
    return digest(f"{purpose.value} {secret}")


def _info(row: Invitation, now: datetime) -> InvitationInfo:
    trying = row.claimed_until is not None and row.claimed_until > now
    state = (
        InvitationState.REVOKED
        if row.revoked_at is not None
        else InvitationState.USED
        if row.used_at is not None
        else InvitationState.EXPIRED
        if row.expires_at <= now
        else InvitationState.TRYING
        if trying
        else InvitationState.OPEN
    )
    return InvitationInfo(
        id=row.id,
        institution_id=InstitutionId(row.institution_id),
        purpose=Purpose(row.purpose),
        state=state,
        made_by=row.made_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        failed_at=row.failed_at,
        failure=row.failure,
        used_at=row.used_at,
        used_for=row.used_for,
        token_sealed=row.token_sealed,
    )
