"""How Moodle's REST server reads its parameters (`cmids[0]=13`, `options[0][name]=onlyactive`) and writes XML."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape


class WsFault(Exception):
    """A web-service exception: `exception`, `errorcode` and `message` as Moodle sends them, with status 200."""

    def __init__(self, exception: str, code: str, message: str) -> None:
        super().__init__(message)
        self.exception, self.code, self.message = exception, code, message


def invalid_parameter() -> WsFault:
    """Which parameter it was, Moodle does not say (debugging off)."""
    kind = "core\\exception\\invalid_parameter_exception"
    return WsFault(kind, "invalidparameter", "Invalid parameter value detected")


def missing_record(table: str) -> WsFault:
    words = f"Can't find data record in database table {table}."
    return WsFault("dml_missing_record_exception", "invalidrecord", words)


@dataclass(frozen=True)
class Param:
    """One parameter: `int`, `bool`, `str`, `ints`, `strs` or `pairs` (a list of name and value)."""

    kind: str
    required: bool = False


def unflatten(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """PHP's reading of a form: `a[0]=x` becomes `{"a": {"0": "x"}}`."""
    read: dict[str, Any] = {}
    for name, value in fields:
        path = re.findall(r"[^\[\]]+", name)
        spot = read
        for key in path[:-1]:
            inner = spot.setdefault(key, {})
            if not isinstance(inner, dict):
                raise invalid_parameter()
            spot = inner
        if path:
            spot[path[-1]] = value
    return read


def read_params(specs: dict[str, Param], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call, typed; unknown, missing and malformed ones are all the same fault."""
    if set(given) - set(specs):
        raise invalid_parameter()
    found = {}
    for name, spec in specs.items():
        if name not in given:
            if spec.required:
                raise invalid_parameter()
            continue
        found[name] = _typed(spec.kind, given[name])
    return found


def _typed(kind: str, value: Any) -> Any:
    if kind in ("ints", "strs", "pairs"):
        if not isinstance(value, dict):
            raise invalid_parameter()
        rows = [value[key] for key in sorted(value, key=lambda each: int(each) if each.isdigit() else 0)]
        if kind == "pairs":
            if not all(isinstance(row, dict) and {"name", "value"} == set(row) for row in rows):
                raise invalid_parameter()
            return {row["name"]: row["value"] for row in rows}
        return [_typed(kind[:-1], row) for row in rows]
    if not isinstance(value, str):
        raise invalid_parameter()
    if kind == "str":
        return value
    if kind == "bool":
        if value not in ("0", "1", "true", "false"):
            raise invalid_parameter()
        return value in ("1", "true")
    if not re.fullmatch(r"-?\d+", value):
        raise invalid_parameter()
    return int(value)


def fault_xml(fault: WsFault) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        f'<EXCEPTION class="{escape(fault.exception)}">\n<ERRORCODE>{escape(fault.code)}</ERRORCODE>\n'
        f"<MESSAGE>{escape(fault.message)}</MESSAGE>\n</EXCEPTION>\n"
    )


def to_xml(value: Any) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<RESPONSE>\n{_xml(value)}</RESPONSE>\n'


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        keys = "".join(f'<KEY name="{escape(name)}">{_xml(each)}</KEY>\n' for name, each in value.items())
        return f"<SINGLE>\n{keys}</SINGLE>\n"
    if isinstance(value, list):
        return "<MULTIPLE>\n" + "".join(_xml(each) for each in value) + "</MULTIPLE>\n"
    if value is None:
        return '<VALUE null="null"/>'
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return f"<VALUE>{escape(text)}</VALUE>"
