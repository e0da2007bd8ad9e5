"""The checks that every format shares: keys, parents, cycles, and what the tables can hold."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lti_tool.frameworks.domain import AssociationType, FrameworkDraft, ItemDraft, edges
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.text import shorten
from lti_tool.frameworks.graph import cycles

MAX_KEY = 255
_MOST = {"identifier": 255, "title": 500, "version": 80, "language": 20, "publisher": 255, "source_url": 1000}


class Keys:
    """Notices an identifier used twice and remembers where each item stands in the file."""

    def __init__(self, report: Report) -> None:
        self.places: dict[str, str] = {}
        self._report = report

    def take(self, key: str, place: str) -> bool:
        """Whether the key is new; a fault is reported when it is not, or is too long."""
        if key in self.places:
            words = f"The identifier “{shorten(key, 80)}” was used before, at {self.places[key]}."
            self._report.fault(place, words, "Give each item an identifier of its own.")
            return False
        self.places[key] = place
        if len(key) > MAX_KEY:
            self._report.fault(
                place, f"The identifier has {len(key)} characters; the most is {MAX_KEY}.", "Shorten it."
            )
        return True


def settle(draft: FrameworkDraft, places: Mapping[str, str], report: Report) -> FrameworkDraft:
    """The draft with its warnings, once nothing is wrong with it; raises `BadFramework` otherwise."""
    if not draft.items and not report.failed:
        report.fault("", "It holds no items.", "A framework needs at least one competency.")
    _missing_parents(draft, places, report)
    _circles(draft, places, report)
    report.stop_if_failed()
    _shared_codes(draft, places, report)
    draft = _cut(draft, report)
    items = tuple(_fit(item, places, report) for item in draft.items)
    return replace(draft, items=items, warnings=report.warnings)


def _missing_parents(draft: FrameworkDraft, places: Mapping[str, str], report: Report) -> None:
    for item in draft.items:
        for parent in item.parent_keys:
            if parent not in draft.by_key:
                words = f"The parent “{shorten(parent, 80)}” of “{shorten(item.key, 80)}” is not in the file."
                report.fault(places.get(item.key, ""), words, "Add the parent, or correct its identifier.")


def _shared_codes(draft: FrameworkDraft, places: Mapping[str, str], report: Report) -> None:
    """Identifiers are what counts, but people go by codes."""
    first: dict[str, str] = {}
    shared: dict[str, str] = {}
    for item in draft.items:
        if item.code and first.setdefault(item.code, item.key) != item.key:
            shared.setdefault(item.code, item.key)
    if shared:
        named = ", ".join(f"“{shorten(code, 40)}”" for code in list(shared)[:5])
        more = f" and {len(shared) - 5} more" if len(shared) > 5 else ""
        words = f"Codes that stand for more than one item: {named}{more}."
        report.warn(places.get(next(iter(shared.values())), ""), words, "They are told apart by their identifiers.")


def _circles(draft: FrameworkDraft, places: Mapping[str, str], report: Report) -> None:
    known: Iterable[tuple[str, str]] = edges(draft, AssociationType.IS_CHILD_OF)
    for circle in cycles(known):
        words = f"These items stand below one another in a circle: {_path(circle)}."
        report.fault(places.get(circle[0], ""), words, "Take one of these parents away.")
    for circle in cycles(edges(draft, AssociationType.PRECEDES)):
        words = f"These items are each other's prerequisites: {_path(circle)}."
        report.fault(places.get(circle[0], ""), words, "Take one of these prerequisites away.")


def _path(circle: tuple[str, ...]) -> str:
    named = [shorten(key, 80) for key in circle]
    return " → ".join(named if len(named) <= 12 else [*named[:6], "…", *named[-5:]])


def _cut(draft: FrameworkDraft, report: Report) -> FrameworkDraft:
    for name, most in _MOST.items():
        value: str = getattr(draft, name)
        if len(value) > most:
            report.warn("", f"The framework's {name.replace('_', ' ')} was cut to {most} characters.")
            draft = replace(draft, **{name: shorten(value, most)})  # type: ignore[arg-type]
    return draft


def _fit(item: ItemDraft, places: Mapping[str, str], report: Report) -> ItemDraft:
    if len(item.code) <= 120:
        return item
    report.warn(places.get(item.key, ""), "A code was cut to 120 characters.")
    return replace(item, code=shorten(item.code, 120))
