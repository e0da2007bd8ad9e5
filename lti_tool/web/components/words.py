"""Values for words and controls: actions, pills, notes, facts, states, checks, cards, charts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from lti_tool.web.components.tables import Table


class Weight(StrEnum):
    """How much a button asks for attention. One `MAIN` in view."""

    MAIN = "main"
    NORMAL = ""
    PLAIN = "plain"


class Via(StrEnum):
    LINK = "link"
    POST = "post"
    """A form of its own: the action changes something."""
    SUBMIT = "submit"
    """A button of the form around it that sends the form to `href`; it carries the first of `fields`."""
    NEW_WINDOW = "new-window"
    DOWNLOAD = "download"


class Tone(StrEnum):
    """Status of a note or a pill. Fine is PLAIN: there is no status green."""

    PLAIN = ""
    LOOK = "look"
    PROBLEM = "problem"
    WAIT = "wait"
    ACCENT = "accent"


WEB = {"", "http", "https", "mailto"}
ICON_OF = {Tone.LOOK: "look", Tone.PROBLEM: "problem"}


@dataclass(frozen=True, slots=True)
class Action:
    """A link or a button. `about` is said to screen readers only: "Send again: Hazel Example, Project"."""

    label: str
    href: str
    weight: Weight = Weight.NORMAL
    via: Via = Via.LINK
    about: str = ""
    icon: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """Hidden name and value pairs of a POST."""

    @property
    def posts(self) -> bool:
        return self.via in (Via.POST, Via.SUBMIT)

    @property
    def attributes(self) -> dict[str, str]:
        """Of the link. An address that is no web page is left out: resources and frameworks come from anywhere."""
        found = {"href": self.href} if urlsplit(self.href.strip()).scheme in WEB else {}
        if self.via is Via.NEW_WINDOW:
            found |= {"target": "_blank", "rel": "noopener"}
        elif self.via is Via.DOWNLOAD:
            found["download"] = ""
        return found


@dataclass(frozen=True, slots=True)
class Pill:
    words: str
    tone: Tone = Tone.PLAIN
    icon: str = ""
    said: str = ""
    """Added for screen readers, where `words` is only a number."""

    @property
    def symbol(self) -> str:
        return self.icon or ICON_OF.get(self.tone, "")


@dataclass(frozen=True, slots=True)
class Note:
    """What happened, so what, and one thing to do. `announce` where it appears after an action."""

    what: str
    so_what: str = ""
    action: Action | None = None
    tone: Tone = Tone.PLAIN
    icon: str = ""
    announce: bool = False

    def __post_init__(self) -> None:
        if self.tone not in (Tone.PLAIN, Tone.LOOK, Tone.PROBLEM):
            raise ValueError(f"a note has no tone {self.tone.name}")

    @property
    def symbol(self) -> str:
        return self.icon or ICON_OF.get(self.tone, "info")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a facts list: a term, its text, and pills that stand before the text."""

    term: str
    text: str = ""
    href: str = ""
    pills: tuple[Pill, ...] = ()


class StateKind(StrEnum):
    EMPTY = "empty"
    LATER = "later"
    """Not released yet."""
    WRONG = "wrong"
    """Something went wrong."""
    AGAIN = "again"
    """Open it from the course again."""
    ROLE = "role"
    """For other roles."""
    MISSING = "missing"


STATE_ICON = {
    StateKind.EMPTY: "wait",
    StateKind.LATER: "lock",
    StateKind.WRONG: "look",
    StateKind.AGAIN: "door",
    StateKind.ROLE: "lock",
    StateKind.MISSING: "doc",
}


@dataclass(frozen=True, slots=True)
class State:
    """A page or a part with nothing to show: what happened, what it means, one thing to do."""

    kind: StateKind
    title: str
    words: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    code: str = ""
    """What to mention when asking for help."""
    when: str = ""
    reason: str = ""
    """The reason code, for people who run things."""
    icon: str = ""

    @property
    def symbol(self) -> str:
        return self.icon or STATE_ICON[self.kind]


class CheckState(StrEnum):
    WORKS = "ok"
    WARN = "warn"
    BAD = "bad"
    UNCHECKED = "unchecked"


CHECK_ICON = {
    CheckState.WORKS: "ok",
    CheckState.WARN: "look",
    CheckState.BAD: "problem",
    CheckState.UNCHECKED: "wait",
}
CHECK_WORDS = {
    CheckState.WORKS: "Works",
    CheckState.WARN: "Works, with a catch",
    CheckState.BAD: "Does not work",
    CheckState.UNCHECKED: "Not checked yet",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a connection. A BAD one says what happens meanwhile, who changes it where, then "Check again"."""

    title: str
    words: str
    state: CheckState
    fix: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    answer: str = ""
    """The raw answer, folded away."""
    answer_title: str = "The technical answer"

    @property
    def symbol(self) -> str:
        return CHECK_ICON[self.state]

    @property
    def said(self) -> str:
        return CHECK_WORDS[self.state]


@dataclass(frozen=True, slots=True)
class StepCard:
    """A next step: always with its reason, the indicator, a resource if there is one, and where to show it."""

    title: str
    reason: str
    show: str
    """The indicator, word for word."""
    show_at: str = ""
    """Such as "(3.3, level 2)"."""
    learn: Action | None = None
    learn_note: str = ""
    where: str = ""
    action: Action | None = None
    """The macro gives the first card's action the main weight."""
    decline: Action | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    """Pages of a long list. `words` say where we are: "Learners 51 to 100 of 230"."""

    words: str
    previous: str = ""
    next: str = ""
    label: str = "Pages"


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite drawing with its text: the description is read out, the table holds the same values.

    Either `spec` (carried in the page) or `src` (an address of ours that answers the specification as JSON).
    """

    id: str
    title: str
    description: str
    spec: Mapping[str, Any] | None = None
    src: str = ""
    table: Table | None = None

    def __post_init__(self) -> None:
        if (self.spec is None) == (not self.src):
            raise ValueError("a chart has a spec or a src")
