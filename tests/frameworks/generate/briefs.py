"""Briefs of fictional organisations, of as many kinds as the generator is meant for."""

from functools import cache

from lti_tool.frameworks.generate.domain import Brief
from lti_tool.llm.store import CachedEmbedder, MemoryStore
from tests.standins.embedders import mini_lm

CITY = Brief(
    "Example City",
    "municipal government",
    ("service designers", "delivery managers"),
    ("services that everyone can use", "decide with data", "value for money", "deliver on time"),
)
FACTORY = Brief(
    "Example Foods",
    "factory, food production",
    ("maintenance technicians", "maintenance planners"),
    ("fewer breakdowns", "safe work", "find faults faster", "keep records that others can use"),
)
BANK = Brief(
    "Example Bank",
    "retail bank",
    ("credit risk analysts", "model validation analysts"),
    ("sound lending decisions", "models that hold up to review", "clear reports to the board", "act with integrity"),
)
UTILITY = Brief(
    "Example Grid",
    "electricity utility",
    ("incident responders", "data analysts"),
    ("contain attacks quickly", "learn from incidents", "protect customer data"),
)
ANALYSTS = Brief(UTILITY.organisation, UTILITY.sector, ("data analysts",), UTILITY.goals)
"""One family: for what does not depend on how many there are."""
STUDENTS = Brief(
    "Example College",
    "university",
    ("students of all subjects using digital media",),
    ("judge information found online", "create digital content within copyright", "protect personal data"),
    learners=True,
)
WRITING = Brief(
    "Example College",
    "university",
    ("first-year students of academic writing",),
    ("write for an academic audience", "academic integrity", "use of sources"),
    learners=True,
)
HOSPITAL = Brief(
    "Example Hospital",
    "teaching hospital",
    ("nurse educators", "clinical preceptors"),
    ("safe patient care", "teaching at the bedside", "evidence-based practice"),
)
SERVED = {"city": CITY, "factory": FACTORY, "bank": BANK, "utility": UTILITY, "students": STUDENTS}


@cache
def embedder() -> CachedEmbedder:
    """The real local model; what it read once in this process it does not read again."""
    return CachedEmbedder(mini_lm(), MemoryStore())
