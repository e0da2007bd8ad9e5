"""Outlines as JSON and back, so that a generation can go on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from lti_tool.frameworks.generate.domain import Outline


@cache
def _outlines() -> TypeAdapter[Outline]:
    return TypeAdapter(Outline)


def to_json(outline: Outline) -> dict[str, Any]:
    value: dict[str, Any] = _outlines().dump_python(outline, mode="json")
    return value


def from_json(value: Mapping[str, Any]) -> Outline:
    """What else is kept beside the outline (its findings) is left out."""
    own = {name: value[name] for name in ("items", "remarks", "nearest") if name in value}
    return _outlines().validate_python(own)
