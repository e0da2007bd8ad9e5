"""A role on a framework as plain values, and the papers that follow from it. Pure.

Every line of a paper is the framework's own wording, or a question around it: nothing is made up about a role that the
framework does not say. Where it says nothing, the paper says that.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The papers, as their addresses and commands name them."""

    HIRING = "hiring-guide"
    REVIEW = "review-rubric"
    DEVELOPMENT = "development-plan"
    CONVERSATION = "conversation-guide"


TITLES = {
    Kind.HIRING: "Hiring guide",
    Kind.REVIEW: "Performance review rubric",
    Kind.DEVELOPMENT: "Development plan",
    Kind.CONVERSATION: "Conversation guide",
}
USES = {
    Kind.HIRING: "What to look for, and questions to ask, level by level.",
    Kind.REVIEW: "What each level looks like, with room for the evidence.",
    Kind.DEVELOPMENT: "What to demonstrate to reach the next level.",
    Kind.CONVERSATION: "For the person who leads: a talk in half an hour.",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of one competency: `acts` are the observable behaviours that show it, in the framework's words."""

    number: int
    name: str
    acts: tuple[str, ...]
    months: int | None = None

    @property
    def label(self) -> str:
        return self.name if self.name.lower() == f"level {self.number}" else f"{self.number} {self.name}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a role asks of one competency. `rungs` are all levels of the framework, the lowest first."""

    key: str
    label: str
    description: str
    rungs: tuple[Rung, ...]
    target: int

    def rung(self, level: int) -> Rung | None:
        return next((rung for rung in self.rungs if rung.number == level), None)

    @property
    def wanted(self) -> Rung:
        return self.rungs[self.target - 1]


@dataclass(frozen=True, slots=True)
class Role:
    id: int
    title: str
    description: str
    framework: str
    version: int
    attribution: str
    asks: tuple[Asked, ...]
    gone: tuple[str, ...] = ()
    """Keys of competencies that this version of the framework no longer has."""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with words and lines under it; `lines` are a list, `rungs` a ladder with the target marked."""

    title: str
    words: str = ""
    lines: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    words: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    kind: Kind
    title: str
    about: str
    intro: str
    sections: tuple[Section, ...]
    foot: str


def paper(role: Role, kind: Kind) -> Paper:
    intro, sections = _MAKERS[kind](role)
    return Paper(
        kind=kind,
        title=f"{TITLES[kind]}: {role.title}",
        about=role.description,
        intro=intro,
        sections=sections,
        foot=f"Made from {role.framework}, version {role.version}. {role.attribution}".strip(),
    )


#: Ways to ask about one act. The act stands in quotation marks, as the framework words it: it may be "I can ...",
#: "Writes ..." or "the ability to ...", and every one of these stays a sentence.
_OCCASION = "Tell me about one occasion that shows this: “{act}”. What was the situation, and what did you do yourself?"
_TROUBLE = "“{act}”: when did that become difficult for you? What did you change, and what came of it?"
_PROOF = "“{act}”: how did you know that it had worked? What would others who were there say?"
_SILENT = "Tell me about a piece of your work that shows your {label}. What did you do yourself, and what came of it?"
_QUESTIONS = (_OCCASION, _TROUBLE, _PROOF)
MOST_QUESTIONS = 3


def questions(asked: Asked, level: int) -> tuple[str, ...]:
    """Interview questions for one level of a competency: as many as there are acts, three at the most."""
    rung = asked.rung(level)
    acts = rung.acts if rung else ()
    if not acts:
        return (_SILENT.format(label=_bare(asked.label)),)
    shapes = _QUESTIONS if len(acts) >= len(_QUESTIONS) else _QUESTIONS[: max(2, len(acts))]
    return tuple(shape.format(act=_unpointed(acts[n % len(acts)])) for n, shape in enumerate(shapes))[:MOST_QUESTIONS]


def _hiring(role: Role) -> tuple[str, tuple[Section, ...]]:
    intro = (
        "Ask every candidate the same questions, note what they did before you judge it, and rate each competency by "
        "the level whose words fit best. One level below the one asked for can be learned in the job: look then for "
        "how fast somebody learned before."
    )
    return intro, tuple(_hiring_section(asked) for asked in role.asks)


def _hiring_section(asked: Asked) -> Section:
    wanted = asked.wanted
    parts = [
        Part("What to look for", _acts_or_none(wanted), wanted.acts),
        Part("Ask", "", questions(asked, wanted.number)),
    ]
    above, below = asked.rung(asked.target + 1), asked.rung(asked.target - 1)
    if above and above.acts:
        parts.append(
            Part(
                "More than asked for",
                f"To find out how far somebody goes: {above.label}.",
                questions(asked, above.number)[:1],
            )
        )
    if below and below.acts:
        parts.append(Part("Not there yet", f"What you hear is closer to {below.label}:", below.acts))
    return Section(asked.label, f"Asked for: {wanted.label}", tuple(parts))


def _review(role: Role) -> tuple[str, tuple[Section, ...]]:
    intro = (
        "For each competency mark the level whose words describe what was seen most of the time, and write down the "
        "occasion that shows it. A level without an occasion is not a finding. The level this role asks for is marked."
    )
    return intro, tuple(
        Section(
            asked.label, asked.description, (Part("Levels", "", (), asked.rungs, asked.target), _room_for_evidence())
        )
        for asked in role.asks
    )


def _room_for_evidence() -> Part:
    return Part("Seen", "Level, the occasion that shows it, and who saw it:", ("", ""))


def _development(role: Role) -> tuple[str, tuple[Section, ...]]:
    intro = (
        "Find the level where you stand now. To reach the next one, demonstrate what is listed there, on an occasion "
        "that somebody else can see. Take one or two competencies at a time."
    )
    return intro, tuple(
        Section(asked.label, f"This role asks for: {asked.wanted.label}", tuple(_steps(asked))) for asked in role.asks
    )


def _steps(asked: Asked) -> Iterable[Part]:
    """From each level to the next, up to the one the role asks for (and one step at least)."""
    last = max(asked.target, min(2, len(asked.rungs)))
    for rung in asked.rungs[1:last]:
        before = asked.rungs[rung.number - 2]
        words = "Demonstrate:" if rung.acts else _acts_or_none(rung)
        if rung.months:
            words = f"Usually {rung.months} months. {words}"
        yield Part(f"From {before.label} to {rung.label}", words, rung.acts)


def next_step(asked: Asked, level: int) -> Part | None:
    """What to demonstrate to reach the level after `level` (0: nothing shown yet); None at the top."""
    rung = asked.rung(level + 1)
    if rung is None:
        return None
    return Part(f"To reach {rung.label}", "Demonstrate:" if rung.acts else _acts_or_none(rung), rung.acts)


def _conversation(role: Role) -> tuple[str, tuple[Section, ...]]:
    intro = (
        "Half an hour, twice a year. Send the list of competencies beforehand and ask for one occasion to each of two: "
        "one that went well, one to work on. Talk about what was done, not about what somebody is like."
    )
    opening = Section(
        "To begin",
        "",
        (
            Part(
                "Ask",
                "",
                (
                    "Which piece of work since our last talk are you proud of? What exactly did you do?",
                    "Which of these competencies did it show?",
                    "Where did you wish that you were further?",
                ),
            ),
        ),
    )
    closing = Section(
        "Before you part",
        "",
        (
            Part(
                "Agree on",
                "",
                (
                    "One strength to use more, and where:",
                    "One step, and what will show it:",
                    "Who helps, with what:",
                    "The day of the next talk:",
                ),
            ),
        ),
    )
    return intro, (opening, *(_talk(asked) for asked in role.asks), closing)


def _talk(asked: Asked) -> Section:
    wanted = asked.wanted
    parts = [Part("Listen for", _acts_or_none(wanted), wanted.acts)]
    step = next_step(asked, wanted.number)
    if step is not None and step.lines:
        parts.append(
            Part(
                "If that is there already",
                f"Talk about the next level: {step.title.removeprefix('To reach ')}.",
                step.lines[:2],
            )
        )
    return Section(asked.label, questions(asked, wanted.number)[0], tuple(parts))


_MAKERS = {Kind.HIRING: _hiring, Kind.REVIEW: _review, Kind.DEVELOPMENT: _development, Kind.CONVERSATION: _conversation}


def _acts_or_none(rung: Rung) -> str:
    return "" if rung.acts else f"The framework has no words for {rung.label} of this competency yet."


def acts_of(text: str) -> tuple[str, ...]:
    """A descriptor as single acts: its lines or bullets; one sentence stays whole."""
    lines = [re.sub(r"^\s*(?:[-*•·–]|\d+[.)])\s+", "", line).strip() for line in text.splitlines()]
    found = [line for line in lines if line]
    if len(found) == 1 and found[0].count(";") >= 1:
        found = [part.strip() for part in found[0].split(";") if part.strip()]
    return tuple(dict.fromkeys(found))


def targets_of(form: Mapping[str, str], levels: int) -> dict[str, int]:
    """Competency key to level from a form's values; what is empty or beyond the framework's levels is left out."""
    found = {}
    for key, value in form.items():
        if value.isdecimal() and 1 <= int(value[:4]) <= levels:
            found[key] = int(value[:4])
    return found


def _bare(label: str) -> str:
    """A label without its code, to stand in a sentence."""
    return re.sub(r"^[\w.]*\d[\w.]*\s+", "", label)


def _unpointed(act: str) -> str:
    return act.strip().rstrip(".;,")
