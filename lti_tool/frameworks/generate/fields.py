"""The fields of a brief on its page, with what was typed so far."""

from lti_tool.frameworks.generate.brief import MOST_DOCUMENTS, MOST_GOALS
from lti_tool.frameworks.generate.domain import DEFAULT_STAGES, MOST_FAMILIES
from lti_tool.web.components.forms import Field, FieldKind


def brief_fields(typed: dict[str, str], learners: bool) -> tuple[Field, ...]:
    return (
        Field(
            "organisation",
            "Organisation or programme",
            value=typed["organisation"],
            required=True,
            hint="It names the draft. It is not sent to a language model.",
        ),
        Field(
            "sector",
            "Field of work",
            value=typed["sector"],
            required=True,
            hint="In a few words: “municipal government”, “food factory”, “teaching hospital”.",
        ),
        Field(
            "families",
            "Role families",
            FieldKind.AREA,
            value=typed["families"],
            required=True,
            rows=4,
            hint=f"One a line, by their usual job title: “maintenance technicians”. Up to {MOST_FAMILIES}.",
        ),
        Field(
            "goals",
            "What should people here be good at, and what for?",
            FieldKind.AREA,
            value=typed["goals"],
            required=True,
            rows=4,
            hint=f"Goals of your strategy, one a line, in plain words: “safe work”. Up to {MOST_GOALS}.",
        ),
        Field(
            "learners",
            "It is for learners, not for employees",
            FieldKind.CHECK,
            value="yes",
            chosen=learners,
            hint="For a programme of study, write the family as “students of mechanical engineering”.",
        ),
        Field(
            "stages",
            "The four levels, lowest first",
            FieldKind.AREA,
            value=typed["stages"] or "\n".join(DEFAULT_STAGES),
            rows=4,
            hint="Names for stages of seniority; what each means is described per competency.",
        ),
        Field(
            "months",
            "Months a step",
            FieldKind.NUMBER,
            value=typed["months"] or "18",
            hint="How long people usually need from one level to the next: 12 to 24.",
            attributes=(("min", "12"), ("max", "24")),
        ),
        Field(
            "document",
            "Document to draw on",
            FieldKind.FILE,
            hint=f"Strategy, job descriptions, an old framework: text, CSV, Word, Excel or PDF, up to 10 MB, "
            f"{MOST_DOCUMENTS} in all. Only the words are kept.",
            attributes=(("accept", ".txt,.md,.csv,.docx,.xlsx,.pdf"),),
        ),
    )
