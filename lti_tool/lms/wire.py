"""Shapes that come over the wire, parsed once at the wall (LTI services; each LMS's own are in its `*_wire`).

Lenient where LMSs differ (numbers as text, missing fields), strict where a guess would falsify: an id is
text or a whole number, a number is finite, a list is a list.
"""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from lti_tool.kit.urls import host_of
from lti_tool.lms.faults import OddAnswer
from lti_tool.lms.text import plain, tidy

Shape = TypeVar("Shape", bound=BaseModel)


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("an id is text or a whole number")
    text = tidy(str(value))
    if not text:
        raise ValueError("an id is not empty")
    return text


def _id_or_none(value: Any) -> str | None:
    """Nothing, an empty text, 0 and an unexpanded `$Variable` are no id."""
    if value is None or value in ("", 0, "0") or (isinstance(value, str) and value.startswith("$")):
        return None
    return _id(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("text was expected")
    return tidy(str(value))


def _plain(value: Any) -> str:
    return plain(_text(value))


def _number(value: Any) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a number was expected")
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise ValueError("a number was expected") from error
    if not math.isfinite(number):
        raise ValueError("a finite number was expected")
    return number


def _points(value: Any) -> float:
    number = _number(value)
    if number is None:
        raise ValueError("a number was expected")
    return number


def _yes(value: Any) -> bool:
    if value in (None, "", 0, "0", False):
        return False
    if value in (1, "1", True):
        return True
    raise ValueError("yes or no was expected")


def moment(seconds: Any) -> datetime | None:
    """Unix seconds as an aware time; 0 and nothing are None."""
    number = _number(seconds)
    if not number:
        return None
    try:
        return datetime.fromtimestamp(number, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("a time in Unix seconds was expected") from error


def _iso(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("a time was expected")
    stamp = datetime.fromisoformat(value)
    return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def _list(value: Any) -> Any:
    # PHP writes an empty map as [] and some LMSs write an empty list as null.
    return [] if value is None else value


Id = Annotated[str, BeforeValidator(_id)]
IdOrNone = Annotated[str | None, BeforeValidator(_id_or_none)]
Text = Annotated[str, BeforeValidator(_text)]
Plain = Annotated[str, BeforeValidator(_plain)]
Number = Annotated[float | None, BeforeValidator(_number)]
Points = Annotated[float, BeforeValidator(_points)]
Yes = Annotated[bool, BeforeValidator(_yes)]
UnixTime = Annotated[datetime | None, BeforeValidator(moment)]
IsoTime = Annotated[datetime | None, BeforeValidator(_iso)]
Rows = Annotated[list[Any], BeforeValidator(_list)]


class Wire(BaseModel):
    """Frozen; what is not asked for is passed over; fields may be given by their wire names or ours."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class TokenWire(Wire):
    """A token endpoint's grant."""

    access_token: Id
    expires_in: Number = None
    scope: Text = ""


class LineItemWire(Wire):
    """AGS 2.0 line item. Moodle leaves resourceId and tag empty on the activity's own one."""

    url: Id = Field(alias="id")
    label: Text = ""
    maximum: Number = Field(None, alias="scoreMaximum")
    resource_id: Text = Field("", alias="resourceId")
    tag: Text = ""
    resource_link_id: Text = Field("", alias="resourceLinkId")


class ResultWire(Wire):
    """AGS 2.0 result. A cleared one has no score, maximum and time."""

    user_id: Id = Field(alias="userId")
    score: Number = Field(None, alias="resultScore")
    maximum: Number = Field(None, alias="resultMaximum")
    comment: Text = ""
    timestamp: IsoTime = None


class MemberWire(Wire):
    """NRPS 2.0 member."""

    user_id: Id
    roles: Rows = []
    status: Text = "Active"
    name: Text = ""
    given_name: Text = ""
    family_name: Text = ""
    email: Text = ""
    message: Rows = []


class MembersWire(Wire):
    """NRPS 2.0 membership container; `members` is required: another shape is not an empty class."""

    members: list[Any]


def parse(shape: type[Shape], value: Any, url: str) -> Shape:
    """`value` as `shape`. Raises `OddAnswer`, naming the fields but none of their content."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise odd(url, where(error)) from error


def parse_all(shape: type[Shape], value: Any, url: str) -> list[Shape]:
    """A list of `shape`. Raises `OddAnswer`: one wrong row makes the whole list untrustworthy."""
    try:
        return TypeAdapter(list[shape]).validate_python(value)  # type: ignore[valid-type]
    except ValidationError as error:
        raise odd(url, where(error)) from error


def parse_each(shape: type[Shape], rows: Iterable[Any]) -> tuple[list[Shape], int]:
    """The rows that can be read, and how many cannot: one odd row does not lose a whole course."""
    good: list[Shape] = []
    odd_rows = 0
    for row in rows:
        try:
            good.append(shape.model_validate(row))
        except ValidationError:
            odd_rows += 1
    return good, odd_rows


def where(error: ValidationError) -> str:
    """The places of the first faults, like `members.3.user_id`; pydantic's own text quotes content."""
    places = [".".join(str(step) for step in fault["loc"]) for fault in error.errors(include_input=False)]
    return ", ".join(place or "the whole answer" for place in places[:3])


def odd(url: str, place: str) -> OddAnswer:
    """The fault for an answer of a wrong shape."""
    return OddAnswer(
        f"{host_of(url)} sent an answer of an unexpected shape (at: {place}).",
        "Check that the address is the LMS's own and that its version is supported; then try again.",
    )
