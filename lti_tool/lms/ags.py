"""Assignment and Grade Services 2.0: our own columns in the LMS's gradebook.

URLs are opaque and may carry a query (Moodle's do): they are taken apart by parsing and followed byte for
byte. Each request has the exact media type; Moodle refuses `application/json`.
"""

from datetime import datetime
from typing import Any

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer
from lti_tool.kit.urls import below, with_params
from lti_tool.lms import wire
from lti_tool.lms.calls import Calls, accepted, is_page
from lti_tool.lms.delivery import Outcome, outcome_of_answer, outcome_of_fault, score_as_json
from lti_tool.lms.faults import OddAnswer
from lti_tool.lms.paging import pages
from lti_tool.lms.tokens import LINE_ITEMS, LINE_ITEMS_READ, RESULTS_READ, SCORES
from lti_tool.lms.values import Family, LineItem, NewLineItem, Result, Score

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEM_LIST = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULT_LIST = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"

CANVAS_SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"


class Ags:
    """The gradebook service of one platform. `line_items_url` and line item URLs come from launches."""

    def __init__(self, calls: Calls, family: Family = Family.OTHER) -> None:
        self._calls, self._family = calls, family

    def line_items(
        self,
        line_items_url: str,
        *,
        now: datetime,
        resource_id: str | None = None,
        tag: str | None = None,
        resource_link_id: str | None = None,
        limit: int | None = None,
    ) -> tuple[LineItem, ...]:
        """Our line items in the course, all pages; the filters are applied here too, an LMS may ignore
        them.
        """
        filters = {
            "resource_id": resource_id,
            "tag": tag,
            "resource_link_id": resource_link_id,
            "limit": limit,
        }
        fetch = self._calls.fetcher(
            scopes=[self._calls.granted(LINE_ITEMS, LINE_ITEMS_READ, LINE_ITEMS)],
            now=now,
            accept=LINE_ITEM_LIST,
            what="its list of gradebook columns",
        )
        items = [
            _line_item(row)
            for page in pages(fetch, with_params(line_items_url, filters))
            for row in wire.parse_all(wire.LineItemWire, page.json(), page.url)
        ]
        return tuple(
            item
            for item in items
            if resource_id in (None, item.resource_id)
            and tag in (None, item.tag)
            and resource_link_id in (None, item.resource_link_id)
        )

    def ensure_line_item(self, line_items_url: str, wanted: NewLineItem, *, now: datetime) -> LineItem:
        """The line item with this (resource id, tag), made if it is not there.

        Neither Moodle nor Canvas refuses a second one with the same two, so they are looked for first; of
        several the first listed counts. A lost answer to an earlier attempt therefore makes no double.
        """
        there = self.line_items(line_items_url, now=now, resource_id=wanted.resource_id, tag=wanted.tag)
        return there[0] if there else self.create(line_items_url, wanted, now=now)

    def create(self, line_items_url: str, wanted: NewLineItem, *, now: datetime) -> LineItem:
        """A new line item. Prefer `ensure_line_item`."""
        body: dict[str, Any] = {
            "label": wanted.label,
            "scoreMaximum": _whole(wanted.maximum),
            "resourceId": wanted.resource_id,
            "tag": wanted.tag,
        }
        if wanted.resource_link_id:
            body["resourceLinkId"] = wanted.resource_link_id
        elif self._family is Family.CANVAS and wanted.launch_url:
            # Without this Canvas makes an assignment that students cannot open the tool from.
            body[CANVAS_SUBMISSION_TYPE] = {"type": "external_tool", "external_tool_url": wanted.launch_url}
        answer = self._write("POST", line_items_url, body, now)
        return _line_item(wire.parse(wire.LineItemWire, answer.json(), answer.url))

    def line_item(self, url: str, *, now: datetime) -> LineItem:
        """One line item. Raises `NotThere` when it was deleted."""
        return _line_item(wire.parse(wire.LineItemWire, self._read_item(url, now), url))

    def update(self, url: str, *, now: datetime, label: str | None = None, maximum: float | None = None) -> LineItem:
        """Change a line item's label or maximum. A changed maximum rescales the marks it holds.

        A PUT replaces the whole: whatever is left out is lost, tag and resource id too. So all of it is
        read first and sent back, the parts this tool does not know included.
        """
        body = dict(self._read_item(url, now))
        if label is not None:
            body["label"] = label
        if maximum is not None:
            body["scoreMaximum"] = _whole(maximum)
        answer = self._write("PUT", url, body, now)
        return _line_item(wire.parse(wire.LineItemWire, answer.json() if answer.body else body, answer.url))

    def delete(self, url: str, *, now: datetime) -> None:
        """Delete a line item and the marks in it; one that is gone already is fine."""
        answer = self._calls.send("DELETE", url, scopes=[LINE_ITEMS], now=now)
        if answer.status in (404, 410) and not is_page(answer):
            return
        accepted(answer, "a gradebook column")

    def results(self, line_item_url: str, *, now: datetime, user_id: str | None = None) -> tuple[Result, ...]:
        """What the gradebook holds, all pages, for everybody or one user.

        No `limit` is asked for: Moodle 4.5 answers any with an error page.
        """
        fetch = self._calls.fetcher(
            scopes=[RESULTS_READ], now=now, accept=RESULT_LIST, what="the marks in a gradebook column"
        )
        first = with_params(below(line_item_url, "results"), {"user_id": user_id})
        rows = [row for page in pages(fetch, first) for row in wire.parse_all(wire.ResultWire, page.json(), page.url)]
        return tuple(
            Result(row.user_id, row.score, row.maximum if row.score is not None else None, row.comment, row.timestamp)
            for row in rows
            if user_id in (None, row.user_id)
        )

    def post_score(self, line_item_url: str, score: Score, *, now: datetime) -> Outcome:
        """Deliver one final score. Never raises for what the LMS or the network does: the outcome says it.

        `score.timestamp` must be later, by whole seconds, than the last one delivered for this line item
        and user, and not ahead of the clock: an LMS takes a time in the future and then refuses all true
        ones.
        """
        try:
            answer = self._calls.send(
                "POST",
                below(line_item_url, "scores"),
                scopes=[SCORES],
                now=now,
                content_type=SCORE,
                json=score_as_json(score, self._family),
            )
        except Fault as fault:
            return outcome_of_fault(fault)
        return outcome_of_answer(answer, score)

    def _read_item(self, url: str, now: datetime) -> dict[str, Any]:
        scope = self._calls.granted(LINE_ITEMS, LINE_ITEMS_READ, LINE_ITEMS)
        answer = self._calls.send("GET", url, scopes=[scope], now=now, accept=LINE_ITEM)
        said = accepted(answer, "a gradebook column").json()
        if not isinstance(said, dict):
            raise wire.odd(url, "the whole answer")
        return said

    def _write(self, method: str, url: str, body: dict[str, Any], now: datetime) -> Answer:
        answer = self._calls.send(
            method, url, scopes=[LINE_ITEMS], now=now, accept=LINE_ITEM, content_type=LINE_ITEM, json=body
        )
        accepted(answer, "a gradebook column")
        if is_page(answer):
            raise OddAnswer("The LMS answered with a web page.", "Try again later.")
        return answer


def _line_item(row: wire.LineItemWire) -> LineItem:
    return LineItem(row.url, row.label, row.maximum, row.resource_id, row.tag, row.resource_link_id)


def _whole(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number
