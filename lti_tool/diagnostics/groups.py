"""Groups of a class: shares that single nobody out. Pure.

A group under ten is hidden. What is hidden could still be worked out from the total and the groups that are shown, so
more groups are hidden until what remains together is ten learners or more (complementary suppression). Learners in no
group are part of that remainder.
"""

from collections.abc import Mapping, Sequence

from lti_tool.diagnostics.class_cells import ClassCells, reached
from lti_tool.diagnostics.queries import Targets
from lti_tool.diagnostics.subject import by_area
from lti_tool.frameworks.queries import Framed
from lti_tool.launch.queries import MemberInfo
from lti_tool.web.components.tables import Column, ColumnKind, Row, Table

HIDDEN_UNDER = 10
TOO_FEW = f"Hidden: fewer than {HIDDEN_UNDER} learners"


def hidden_groups(sizes: Mapping[str, int], without: int = 0) -> dict[str, str]:
    """Which groups are hidden, and why. `without`: learners of the class in no group."""
    small = [name for name, size in sizes.items() if size < HIDDEN_UNDER]
    hidden = dict.fromkeys(small, TOO_FEW)
    others = sorted((name for name in sizes if name not in hidden), key=lambda name: (sizes[name], name))
    kept = small[0] if len(small) == 1 and not without else "smaller groups" if small else "the others"
    for name in others:
        if not 0 < sum(sizes[one] for one in hidden) + without < HIDDEN_UNDER:
            break
        hidden[name] = f"Hidden, so that {kept} cannot be worked out from the total"
    return hidden


def groups_table(framed: Framed, members: Sequence[MemberInfo], cells: ClassCells, targets: Targets) -> Table | None:
    """Share of placed cells at target, per group and area; None where the LMS tells no groups."""
    people: dict[str, list[int]] = {}
    for member in members:
        if member.section:
            people.setdefault(member.section, []).append(member.person.id)
    if not people:
        return None
    sizes = {name: len(people[name]) for name in sorted(people)}
    hidden = hidden_groups(sizes, len(members) - sum(sizes.values()))
    everybody = f"All ({len(members)})"
    if len(members) < HIDDEN_UNDER:
        rows = [Row((everybody,), veil=TOO_FEW)]
    else:
        rows = [Row((everybody, *_shares(framed, cells, targets)))]
    for name, size in sizes.items():
        label = f"{name} ({size})"
        if name in hidden:
            rows.append(Row((label,), veil=hidden[name]))
        else:
            rows.append(Row((label, *_shares(framed, cells.of(people[name]), targets))))
    areas = (Column(area, ColumnKind.NUM) for area in by_area(framed))
    return Table((Column("Group", ColumnKind.HEAD), *areas), tuple(rows))


def _shares(framed: Framed, cells: ClassCells, targets: Targets) -> tuple[str, ...]:
    said = []
    for members in by_area(framed).values():
        counted = [reached(cells.column(c.id), targets.of(c.id)) for c in members]
        placed, there = (sum(part) for part in zip(*counted, strict=True))
        said.append(f"{there / placed:.0%}" if placed else "–")
    return tuple(said)
