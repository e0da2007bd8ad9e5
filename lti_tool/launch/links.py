"""What an instructor may put into a course by deep linking: `CHOICES`, to which rooms above append their kinds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lti_tool.kit.db import Session
from lti_tool.kit.errors import Invalid
from lti_tool.web.viewer import Viewer


class NothingChosen(Invalid):
    reason = "nothing_chosen"


@dataclass(frozen=True, slots=True)
class Made:
    """What was chosen, ready to become an `ltiResourceLink`. `ref` is our own id: it travels in `custom` and
    survives a course copy. `points` gives the link a line item in the gradebook; None leaves it ungraded."""

    ref: str
    title: str
    points: float | None = None


Make = Callable[[Session, Viewer, Mapping[str, str]], "Made"]
Offers = Callable[[Session, Viewer], Sequence["Made"]]


def _nothing(_session: Session, _viewer: Viewer) -> Sequence[Made]:
    return ()


@dataclass(frozen=True, slots=True)
class LinkChoice:
    """One kind of link. `make` runs inside the view's transaction, in the institution's scope; it may raise a
    `Fault` about the form (`title` and `points` as typed). `offers` are things of this kind that are there already."""

    opens: str
    """What the link opens, as the launch will say it again: `map`, `assessment`."""
    label: str
    hint: str
    make: Make = field(compare=False)
    asks_title: bool = False
    asks_points: bool = False
    offers: Offers = field(default=_nothing, compare=False)
    offered_as: str = ""
    """A hint beside each offer."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the page where an instructor chooses."""

    value: str
    """What its box sends: the kind, with our id after a slash for what is there already."""
    label: str
    hint: str
    choice: LinkChoice
    there: Made | None = None


def _the_map(_session: Session, _viewer: Viewer, _form: Mapping[str, str]) -> Made:
    return Made(ref="map", title="Where I stand")


CHOICES: list[LinkChoice] = [
    LinkChoice(
        "map", "The heat map", "Students see where they stand; you see the class. It has no mark of its own.", _the_map
    )
]


def offers(session: Session, viewer: Viewer) -> list[Offer]:
    """Everything that can be chosen: what is there already after the kind it belongs to."""
    found: list[Offer] = []
    for choice in CHOICES:
        found.append(Offer(choice.opens, choice.label, choice.hint, choice))
        found.extend(
            Offer(f"{choice.opens}/{made.ref}", made.title, choice.offered_as, choice, made)
            for made in choice.offers(session, viewer)
        )
    return found


def make(
    session: Session, viewer: Viewer, values: Sequence[str], form: Mapping[str, str], *, several: bool
) -> list[tuple[str, Made]]:
    """What each chosen value opens and stands for, made where it is new, in the caller's transaction. Raises
    NothingChosen, also where one value is no offer, and whatever `LinkChoice.make` raises about the form."""
    known = {offer.value: offer for offer in offers(session, viewer)}
    wanted = list(dict.fromkeys(values))
    if not wanted or not all(value in known for value in wanted):
        raise NothingChosen("Choose what to add.")
    if len(wanted) > 1 and not several:
        raise NothingChosen("This place in the course takes one link at a time.", "Choose one.")
    chosen = [known[value] for value in wanted]
    return [(one.choice.opens, one.there or one.choice.make(session, viewer, form)) for one in chosen]
