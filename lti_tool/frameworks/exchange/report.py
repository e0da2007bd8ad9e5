"""Collects what is wrong or odd in a file, so that a person reads all of it at once."""

from collections.abc import Sequence

from lti_tool.frameworks.domain import Finding, Severity
from lti_tool.kit.errors import Invalid

#: A hostile file can hold a fault a line. The rest is counted, not listed.
MOST_FAULTS = 5000
MOST_PLACES = 3


class BadFramework(Invalid):
    """A file that cannot be imported. `findings` lists every fault with its place; nothing was kept."""

    reason = "bad_framework"

    def __init__(self, findings: Sequence[Finding], name: str = "") -> None:
        self.findings = tuple(findings)
        first = self.findings[0] if self.findings else Finding("", "It cannot be read.", Severity.ERROR)
        what = f"“{name}”" if name else "The file"
        where = f" ({first.place})" if first.place else ""
        if len(self.findings) > 1:
            words = f"{what} cannot be imported: {len(self.findings)} faults. The first{where}: {first.words}"
        else:
            words = f"{what} cannot be imported{where}: {first.words}"
        super().__init__(words, first.next_step or "Correct the file and import it again. Nothing was changed.")

    @property
    def details(self) -> tuple[str, ...]:
        """All faults, a line each, when there are several: what a command prints below the words."""
        return tuple(_said(finding) for finding in self.findings) if len(self.findings) > 1 else ()


def _said(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    return f"{place}{finding.words} {finding.next_step}".rstrip()


class Report:
    """Faults are listed one by one; warnings that say the same are told once, with their first places."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._faults: list[Finding] = []
        self._unlisted = 0
        self._said: dict[tuple[Severity, str, str], list[str]] = {}

    def fault(self, place: str, words: str, next_step: str = "") -> None:
        """Something that stops the import. Reading goes on, to find the other faults."""
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(Finding(place, words, Severity.ERROR, next_step))
        else:
            self._unlisted += 1

    def warn(self, place: str, words: str, next_step: str = "") -> None:
        """Something repaired, left out or lost."""
        self._said.setdefault((Severity.WARNING, words, next_step), []).append(place)

    def note(self, place: str, words: str) -> None:
        """Something worth knowing that asks for nothing."""
        self._said.setdefault((Severity.NOTE, words, ""), []).append(place)

    @property
    def failed(self) -> bool:
        """Whether there is a fault so far."""
        return bool(self._faults)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Every fault, in the order found."""
        if not self._unlisted:
            return tuple(self._faults)
        more = Finding("", f"And {self._unlisted} more faults that are not listed.", Severity.ERROR)
        return (*self._faults, more)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Warnings and notes, in the order first met."""
        return tuple(
            Finding(_places(places), words, severity, next_step)
            for (severity, words, next_step), places in self._said.items()
        )

    def stop_if_failed(self) -> None:
        """Raise `BadFramework` with everything found, if anything was."""
        if self.failed:
            raise BadFramework(self.faults, self.name)

    def stop(self, place: str, words: str, next_step: str = "") -> BadFramework:
        """One more fault, and the error to raise because nothing can be read after it."""
        self.fault(place, words, next_step)
        return BadFramework(self.faults, self.name)


def _places(places: Sequence[str]) -> str:
    listed = ", ".join(place for place in places[:MOST_PLACES] if place)
    more = len(places) - MOST_PLACES
    return f"{listed} and {more} more" if more > 0 else listed
