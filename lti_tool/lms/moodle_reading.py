"""What is gathered while a Moodle course is read, and what went wrong on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from lti_tool.lms import moodle_wire as shapes
from lti_tool.lms import wire
from lti_tool.lms.text import plain
from lti_tool.lms.values import Assignment, CourseSnapshot, LearnerMark, Submission, Warning_

NOTHING_FOUND = "3"
"""Warning code for "no grades", "no flags", "no submissions": an ordinary state, not a trouble."""

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(slots=True)
class MoodleReading:
    """What was gathered so far of one course."""

    assignments: list[Assignment] = field(default_factory=list)
    marks: list[LearnerMark] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    warnings: list[Warning_] = field(default_factory=list)
    complete: bool = True
    unmarked: set[tuple[str, str]] = field(default_factory=set)

    def lost(self, code: str, words: str, assignment_id: str = "") -> None:
        self.warnings.append(Warning_(code, words, assignment_id))
        self.complete = False

    def rows(self, shape: type[Shape], rows: Iterable[Any], what: str, assignment_id: str = "") -> list[Shape]:
        good, odd = wire.parse_each(shape, rows)
        if odd:
            self.lost("odd_rows", f"{odd} {what} could not be read and are left out.", assignment_id)
        return good

    def told(self, answer: shapes.WarnedWire) -> None:
        """Keep what Moodle warns of, in its words; nothing being there yet is not a warning."""
        for told in wire.parse_each(shapes.WarningWire, answer.warnings)[0]:
            if told.warningcode != NOTHING_FOUND:
                number = str(int(told.itemid)) if told.itemid else ""
                place = f" of {told.item} {number}" if told.item and number else ""
                about = number if told.item == "assignment" else ""
                self.lost("moodle_warning", f"Moodle says{place}: {plain(told.message)[:200]}", about)

    def snapshot(self) -> CourseSnapshot:
        return CourseSnapshot(
            tuple(self.assignments),
            tuple(self.marks),
            tuple(self.warnings),
            tuple(self.submissions),
            self.complete,
            frozenset(self.unmarked),
        )
