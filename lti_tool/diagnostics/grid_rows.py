"""The rows of the class's grid: ten thousand links on a page of 50 learners and 200 competencies.

What a template makes of them takes half of the page's time, so they are written here, with the markup of
`components/cohort.html`; a test holds the two together. Cells look alike: each look is made once, and only a name is
text from outside.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from lti_tool.diagnostics.class_cells import ABOVE, BELOW, LEVEL_BITS
from lti_tool.diagnostics.cohort_page import Chosen, Class
from lti_tool.launch.queries import MemberInfo
from lti_tool.web.components.maps import CohortCell, Reach

REACH = {0: Reach.NONE, BELOW: Reach.DOWN, ABOVE: Reach.UP, BELOW | ABOVE: Reach.BOTH}


@dataclass(frozen=True)
class Links:
    """Addresses that cells and names lead to."""

    page: str
    learner: str
    """To it a person's id is added."""


def rows(group: Class, wanted: Chosen, links: Links, opened: tuple[int, int] | None, first: Collection[int]) -> Markup:
    """One page of learners against the chosen competencies. `first`: the columns that open an area."""
    cells = group.cells.on(wanted.items).of([member.person.id for member in wanted.page])
    columns = [(item, '<td class="first">' if at in first else "<td>") for at, item in enumerate(cells.items)]
    parts: list[str] = []
    for member in wanted.page:
        person = member.person.id
        parts.append(_head(member, links))
        start = f'<a href="{escape(f"{links.page}?{wanted.view.query(person=person)}&item=")}'
        codes, pieces = cells.row(cells.codes, person), cells.row(cells.pieces, person)
        for (item, td), code, count in zip(columns, codes, pieces, strict=True):
            is_open = opened == (person, item)
            parts.append(f'{td}{start}{item}#opened" {_look(code, count, is_open)}')
        parts.append("</tr>")
    return Markup("".join(parts))  # noqa: S704 - names and addresses are escaped above, the rest is ours


def _head(member: MemberInfo, links: Links) -> str:
    name = escape(member.person.shown_as)
    return f'<tr><th scope="row" class="who"><a href="{escape(links.learner)}{member.person.id}">{name}</a></th>'


@lru_cache(maxsize=4096)
def _look(code: int, pieces: int, is_open: bool) -> str:
    """The rest of a cell's link, from its address on."""
    level = code & LEVEL_BITS
    cell = CohortCell(level, pieces, may=REACH[code & (BELOW | ABOVE)] if level else Reach.NONE)
    says = f'aria-expanded="{"true" if is_open else "false"}" aria-controls="opened"'
    look = f'class="g" data-level="{level}"' if level else 'class="g few"'
    may = f' data-may="{cell.may}"' if cell.may else ""
    return f'{says} {look}{may} aria-label="{escape(cell.label)}">{level or cell.dots}</a></td>'
