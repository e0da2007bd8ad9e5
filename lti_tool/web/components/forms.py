"""Values of forms: fields, findings about them, and the choices of the alignment review."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lti_tool.web.components.words import Action, Pill, Tone


class FieldKind(StrEnum):
    """The values of the one-line kinds are HTML's own input types."""

    TEXT = "text"
    SEARCH = "search"
    NUMBER = "number"
    EMAIL = "email"
    URL = "url"
    DATE = "date"
    MOMENT = "datetime-local"
    PASSWORD = "password"  # noqa: S105
    AREA = "area"
    SELECT = "select"
    FILE = "file"
    CHECK = "check"
    """One box; `value` is what it sends."""
    CHECKS = "checks"
    RADIOS = "radios"


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool = False
    hint: str = ""


class FindingState(StrEnum):
    OPEN = "open"
    USED = "used"
    """The suggestion was taken."""
    KEPT = "kept"
    """The wording stays, with a reason."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at, right under the text it concerns, with its remedy as a button."""

    title: str
    words: str = ""
    suggestion: str = ""
    actions: tuple[Action, ...] = ()
    state: FindingState = FindingState.OPEN
    reason: str = ""
    """Why the wording was kept."""


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled control. Hint and error are tied to it; ids come from the name, which is unique on its page."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    value: str = ""
    hint: str = ""
    error: str = ""
    note: str = ""
    """Soft words after the label: "(Basic)"."""
    required: bool = False
    chosen: bool = False
    """For CHECK."""
    options: tuple[Option, ...] = ()
    """For SELECT, CHECKS, RADIOS, and offered under a SEARCH or TEXT."""
    rows: int = 3
    attributes: tuple[tuple[str, str], ...] = ()
    """More of the control's own: ("min", "0"), ("autocomplete", "off"), ("accept", ".csv,.json")."""
    finding: Finding | None = None

    def __post_init__(self) -> None:
        for name, _ in self.attributes:
            if name.startswith("on") or name == "style":
                raise ValueError(f"no {name} on a control: the policy of the page forbids it")

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def described_by(self) -> str:
        parts = (("hint", self.hint), ("error", self.error), ("finding", self.finding))
        return " ".join(f"{self.id}-{part}" for part, there in parts if there)

    @property
    def first_id(self) -> str:
        """Where a link to this field leads: groups have no control of their own."""
        return f"{self.id}-1" if self.kind in (FieldKind.CHECKS, FieldKind.RADIOS) else self.id

    @property
    def control(self) -> dict[str, str | None]:
        """The attributes of the one control; None for those it has not. A password never comes back."""
        area, line = self.kind is FieldKind.AREA, self.kind not in (FieldKind.AREA, FieldKind.SELECT, FieldKind.FILE)
        value = (self.value or "on") if self.kind is FieldKind.CHECK else self.value
        return {
            "id": self.id,
            "name": self.name,
            "value": value if line and self.kind is not FieldKind.PASSWORD else None,
            "rows": str(self.rows) if area else None,
            "class": "asks" if area and self.finding and self.finding.state is FindingState.OPEN else None,
            "list": f"{self.id}-options" if line and self.options else None,
            "checked": "" if self.kind is FieldKind.CHECK and self.chosen else None,
            "aria-describedby": self.described_by or None,
            "aria-invalid": "true" if self.error else None,
            "required": "" if self.required else None,
        } | dict(self.attributes)


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggested competency for a criterion. `sure` is 0..1; `strength` says it in a word."""

    value: str
    code: str
    name: str
    why: str = ""
    sure: float | None = None
    strength: str = ""
    chosen: bool = False
    engine: Pill | None = None

    def __post_init__(self) -> None:
        if self.sure is not None and not 0 <= self.sure <= 1:
            raise ValueError(f"confidence {self.sure} is not between 0 and 1")


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A line of the review's queue."""

    title: str
    href: str
    pill: Pill
    detail: str = ""
    current: bool = False


def engine(name: str, *, remote: bool) -> Pill:
    """The label of who suggested: a provider's model in the accent, the local one plain."""
    return Pill(name, Tone.ACCENT if remote else Tone.PLAIN)
