"""Making and changing role profiles."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.frameworks.models import RoleProfile, RoleTarget
from lti_tool.kit.errors import Invalid, NotFound

LONGEST_TITLE = 200


class RoleFaulty(Invalid):
    """`faults` maps a field's name to what is wrong with it; nothing was kept."""

    reason = "role_faulty"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("The role was not saved yet.", "Correct what is marked and save it again.")
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class RoleDraft:
    title: str
    description: str = ""


def create(session: Session, framework_id: int, draft: RoleDraft, now: datetime) -> int:
    """A new role without targets; its id. Raises RoleFaulty."""
    title = _checked(session, framework_id, draft, None)
    row = RoleProfile(
        framework_id=framework_id, title=title, description=draft.description.strip(), created_at=now, changed_at=now
    )
    session.add(row)
    session.flush()
    return row.id


def change(
    session: Session,
    role_id: int,
    draft: RoleDraft,
    targets: Mapping[str, int],
    shown: Collection[str],
    now: datetime,
) -> None:
    """Words and levels. `shown` are the keys that the form showed: targets of others stay. Raises RoleFaulty."""
    row = session.scalar(select(RoleProfile).where(RoleProfile.id == role_id).with_for_update())
    if row is None:
        raise unknown()
    row.title = _checked(session, row.framework_id, draft, role_id)
    row.description, row.changed_at = draft.description.strip(), now
    kept = {one.item_key: one for one in session.scalars(select(RoleTarget).where(RoleTarget.role_id == role_id))}
    for key in shown:
        if key in targets and key in kept:
            kept[key].level = targets[key]
        elif key in targets:
            session.add(RoleTarget(role_id=role_id, item_key=key, level=targets[key]))
        elif key in kept:
            session.delete(kept[key])
    session.flush()


def remove(session: Session, role_id: int) -> str:
    """Take a role away; its title. Raises NotFound."""
    row = session.scalar(select(RoleProfile).where(RoleProfile.id == role_id))
    if row is None:
        raise unknown()
    session.execute(delete(RoleTarget).where(RoleTarget.role_id == role_id))
    session.delete(row)
    session.flush()
    return row.title


def unknown() -> NotFound:
    return NotFound("This role is not here.", "Choose one from the list of roles.")


def _checked(session: Session, framework_id: int, draft: RoleDraft, role_id: int | None) -> str:
    title = " ".join(draft.title.split())
    if not title:
        raise RoleFaulty({"title": "Name the role or programme."})
    if len(title) > LONGEST_TITLE:
        raise RoleFaulty({"title": f"At most {LONGEST_TITLE} characters."})
    twin = session.scalar(
        select(RoleProfile.id).where(RoleProfile.framework_id == framework_id, RoleProfile.title == title)
    )
    if twin is not None and twin != role_id:
        raise RoleFaulty({"title": "There is a role of this name already."})
    return title
