"""What the diagnostics room keeps about one person: where they stand."""

from sqlalchemy import select

from lti_tool.diagnostics.models import Estimate
from lti_tool.frameworks import queries as frameworks
from lti_tool.kit.db import Session
from lti_tool.launch.own_data import TELLS, Kept


def where_they_stand(session: Session, person_id: int) -> Kept:
    rows = session.scalars(
        select(Estimate).where(Estimate.person_id == person_id).order_by(Estimate.version_id, Estimate.item_id)
    ).all()
    titles = {
        one.id: one.title
        for version in sorted({row.version_id for row in rows})
        for one in frameworks.framed(session, version).competencies
    }
    told = tuple(
        {
            "competency": titles.get(row.item_id, ""),
            "estimate": round(row.mean, 3),
            "uncertainty": round(row.sd, 3),
            "pieces_of_evidence": row.pieces,
            "changed": row.updated_at.isoformat(),
        }
        for row in rows
    )
    words = "An estimate for each competency, worked out from your released marks, with how sure it is."
    return Kept("standing", "Where you stand", words, told)


def install() -> None:
    """Told once, however many applications there are."""
    if where_they_stand not in TELLS:
        TELLS.append(where_they_stand)
