"""Rubrics in a CASE 1.1 package: foreign ones passed on, and ours that carries the level descriptors."""

from typing import Any

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.exchange.case.conform import conform
from lti_tool.frameworks.exchange.case.identity import Maker
from lti_tool.frameworks.exchange.case.records import OURS
from lti_tool.frameworks.wire import Rubric, RubricCriterion, RubricLevel


def descriptor_rubric(draft: FrameworkDraft, maker: Maker) -> dict[str, Any]:
    """One criterion per item with descriptors, one level per descriptor, the level's number as its score."""
    names = {level.number: level.name for level in draft.levels}
    criteria = []
    for number, item in enumerate((item for item in draft.items if item.descriptors), 1):
        levels = [
            _level(
                {"quality": names.get(level, ""), "description": words, "score": float(level), "position": level},
                maker,
                item.key,
                str(level),
            )
            for level, words in sorted(item.descriptors.items())
        ]
        uri = item.extra.get("uri")
        link = maker.link("CFItems", item.title, maker.for_key(item.key), uri if isinstance(uri, str) else "")
        criterion = {"CFItemURI": link, "position": number, "CFRubricCriterionLevels": levels}
        criteria.append(conform(RubricCriterion, criterion, maker, "CFRubricCriteria", None, item.key))
    rubric = {"title": f"{draft.title}: level descriptors", "CFRubricCriteria": criteria}
    return conform(Rubric, rubric, maker, "CFRubrics", {"descriptors": True}, "descriptors")


def foreign_rubric(raw: dict[str, Any], maker: Maker) -> dict[str, Any]:
    """A rubric of the source, made to fit CASE 1.1 with its criteria and their levels."""
    rubric = dict(raw)
    criteria = []
    for number, criterion in enumerate(rubric.get("CFRubricCriteria") or []):
        fitted = dict(criterion)
        levels = [
            _level(dict(level), maker, str(raw.get("identifier")), str(number), str(place))
            for place, level in enumerate(fitted.get("CFRubricCriterionLevels") or [])
            if isinstance(level, dict)
        ]
        fitted["CFRubricCriterionLevels"] = levels
        name = (str(raw.get("identifier")), str(number))
        criteria.append(conform(RubricCriterion, fitted, maker, "CFRubricCriteria", None, *name))
    rubric["CFRubricCriteria"] = criteria
    return conform(Rubric, rubric, maker, "CFRubrics", None, str(raw.get("title", "")))


def _level(record: dict[str, Any], maker: Maker, *names: str) -> dict[str, Any]:
    fitted = conform(RubricLevel, record, maker, "CFRubricCriterionLevels", None, *names)
    ours = fitted.get("extensions")
    if isinstance(ours, dict):
        # The one record of CASE 1.1 whose extensions are a list.
        fitted["extensions"] = [{OURS: ours[OURS]}]
    return fitted
