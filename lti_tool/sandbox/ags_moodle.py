"""Assignment and Grade Services as Moodle 4.5 answers them: line items, scores, results, with each of its quirks.

Recorded from a running 4.5.6. Where a comment says "Moodle", it is something a tool must live with.
"""

import html
import json
from typing import Any

from flask import Blueprint, Response, request

from lti_tool.sandbox.bearer import bearer_tool
from lti_tool.sandbox.faults import page
from lti_tool.sandbox.gradebook import LineItem, Result, number, read_stamp
from lti_tool.sandbox.moodle_errors import Refusal, service_error
from lti_tool.sandbox.places import LINEITEM, LINEITEM_READ, MOODLE_SERVICES, RESULT_READ, SCORE
from lti_tool.sandbox.seed import Course, Person, Role
from lti_tool.sandbox.state import Campus, campus

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORES = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"

bp = Blueprint("ags", __name__, url_prefix=MOODLE_SERVICES)
bp.register_error_handler(Refusal, service_error)


def media(kind: str, body: object, status: int | str = 200) -> Response:
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    return Response(text, status, {"Content-Type": f"{kind}; charset=utf-8"})


def accept_only(kind: str) -> None:
    """Moodle compares the whole Accept header with the media type. Any type (`*/*`) is another error."""
    sent = request.headers.get("Accept", "")
    path = request.path.removeprefix(MOODLE_SERVICES)
    if "*/*" in sent:
        raise Refusal(400, "No context or unsupported content type")
    if sent and sent != kind:
        raise Refusal(400, f"No handler found for {path} {sent} ")


def send_only(kind: str) -> None:
    sent = request.headers.get("Content-Type", "")
    if sent != kind:
        raise Refusal(400, f"No handler found for {request.path.removeprefix(MOODLE_SERVICES)}  {sent}")


def place(course_id: int, *scopes: str) -> tuple[Campus, Course, str]:
    """The course and the calling tool's client_id, or the refusal: 404 for an unknown course comes after 401."""
    here = campus()
    tool = bearer_tool(here, *scopes)
    asked = request.args.get("type_id")
    if tool is None or (asked is not None and asked != tool.deployment_id):
        raise Refusal(401, "Unauthorized")
    course = here.seed.course(course_id)
    if course is None:
        raise Refusal(404, f"Not Found: Course {course_id} doesn't exist")
    return here, course, tool.client_id


def find(here: Campus, course: Course, client_id: str, item_id: int) -> LineItem:
    item = here.items.get(item_id)
    if item is None or item.course_id != course.id or item.client_id != client_id:
        raise Refusal(404, f"Not Found: Grade item {item_id} doesn't exist")
    return item


def show(here: Campus, item: LineItem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": here.item_url(item),
        "label": item.label,
        "scoreMaximum": number(item.maximum),
        "resourceId": item.resource_id,
        "tag": item.tag,
    }
    if item.link_id is not None:
        shown |= {"resourceLinkId": str(item.link_id), "ltiLinkId": str(item.link_id)}
    if item.review:
        shown["submissionReview"] = item.review
    return shown


def body_of_item(reason: str) -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict) or not body.get("label") or not isinstance(body.get("scoreMaximum"), int | float):
        raise Refusal(400, reason)
    return body


@bp.get("/<int:course_id>/lineitems")
def list_items(course_id: int) -> Response:
    accept_only(ITEMS)
    here, course, client_id = place(course_id, LINEITEM, LINEITEM_READ)
    wanted = {name: request.args[name] for name in ("resource_link_id", "resource_id", "tag") if request.args.get(name)}
    found = [
        item
        for item in here.items_of(course.id, client_id)
        if wanted.get("tag", item.tag) == item.tag
        and wanted.get("resource_id", item.resource_id) == item.resource_id
        and wanted.get("resource_link_id", str(item.link_id)) == str(item.link_id)
    ]
    limit = request.args.get("limit", 0, int)
    if limit <= 0:
        return media(ITEMS, [show(here, item) for item in found])
    start = request.args.get("from", 0, int)
    answer = media(ITEMS, [show(here, item) for item in found[start : start + limit]])
    answer.headers["Link"] = _link_header(here, course_id, client_id, wanted, limit, start, len(found))
    return answer


def _link_header(
    here: Campus, course_id: int, client_id: str, wanted: dict[str, str], limit: int, start: int, total: int
) -> str:
    """Moodle's Link header: curly quotes round the relations, `&amp;` inside the URLs, in raw UTF-8."""
    tool = here.tools[client_id]
    query = "&".join(f"{name}={value}" for name, value in (*wanted.items(), ("type_id", tool.deployment_id)))

    def at(relation: str, offset: int) -> str:
        url = here.url(f"{MOODLE_SERVICES}/{course_id}/lineitems?{query}&limit={limit}&from={offset}")
        return f"<{html.escape(url)}>; rel=“{relation}”"

    pages = [at("first", 0)]
    if 0 < start < total:
        pages.append(at("prev", max(0, start - limit)))
    pages.append(at("canonical", start))
    if start + limit < total:
        pages.append(at("next", start + limit))
    pages.append(at("last", max(0, total - limit + 1)))
    # WSGI carries headers as latin-1: this puts the UTF-8 bytes on the wire.
    return ", ".join(pages).encode().decode("latin-1")


@bp.post("/<int:course_id>/lineitems")
def create_item(course_id: int) -> Response:
    send_only(ITEM)
    here, course, client_id = place(course_id, LINEITEM)
    body = body_of_item("No label or Score Maximum")
    link_id = str(body.get("resourceLinkId") or body.get("ltiLinkId") or "")
    placed = here.links.get(int(link_id)) if link_id.isdigit() else None
    if link_id and (placed is None or placed.course_id != course.id or placed.client_id != client_id):
        raise Refusal(403, "Forbidden")
    with here.lock:
        item = LineItem(
            id=here.next_id("item"),
            course_id=course.id,
            client_id=client_id,
            label=str(body["label"]),
            maximum=float(body["scoreMaximum"]),
            resource_id=str(body.get("resourceId") or ""),
            tag=str(body.get("tag") or ""),
            link_id=placed.link.id if placed else None,
        )
        here.items[item.id] = item
    # Moodle echoes what was sent, submissionReview and dates too, and keeps none of those.
    return media(ITEM, {name: each for name, each in body.items() if name != "id"} | {"id": here.item_url(item)}, 201)


@bp.route("/<int:course_id>/lineitems/<int:item_id>/lineitem", methods=["GET", "PUT", "DELETE"])
def one_item(course_id: int, item_id: int) -> Response:
    if request.method == "GET":
        accept_only(ITEM)
    elif request.method == "PUT":
        send_only(ITEM)
    scopes = (LINEITEM, LINEITEM_READ) if request.method == "GET" else (LINEITEM,)
    here, course, client_id = place(course_id, *scopes)
    item = find(here, course, client_id, item_id)
    if request.method == "GET":
        return media(ITEM, show(here, item))
    if request.method == "DELETE":
        with here.lock:
            here.items.pop(item.id, None)
        return Response("", "204 OK", {"Content-Type": "text/html; charset=utf-8"})
    body = body_of_item("Bad Request")
    with here.lock:
        update(here, item, body)
    return media(ITEM, {name: each for name, each in body.items() if name != "id"} | {"id": here.item_url(item)})


def update(here: Campus, item: LineItem, body: dict[str, Any]) -> None:
    """Moodle: what a PUT leaves out is lost, and a new maximum rescales the marks and stamps them with its own time."""
    maximum = float(body["scoreMaximum"])
    if maximum != item.maximum:
        for (item_id, _), result in here.results.items():
            if item_id == item.id and result.score is not None and item.maximum:
                result.score = round(result.score * maximum / item.maximum, 5)
                result.maximum, result.stamp = maximum, here.now().replace(microsecond=0)
    item.label, item.maximum = str(body["label"]), maximum
    item.resource_id, item.tag = str(body.get("resourceId") or ""), str(body.get("tag") or "")


@bp.route("/<int:course_id>/lineitems/<int:item_id>/lineitem/scores", methods=["GET", "POST"])
def scores(course_id: int, item_id: int) -> Response:
    if request.method == "GET":
        raise Refusal(405, "Method Not Allowed")
    send_only(SCORES)
    here, course, client_id = place(course_id, SCORE)
    item = find(here, course, client_id, item_id)
    raw = request.get_data(as_text=True)
    body = request.get_json(force=True, silent=True)
    body = body if isinstance(body, dict) else {}
    with here.lock:
        return _take_score(here, course, item, body, raw)


def _take_score(here: Campus, course: Course, item: LineItem, body: dict[str, Any], raw: str) -> Response:
    person = here.person_by_lti_id(str(body.get("userId", "")))
    stamp = read_stamp(body.get("timestamp"))
    given = body.get("scoreGiven")
    sound = body.get("activityProgress") and body.get("gradingProgress") and stamp
    if given is not None:
        sound = sound and _is_number(given) and _is_number(body.get("scoreMaximum")) and float(body["scoreMaximum"]) > 0
    if person is None or stamp is None or not sound or not gradable(course, person):
        here.counts["scores_rejected"] += 1
        if person is not None and gradable(course, person):
            here.results.setdefault((item.id, person.id), Result()).reject(400, body)
        return media(SCORES, [], _status(400, f"Incorrect score received{raw}"))
    result = here.results.setdefault((item.id, person.id), Result())
    # Moodle compares whole seconds, so two posts within one second collide.
    if result.stamp is not None and int(result.stamp.timestamp()) >= int(stamp.timestamp()):
        result.reject(409, body)
        here.counts["scores_rejected"] += 1
        words = f"Refusing score with an earlier timestamp for item {item.id} and user {person.id}"
        return media(SCORES, [], _status(409, words))
    score = None
    if given is not None and body["gradingProgress"] == "FullyGraded":
        share = float(given) / float(body["scoreMaximum"])
        score = round(min(max(share * item.maximum, 0), item.maximum), 5)
    kept = stamp if score is not None else here.now()
    # Anything but FullyGraded, or no scoreGiven, takes the mark away and is stamped with Moodle's own clock.
    result.accept(
        score=score,
        maximum=item.maximum,
        comment=str(body.get("comment") or ""),
        stamp=kept.replace(microsecond=0),
        sent=body,
    )
    here.counts["scores_accepted"] += 1
    return media(SCORES, None)


def gradable(course: Course, person: Person) -> bool:
    """Who can have a mark: learners, a suspended enrolment included. No teacher, no assistant."""
    enrolment = course.enrolment(person.id)
    return enrolment is not None and enrolment.role is Role.LEARNER


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _status(code: int, reason: str) -> str:
    """A status line with words. Line breaks would end it; other letters travel as UTF-8 bytes."""
    return f"{code} {' '.join(reason.split())[:2000]}".encode().decode("latin-1")


@bp.get("/<int:course_id>/lineitems/<int:item_id>/lineitem/results")
def results(course_id: int, item_id: int) -> Response:
    accept_only(RESULTS)
    here, course, client_id = place(course_id, RESULT_READ)
    item = find(here, course, client_id, item_id)
    if "limit" in request.args:
        # Moodle 4.5 breaks on any limit here.
        return page("404", "Exception - Call to a member function out() on null")
    asked = request.args.get("user_id")
    shown = []
    with here.lock:
        for (each, person_id), result in here.results.items():
            if each == item.id and asked in (None, str(person_id)) and result.accepted:
                shown.append(_show_result(here, item, person_id, result))
    return media(RESULTS, shown)


def _show_result(here: Campus, item: LineItem, person_id: int, result: Result) -> dict[str, Any]:
    url = here.item_url(item)
    shown: dict[str, Any] = {
        "id": url.replace("/lineitem?", "/lineitem/results?") + f"&user_id={person_id}",
        "userId": str(person_id),
    }
    if result.score is None or result.stamp is None:
        return shown
    shown |= {"resultScore": number(result.score), "resultMaximum": number(result.maximum)}
    if result.comment:
        shown["comment"] = result.comment
    return shown | {"scoreOf": url, "timestamp": result.stamp.strftime("%Y-%m-%dT%H:%M:%S+00:00")}
