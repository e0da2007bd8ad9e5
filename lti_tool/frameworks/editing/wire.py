"""What the editor's page sends: one change, or the number of an edit to take back."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lti_tool.frameworks.editing.domain import (
    Add,
    AddLevel,
    DropLevel,
    Move,
    Op,
    Relate,
    Remove,
    Restore,
    Set,
    SetAbout,
    SetLevel,
    Unrelate,
)
from lti_tool.kit.errors import Invalid

_ASKED = Add | Set | Move | Remove | Relate | Unrelate | SetLevel | AddLevel | DropLevel | SetAbout
_KEPT: TypeAdapter[Op] = TypeAdapter(Annotated[_ASKED | Restore, Field(discriminator="do")])
Shape = TypeVar("Shape", bound=BaseModel)
MOST = 4000
"""Places of the drawing in one request."""


class SentChange(BaseModel):
    """`base` is the last seq that the page knew when the person began; `keep` says: mine, though it was changed."""

    model_config = ConfigDict(extra="forbid")
    op: Annotated[_ASKED, Field(discriminator="do")] | None = None
    undo: int | None = None
    base: int = 0
    client: str = Field(min_length=8, max_length=40)
    sent: int = Field(ge=1)
    keep: bool = False


class Place(BaseModel):
    key: str = Field(max_length=255)
    x: float = Field(allow_inf_nan=False, ge=-1e6, le=1e6)
    y: float = Field(allow_inf_nan=False, ge=-1e6, le=1e6)


class SentPlaces(BaseModel):
    places: list[Place] = Field(max_length=MOST)


class NotUnderstood(Invalid):
    reason = "not_understood"


def change(body: Any) -> SentChange:
    """Raises NotUnderstood."""
    found = _read(SentChange, body)
    if (found.op is None) == (found.undo is None):
        raise NotUnderstood("The change names nothing to do.", "Reload the page and try again.")
    return found


def places(body: Any) -> list[tuple[str, float, float]]:
    """Raises NotUnderstood."""
    return [(one.key, one.x, one.y) for one in _read(SentPlaces, body).places]


def kept(op: dict[str, Any]) -> Op:
    """A change as the table keeps it."""
    return _KEPT.validate_python(op)


def _read(shape: type[Shape], body: Any) -> Shape:
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = " ".join(str(part) for part in first["loc"])
        raise NotUnderstood(
            f"The change could not be read: {place}: {first['msg']}.", "Reload the page and try again."
        ) from error
