"""What a language model is asked to answer, and the strict reading of it. It can cite only what it was offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lti_tool.frameworks.generate.domain import LEVELS, Evidence
from lti_tool.llm.ports import ModelFault
from lti_tool.llm.scrub import scrub

Text = Annotated[str, Field(min_length=1, max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Titled(_Strict):
    id: str = ""
    title: Annotated[str, Field(min_length=3, max_length=90)]
    description: Annotated[str, Field(min_length=3, max_length=600)]
    cites: Annotated[list[str], Field(min_length=1, max_length=8)]


class _Titles(_Strict):
    competencies: list[Titled]


class _Level(_Strict):
    bullets: Annotated[list[Text], Field(min_length=2, max_length=3)]


class Rungs(_Strict):
    id: str
    levels: Annotated[list[_Level], Field(min_length=LEVELS, max_length=LEVELS)]


class _Ladders(_Strict):
    ladders: list[Rungs]


class Shown(_Strict):
    id: str
    level: Annotated[int, Field(ge=1, le=LEVELS)]
    indicator: Text
    evidence: str


class _Indicators(_Strict):
    items: list[Shown]


class Edit(_Strict):
    id: str
    level: Annotated[int, Field(ge=1, le=LEVELS)]
    bullet: Annotated[int, Field(ge=1, le=3)]
    new: Text


class Merge(_Strict):
    keep: str
    drop: str
    reason: Text


class Edits(_Strict):
    edits: list[Edit]
    merges: list[Merge]


Shape = TypeVar("Shape", bound=BaseModel)


def _read(shape: type[Shape], value: Mapping[str, Any]) -> Shape:
    try:
        return shape.model_validate(dict(value))
    except ValidationError:
        raise _bad("The language model answered in another shape than it was asked for.") from None


def titles(
    value: Mapping[str, Any], limits: tuple[int, int], offered: Sequence[str], ids: Sequence[str] = ()
) -> list[Titled]:
    """Between `limits` competencies that cite offered ids; for a repair exactly those of `ids`. Raises ModelFault."""
    found = _read(_Titles, value).competencies
    if ids:
        _only(ids, [one.id for one in found])
        if len({one.id for one in found}) != len(found):
            raise _bad("The language model answered twice for one part.")
    elif not limits[0] <= len(found) <= limits[1]:
        raise _bad(f"The language model named {len(found)} competencies where {limits[0]} to {limits[1]} may stand.")
    for one in found:
        _only(offered, one.cites)
        one.title, one.description = clean(one.title).rstrip("."), clean(one.description)
    if len({one.title.lower() for one in found}) != len(found) or not all(len(one.title) > 2 for one in found):
        raise _bad("The language model named a competency twice.")
    return found


def ladders(value: Mapping[str, Any], ids: Sequence[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Id to four levels of two or three bullets; ids may be missing. Raises ModelFault."""
    found = _read(_Ladders, value).ladders
    _only(ids, [one.id for one in found])
    return {
        one.id: tuple(tuple(clean(bullet).rstrip(".;") for bullet in level.bullets) for level in one.levels)
        for one in found
    }


def indicators(value: Mapping[str, Any], ids: Sequence[str]) -> list[tuple[str, int, str, Evidence]]:
    found = _read(_Indicators, value).items
    _only(ids, [one.id for one in found])
    if any(one.evidence not in set(Evidence) for one in found):
        raise _bad("The language model named a kind of evidence that was not offered.")
    return [(one.id, one.level, clean(one.indicator).rstrip("."), Evidence(one.evidence)) for one in found]


def edits(value: Mapping[str, Any], ids: Sequence[str]) -> Edits:
    found = _read(Edits, value)
    _only(ids, [one.id for one in found.edits])
    _only(ids, [end for one in found.merges for end in (one.keep, one.drop)])
    return found


def clean(text: str) -> str:
    """One plain line without addresses, links or names after a form of address, whatever was written."""
    return scrub("".join(sign if sign.isprintable() else " " for sign in text))


def titles_schema(offered: Sequence[str], ids: Sequence[str] = ()) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "title": _TEXT,
        "description": _TEXT,
        "cites": {"type": "array", "items": {"type": "string", "enum": list(offered)}},
    }
    if ids:
        parts = {"id": {"type": "string", "enum": list(ids)}, **parts}
    return _object(competencies=_list(_object(**parts)))


def ladders_schema(ids: Sequence[str]) -> dict[str, Any]:
    level = _object(bullets={"type": "array", "items": _TEXT})
    return _object(ladders=_list(_object(id={"type": "string", "enum": list(ids)}, levels=_list(level))))


def indicators_schema(ids: Sequence[str]) -> dict[str, Any]:
    evidence = {"type": "string", "enum": [one.value for one in Evidence]}
    one = _object(id={"type": "string", "enum": list(ids)}, level=_NUMBER, indicator=_TEXT, evidence=evidence)
    return _object(items=_list(one))


def edits_schema(ids: Sequence[str]) -> dict[str, Any]:
    key = {"type": "string", "enum": list(ids)}
    edit = _object(id=key, level=_NUMBER, bullet=_NUMBER, new=_TEXT)
    return _object(edits=_list(edit), merges=_list(_object(keep=key, drop=key, reason=_TEXT)))


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}


def _object(**parts: Any) -> dict[str, Any]:
    return {"type": "object", "properties": parts, "required": list(parts)}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _only(offered: Sequence[str], cited: Sequence[str]) -> None:
    if not set(cited) <= set(offered):
        raise _bad("The language model cited something that it was not offered.", "model_unknown_id")


def _bad(words: str, reason: str = "model_bad_reply") -> ModelFault:
    return ModelFault(words, reason=reason, lasting=False)
