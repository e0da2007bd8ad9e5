"""Moodle's recorded answers, and how to hold the sandbox's against them."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "data" / "moodle"


def recorded(name: str) -> dict[str, Any]:
    """One recorded exchange, such as `ags/score-older-409`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def names(folder: str) -> list[str]:
    return sorted(f"{folder}/{file.stem}" for file in (FOLDER / folder).glob("*.json"))


def shape(value: Any) -> Any:
    """Keys and kinds of values, without the values: two answers of the same shape are read by the same code. Whole
    and broken numbers are one kind; a list has the shapes of its members, each once."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        shapes: list[Any] = []
        for each in map(shape, value):
            if each not in shapes:
                shapes.append(each)
        return shapes
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__
