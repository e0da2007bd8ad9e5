"""What a language model is given to work from, each piece with a short id: goals, passages of documents, open items.

Only this can be cited, so every item of the draft leads back to a goal, a passage or a source. All of it is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lti_tool.frameworks.generate.bank import Ladder, Role, bank
from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import Brief, Document, Origin
from lti_tool.frameworks.generate.ladders import title_of
from lti_tool.llm.scrub import scrub

if TYPE_CHECKING:
    from lti_tool.llm.ports import Embedder, Floats

OFFERED = 20
PASSAGES = 12
LONGEST_PASSAGE = 400
MOST_PASSAGES = 400
"""Of all documents; further ones are not compared."""
_NEAR = 0.30


@dataclass(frozen=True)
class Piece:
    """One thing that may be cited. `ladder` or `task` (role, group) where an open source stands behind it."""

    origin: Origin
    text: str
    ladder: Ladder | None = None
    group: tuple[Role, tuple[tuple[str, str], ...]] | None = None


@dataclass(frozen=True)
class Material:
    pieces: Mapping[str, Piece]

    def as_data(self) -> dict[str, Any]:
        """`goals`, `passages`, `open_items`: lists of `{id, text}`, scrubbed of what points to a person."""
        kinds = {"goal": "goals", "document": "passages", "source": "open_items"}
        found: dict[str, list[dict[str, str]]] = {name: [] for name in kinds.values()}
        for key, piece in self.pieces.items():
            found[kinds[piece.origin.kind]].append({"id": key, "text": scrub(piece.text)[:600]})
        return found

    def origins(self, cites: Sequence[str]) -> tuple[Origin, ...]:
        return tuple(self.pieces[key].origin for key in dict.fromkeys(cites))


def brief_data(brief: Brief) -> dict[str, Any]:
    """The brief as it leaves: without the organisation's name, which a model does not need."""
    return {
        "sector": scrub(brief.sector),
        "role_families": [scrub(name) for name in brief.families],
        "for": "learners" if brief.learners else "employees",
        "levels": list(brief.stages),
        "months_a_step": list(brief.months),
    }


def for_core(composer: Composer) -> Material:
    who = "learners" if composer.brief.learners else "employees"
    ladders = [one for one in bank().core if who in one.serves]
    near = bank().vectors([one.text for one in ladders]) @ composer.want
    chosen = [ladders[place] for place in np.argsort(-near, kind="stable")[:OFFERED]]
    pieces = _goals(composer.brief) | _passages(composer.brief, composer.embedder, composer.goals)
    return Material(pieces | _named("s", [Piece(one.origin, one.text, ladder=one) for one in chosen]))


def for_family(composer: Composer, family: int) -> Material:
    """Open items of the nearest roles even where none is close: a model may know better what to make of them."""
    wanted = composer.embedder.embed([f"{composer.brief.families[family]} in {composer.brief.sector}"])[0]
    offered: list[Piece] = []
    for one in composer.found[family]:
        for ref in one.role.skills:
            if ref in bank().ladders:
                ladder = bank().ladders[ref]
                offered.append(Piece(ladder.origin, ladder.text, ladder=ladder))
        groups = one.role.tasks if len(one.role.tasks) != 1 else tuple((task,) for task in one.role.tasks[0])
        for whole in groups:
            words = "; ".join(task for _, task in whole[:3])
            origin = Origin("source", one.role.source, whole[0][1], one.role.ref, one.role.url)
            name = title_of(whole[0][0] or whole[0][1], whole=bool(whole[0][0]))
            offered.append(Piece(origin, f"{name}: {words}", group=(one.role, whole)))
    if offered:
        near = composer.embedder.embed([piece.text for piece in offered]) @ wanted
        offered = [offered[place] for place in np.argsort(-near, kind="stable")[:OFFERED]]
    pieces = _goals(composer.brief) | _passages(composer.brief, composer.embedder, np.vstack([composer.goals, wanted]))
    return Material(pieces | _named("s", offered))


def passages_of(documents: Sequence[Document]) -> Iterator[tuple[Document, str]]:
    """Paragraphs, long ones cut at sentences, in the order of the documents."""
    for document in documents:
        for paragraph in re.split(r"\n+", document.text):
            words = " ".join(paragraph.split())
            while len(words) > LONGEST_PASSAGE:
                cut = words.rfind(". ", 80, LONGEST_PASSAGE)
                cut = cut + 1 if cut > 0 else words.rfind(" ", 80, LONGEST_PASSAGE)
                cut = cut if cut > 0 else LONGEST_PASSAGE
                yield document, words[:cut].strip()
                words = words[cut:].strip()
            if len(words) > 25:
                yield document, words


def _passages(brief: Brief, embedder: Embedder, wanted: Floats) -> dict[str, Piece]:
    found = [pair for pair, _ in zip(passages_of(brief.documents), range(MOST_PASSAGES), strict=False)]
    if not found:
        return {}
    near = (embedder.embed([text for _, text in found]) @ wanted.T).max(axis=1)
    best = [place for place in np.argsort(-near, kind="stable")[:PASSAGES] if near[place] >= _NEAR]
    return _named(
        "p", [Piece(Origin("document", found[at][0].name, found[at][1]), found[at][1]) for at in sorted(best)]
    )


def _goals(brief: Brief) -> dict[str, Piece]:
    return _named("g", [Piece(Origin("goal", str(n), goal), goal) for n, goal in enumerate(brief.goals, 1)])


def _named(letter: str, pieces: Sequence[Piece]) -> dict[str, Piece]:
    return {f"{letter}{number:02d}": piece for number, piece in enumerate(pieces, 1)}
