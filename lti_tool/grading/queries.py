"""What other rooms may read here. The pages of this room use the queries of their own subject."""

from lti_tool.grading.alignments.queries import coverage, untouched
from lti_tool.grading.evidence.queries import (
    EvidenceRow,
    evidence_cell,
    evidence_cells,
    evidence_of,
    people_with_evidence,
)

__all__ = [
    "EvidenceRow",
    "coverage",
    "evidence_cell",
    "evidence_cells",
    "evidence_of",
    "people_with_evidence",
    "untouched",
]
