"""Where grades are, in words and pills."""

from collections import Counter
from collections.abc import Iterable

from lti_tool.grading.passback.domain import DeliveryState
from lti_tool.grading.passback.queries import DeliveryInfo
from lti_tool.web.components import Note, Tone
from lti_tool.web.components.words import Pill

_PILLS = {
    DeliveryState.WAITING: Pill("On its way", Tone.WAIT),
    DeliveryState.SENT: Pill("In the gradebook", icon="ok"),
    DeliveryState.RETRYING: Pill("Trying again", Tone.WAIT),
    DeliveryState.STOPPED: Pill("Stopped", Tone.PROBLEM),
    DeliveryState.SET_ASIDE: Pill("Set aside"),
}


def state_pill(state: DeliveryState) -> Pill:
    return _PILLS[state]


def counts_note(rows: Iterable[DeliveryInfo]) -> tuple[Note, ...]:
    """What is not in the gradebook yet, with the first reason; nothing when all is well."""
    found = list(rows)
    counts = Counter(row.state for row in found)
    stopped, again = counts[DeliveryState.STOPPED], counts[DeliveryState.RETRYING]
    if not stopped and not again:
        return ()
    worst = next(row for row in found if row.state in (DeliveryState.STOPPED, DeliveryState.RETRYING))
    if stopped:
        worst = next(row for row in found if row.state is DeliveryState.STOPPED)
    parts = [f"{stopped} stopped" if stopped else "", f"{again} trying again" if again else ""]
    return (
        Note(
            f"Grades that are not in the gradebook: {', '.join(filter(None, parts))}. None is lost.",
            f"{worst.words} {worst.next_step}".strip(),
            tone=Tone.PROBLEM if stopped else Tone.LOOK,
        ),
    )
