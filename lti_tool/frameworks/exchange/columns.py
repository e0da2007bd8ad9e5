"""Helpers that the two LMS tables share: texts cut to a width, identifiers kept apart, marks of mastery."""

from collections.abc import Sequence

from lti_tool.frameworks.domain import AssociationType, Finding, FrameworkDraft, LevelDraft
from lti_tool.frameworks.exchange.text import shorten


class Narrow:
    """Cuts texts to what a column can hold and counts what was cut."""

    def __init__(self) -> None:
        self.cut: dict[tuple[str, int], int] = {}
        self._taken: set[str] = set()

    def text(self, text: str, most: int, column: str) -> str:
        """The text with at most `most` characters."""
        if len(text) > most:
            self.cut[(column, most)] = self.cut.get((column, most), 0) + 1
        return shorten(text, most)

    def identifier(self, name: str, most: int) -> str:
        """The name cut to `most` characters and different from every other one given here."""
        short = name[:most]
        if short != name:
            self.cut[("identifier", most)] = self.cut.get(("identifier", most), 0) + 1
        number = 2
        while short in self._taken:
            ending = f"~{number}"
            short, number = name[: most - len(ending)] + ending, number + 1
        self._taken.add(short)
        return short

    def findings(self) -> list[Finding]:
        """One finding a column that was cut."""
        return [
            Finding(column, f"{number} texts were cut to {most} characters.")
            for (column, most), number in self.cut.items()
        ]


def mastered_from(levels: Sequence[LevelDraft]) -> int:
    """The level from which an LMS is told that someone is proficient: the first in the upper half."""
    return levels[len(levels) // 2].number if levels else 0


def lost_everywhere(draft: FrameworkDraft, carries: Sequence[str]) -> list[Finding]:
    """What no LMS table has a column for, apart from the associations in `carries`."""
    found = []
    links: dict[str, int] = {}
    for link in draft.associations:
        if link.type not in carries or link.destination_key not in draft.by_key:
            links[link.type] = links.get(link.type, 0) + 1
    for kind, number in sorted(links.items()):
        found.append(Finding("associations", f"{number} associations of the type {kind} are lost."))
    if any(item.code and item.code != item.key for item in draft.items):
        found.append(Finding("items", "Codes are lost."))
    if any(item.scope for item in draft.items):
        found.append(Finding("items", "Which competencies are core and which functional is lost."))
    if any(item.level is not None for item in draft.items):
        found.append(Finding("items", "Which level an indicator shows is lost."))
    if any(level.description for level in draft.levels):
        found.append(Finding("levels", "Descriptions of levels are lost."))
    if draft.licence or draft.attribution:
        words = "Licence and attribution are lost: state them where the framework is used."
        found.append(Finding("framework", words))
    return found


RELATED = AssociationType.IS_RELATED_TO.value
