"""The stages of a generation, in the order in which mending is cheap: titles before levels, levels before indicators.

Each stage takes the outline so far and gives the next. With a model, it asks, checks, repairs once and keeps the better
version; where that fails, this part alone is composed from the open sources, and the outline says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lti_tool.frameworks.generate import levelling, showing, titling
from lti_tool.frameworks.generate.asking import Asking, Refused
from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import FUNCTIONAL, Competence, Engine, Outline, Remark
from lti_tool.frameworks.generate.finishing import finish
from lti_tool.frameworks.generate.planning import Kind, Step


@dataclass(frozen=True)
class Done:
    """What a step made, who made it, and a sentence about it."""

    outline: Outline
    engine: Engine
    words: str


def run(step: Step, outline: Outline, composer: Composer, asking: Asking, later: int) -> Done:
    """One step. Raises Cancelled before a question, and nothing of a provider's making."""
    match step.kind:
        case Kind.ROLES:
            return _roles(outline, composer)
        case Kind.CORE:
            return _core(outline, composer, asking, later)
        case Kind.FUNCTIONAL:
            return _functional(step, outline, composer, asking, later)
        case Kind.LEVELS:
            return _levels(step, outline, composer, asking, later)
        case Kind.INDICATORS:
            return _local_if_refused(outline, asking, lambda: showing.show(outline, composer, asking), "Indicators")
        case Kind.CHECK:
            return _local_if_refused(outline, asking, lambda: showing.mend(outline, composer, asking), "Last checks")
        case Kind.FINISH:
            made = finish(outline, composer)
            return Done(made, Engine.SOURCES, _count(made))


def _roles(outline: Outline, composer: Composer) -> Done:
    close = sum(bool(composer.roles_of(family)) for family in range(len(composer.brief.families)))
    words = f"{close} of {len(composer.brief.families)} found."
    return Done(replace(outline, nearest=composer.nearest), Engine.SOURCES, words)


def _core(outline: Outline, composer: Composer, asking: Asking, later: int) -> Done:
    remarks = outline.remarks
    if asking.writer is not None:
        try:
            core = titling.core(composer, asking, later)
            return Done(replace(outline, items=core), Engine.MODEL, f"{len(core)} core competencies.")
        except Refused as refused:
            remarks = (*remarks, _fell_back("Core", refused))
    core = composer.core()
    made = replace(outline, items=core, remarks=remarks)
    return Done(made, Engine.SOURCES, f"{len(core)} core competencies.")


def _functional(step: Step, outline: Outline, composer: Composer, asking: Asking, later: int) -> Done:
    family = step.family or 0
    name = composer.brief.families[family]
    remarks = outline.remarks
    if asking.writer is not None:
        try:
            own = titling.functional(family, outline, composer, asking, later)
            made = replace(outline, items=(*outline.items, *own))
            return Done(made, Engine.MODEL, f"{len(own)} competencies.")
        except Refused as refused:
            remarks = (*remarks, _fell_back(name, refused))
    own, said = composer.functional(family, outline.items)
    made = replace(outline, items=(*outline.items, *own), remarks=(*remarks, *said))
    return Done(made, Engine.SOURCES, f"{len(own)} competencies." if own else "The open sources cannot serve this one.")


def _levels(step: Step, outline: Outline, composer: Composer, asking: Asking, later: int) -> Done:
    """The core rides with the first family."""
    family = step.family or 0
    first = family == 0
    places = [
        place
        for place, item in enumerate(outline.items)
        if not item.levels and (family in item.families or (first and item.is_core))
    ]
    if not places:
        return Done(outline, Engine.SOURCES, "They came with their levels.")
    engine, remarks = Engine.MODEL, outline.remarks
    try:
        filled = levelling.write(places, outline, composer, asking, later)
    except Refused as refused:
        engine, filled = Engine.SOURCES, outline
        remarks = (*remarks, _fell_back(step.title, refused))
    filled, more = levelling.from_sources(places, replace(filled, remarks=remarks), composer)
    filled = _within_limits(family, first, filled, composer)
    return Done(filled, engine, f"{more} from their sources." if more else "Four levels each.")


def _within_limits(family: int, first: bool, outline: Outline, composer: Composer) -> Outline:
    """Items that stayed without levels are gone; a part that became too small is composed anew."""
    core, own = outline.core, outline.functional(family)
    others = tuple(item for item in outline.items if not item.is_core and family not in item.families)
    remarks = list(outline.remarks)
    if first and len(core) < 3:
        core = composer.core()
        words = "Too few core competencies had levels, so the core is composed from open sources."
        remarks.append(Remark("Core", words, "fallback"))
    if own and len(own) < FUNCTIONAL[0]:
        own, said = composer.functional(family, (*core, *others))
        words = "Too few of its competencies had levels, so this part is composed from open sources."
        remarks += [Remark(composer.brief.families[family], words, "fallback"), *said]
    return replace(outline, items=(*core, *_in_order(own, others)), remarks=tuple(remarks))


def _in_order(own: Sequence[Competence], others: Sequence[Competence]) -> list[Competence]:
    return sorted([*own, *others], key=lambda item: item.families)


def _local_if_refused(outline: Outline, asking: Asking, work: Callable[[], Outline], place: str) -> Done:
    if asking.writer is None:
        return Done(outline, Engine.SOURCES, "")
    try:
        made = work()
        return Done(made, Engine.MODEL, "Done.")
    except Refused as refused:
        words = f"{refused.words} What stands in the levels is used as it is."
        made = replace(outline, remarks=(*outline.remarks, Remark(place, words, "fallback")))
        return Done(made, Engine.SOURCES, "Taken from the levels.")


def _fell_back(place: str, refused: Refused) -> Remark:
    return Remark(place, f"{refused.words} This part is composed from open sources instead.", "fallback")


def _count(outline: Outline) -> str:
    if not outline.items:
        return "Nothing could be composed."
    return f"{len(outline.items)} competencies, {sum(len(item.indicators) for item in outline.items)} indicators."
