"""What other rooms may read here. The pages of this room use the queries of their own subject."""

from lti_tool.grading.alignments.queries import coverage, untouched
from lti_tool.grading.evidence.queries import (
    EvidenceRow,
    Observed,
    evidence_cell,
    evidence_cells,
    evidence_of,
    observations_of,
    people_with_evidence,
)
from lti_tool.grading.passback.domain import DeliveryState
from lti_tool.grading.passback.queries import DeliveryInfo, deliveries, delivery_counts

__all__ = [
    "DeliveryInfo",
    "DeliveryState",
    "EvidenceRow",
    "Observed",
    "coverage",
    "deliveries",
    "delivery_counts",
    "evidence_cell",
    "evidence_cells",
    "evidence_of",
    "observations_of",
    "people_with_evidence",
    "untouched",
]
