"""What an instructor may put into a course by deep linking: `CHOICES`, to which rooms above append their kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lti_tool.kit.db import Session
from lti_tool.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Made:
    """What was chosen, ready to become an `ltiResourceLink`. `ref` is our own id: it travels in `custom` and
    survives a course copy. `points` gives the link a line item in the gradebook; None leaves it ungraded."""

    ref: str
    title: str
    points: float | None = None


Make = Callable[[Session, Viewer, Mapping[str, str]], "Made"]


@dataclass(frozen=True, slots=True)
class LinkChoice:
    """One kind of link. `make` runs inside the view's transaction, in the institution's scope; it may raise a
    `Fault` about the form (`title` and `points` as typed)."""

    opens: str
    """What the link opens, as the launch will say it again: `map`, `assessment`."""
    label: str
    hint: str
    make: Make = field(compare=False)
    asks_title: bool = False
    asks_points: bool = False


def _the_map(_session: Session, _viewer: Viewer, _form: Mapping[str, str]) -> Made:
    return Made(ref="map", title="Where I stand")


CHOICES: list[LinkChoice] = [
    LinkChoice(
        "map", "The heat map", "Students see where they stand; you see the class. It has no mark of its own.", _the_map
    )
]


def choice(opens: str) -> LinkChoice | None:
    """The registered choice of this kind."""
    return next((known for known in CHOICES if known.opens == opens), None)
