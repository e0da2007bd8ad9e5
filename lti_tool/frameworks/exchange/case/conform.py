"""Makes a record fit its CASE 1.1 shape; what does not fit moves into our extension."""

from typing import Any

from lti_tool.frameworks.exchange.case.identity import Maker, links_in
from lti_tool.frameworks.exchange.case.records import OURS, UNREADABLE, mapping, parse
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.wire import CaseRecord


def conform(
    shape: type[CaseRecord],
    record: dict[str, Any],
    maker: Maker,
    kind: str,
    mine: dict[str, Any] | None = None,
    *names: str,
) -> dict[str, Any]:
    """The record with the fields of its shape only, complete and without nulls or empty values.

    Unknown fields go under `extensions.waymark.unknown`, values of the wrong type under `.unreadable`; reading the
    package back puts them where they were. `names` make the identifier of a record that has none.
    """
    own = {**mapping(record.pop(OURS, None)), **(mine or {})}
    unreadable = dict(mapping(record.pop(UNREADABLE, None)))
    fitted = parse(shape, record, "", Report()) or {}
    own = {**own, **mapping(fitted.pop(OURS, None))}
    unreadable |= mapping(fitted.pop(UNREADABLE, None))
    for name in links_in(fitted, shape):
        unreadable[name] = fitted.pop(name)
    unknown = {name: fitted.pop(name) for name in list(fitted) if name not in shape.model_fields}
    fitted = {name: value for name, value in fitted.items() if value not in ("", [], {})}
    own |= {"unknown": unknown} if unknown else {}
    own |= {UNREADABLE: unreadable} if unreadable else {}
    if own:
        fitted["extensions"] = {**mapping(fitted.get("extensions")), OURS: own}
    return maker.complete(shape, kind, fitted, *names)
