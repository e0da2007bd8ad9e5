"""Assignment and Grade Services as Canvas answers them, from its documentation and source.

The strict points: 400 for a timestamp before the stored one, 422 for anybody who is not a student (the test student
among them), 412 for a line item of another tool, and a submission extension whose default makes a new submission.
"""

import json
from typing import Any

from flask import Blueprint, Response, request

from lti_tool.sandbox import places
from lti_tool.sandbox.bearer import bearer
from lti_tool.sandbox.canvas_web import Refusal, paged, refusal_answer, services_refusal
from lti_tool.sandbox.gradebook import LineItem, Result, number, read_stamp
from lti_tool.sandbox.places import LINEITEM, LINEITEM_READ, RESULT_READ, SCORE
from lti_tool.sandbox.seed import Course, Person, Role
from lti_tool.sandbox.state import Campus, campus

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORES = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
SUBMISSION = "https://canvas.instructure.com/lti/submission"
SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"

bp = Blueprint("ags", __name__, url_prefix="/api/lti/courses/<int:course_id>/line_items")
bp.register_error_handler(Refusal, refusal_answer)


def media(kind: str, body: object, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, {"Content-Type": f"{kind}; charset=utf-8"})


def place(course_id: int, *scopes: str) -> tuple[Campus, Course, str]:
    here = campus()
    if not request.headers.get("Authorization"):
        raise services_refusal(401, "Missing access token")
    found = bearer(here)
    if found is None:
        raise services_refusal(401, "Access token invalid or expired")
    tool, granted = found
    if not set(scopes) & set(granted):
        raise services_refusal(401, "Insufficient permissions")
    course = here.seed.course(course_id)
    if course is None:
        raise services_refusal(404, "The specified resource does not exist.")
    return here, course, tool.client_id


def find(here: Campus, course: Course, client_id: str, item_id: int) -> LineItem:
    item = here.items.get(item_id)
    if item is None or item.course_id != course.id:
        raise services_refusal(404, "The specified resource does not exist.")
    if item.client_id != client_id:
        raise services_refusal(412, "Tool does not have permission to view line_item")
    return item


def read_body(kind: str) -> dict[str, Any]:
    """Canvas reads a body only when it comes under the service's media type or as plain JSON."""
    sent = request.mimetype
    body = request.get_json(force=True, silent=True) if sent in (kind, "application/json") else None
    if not isinstance(body, dict):
        raise services_refusal(400, "param is missing or the value is empty")
    return body


def show(here: Campus, item: LineItem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": here.item_url(item),
        "scoreMaximum": float(item.maximum),
        "label": item.label,
    }
    if item.resource_id:
        shown["resourceId"] = item.resource_id
    if item.tag:
        shown["tag"] = item.tag
    placed = here.links.get(item.link_id or 0)
    if placed:
        shown["resourceLinkId"] = places.resource_link_id("canvas", placed.link)
    if item.review:
        shown["submissionReview"] = item.review
    if item.submission_type:
        shown[SUBMISSION_TYPE] = item.submission_type
    return shown


@bp.get("")
def list_items(course_id: int) -> Response:
    here, course, client_id = place(course_id, LINEITEM, LINEITEM_READ)
    tag, resource = request.args.get("tag"), request.args.get("resource_id")
    rlid = request.args.get("resource_link_id")
    placed = here.link_by_lti_id(course.id, rlid) if rlid else None
    found = [
        item
        for item in here.items_of(course.id, client_id)
        if tag in (None, item.tag)
        and resource in (None, item.resource_id)
        and (not rlid or (placed is not None and placed.link.id == item.link_id))
    ]
    rows, links = paged(here, found, size=10, most=100, name="limit" if "limit" in request.args else "per_page")
    answer = media(ITEMS, [show(here, item) for item in rows])
    answer.headers["Link"] = links
    return answer


@bp.post("")
def create_item(course_id: int) -> Response:
    here, course, client_id = place(course_id, LINEITEM)
    body = read_body(ITEM)
    if not body.get("label") or not isinstance(body.get("scoreMaximum"), int | float):
        raise services_refusal(422, "label and scoreMaximum are needed")
    kind = body.get(SUBMISSION_TYPE)
    if kind is not None and (not isinstance(kind, dict) or kind.get("type") not in ("none", "external_tool")):
        raise services_refusal(400, "Invalid submission_type for new assignment")
    placed = here.link_by_lti_id(course.id, str(body["resourceLinkId"])) if body.get("resourceLinkId") else None
    if body.get("resourceLinkId") and (placed is None or placed.client_id != client_id):
        raise services_refusal(404, "The specified resource does not exist.")
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
            submission_type=kind,
        )
        here.items[item.id] = item
    return media(ITEM, show(here, item), 201)


@bp.route("/<int:item_id>", methods=["GET", "PUT", "DELETE"])
def one_item(course_id: int, item_id: int) -> Response:
    scopes = (LINEITEM, LINEITEM_READ) if request.method == "GET" else (LINEITEM,)
    here, course, client_id = place(course_id, *scopes)
    item = find(here, course, client_id, item_id)
    if request.method == "GET":
        return media(ITEM, show(here, item))
    if request.method == "DELETE":
        if item.own:
            # A line item that belongs to an assignment of Canvas's own is not the tool's to delete.
            return Response("", 401)
        with here.lock:
            here.items.pop(item.id, None)
        return Response("", 204)
    body = read_body(ITEM)
    with here.lock:
        # What a PUT leaves out stays as it was, unlike in Moodle.
        item.label = str(body.get("label") or item.label)
        if isinstance(body.get("scoreMaximum"), int | float):
            item.maximum = float(body["scoreMaximum"])
        item.resource_id = str(body["resourceId"] or "") if "resourceId" in body else item.resource_id
        item.tag = str(body["tag"] or "") if "tag" in body else item.tag
    return media(ITEM, show(here, item))


@bp.post("/<int:item_id>/scores")
def post_score(course_id: int, item_id: int) -> Response:
    here, course, client_id = place(course_id, SCORE)
    item = find(here, course, client_id, item_id)
    body = read_body(SCORES)
    person = student(here, course, body.get("userId"))
    if person is None:
        here.counts["scores_rejected"] += 1
        raise services_refusal(422, "User not found in course or is not a student")
    with here.lock:
        result = here.results.setdefault((item.id, person.id), Result())
        try:
            _take_score(here, item, result, body)
        except Refusal as refusal:
            result.reject(refusal.status, body)
            here.counts["scores_rejected"] += 1
            raise
        here.counts["scores_accepted"] += 1
    return media(SCORES, {"resultUrl": f"{here.item_url(item)}/results/{person.id}"})


def student(here: Campus, course: Course, user_id: object) -> Person | None:
    """An active student, by LTI id or Canvas's number. The test student is none."""
    text = str(user_id or "")
    person = here.person_by_lti_id(text) or (here.seed.person(int(text)) if text.isdigit() else None)
    enrolment = course.enrolment(person.id) if person else None
    if enrolment is None or enrolment.role is not Role.LEARNER or enrolment.suspended:
        return None
    return person


def _take_score(here: Campus, item: LineItem, result: Result, body: dict[str, Any]) -> None:
    for name in ("activityProgress", "gradingProgress", "timestamp"):
        if not body.get(name):
            raise services_refusal(400, f"param is missing or the value is empty: {name}")
    stamp = read_stamp(body["timestamp"])
    if stamp is None:
        raise services_refusal(400, f"Provided timestamp of {body['timestamp']} not a valid timestamp")
    if result.stamp is not None and result.stamp > stamp:
        last = result.stamp.isoformat(timespec="milliseconds")
        words = f"Provided timestamp of {body['timestamp']} before last updated timestamp of {last}"
        raise services_refusal(400, words)
    given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    # NotReady, Pending and Failed clear the mark; PendingManual keeps it and asks a teacher to look.
    ignored = body["gradingProgress"] not in ("FullyGraded", "PendingManual") or given is None
    if not ignored and not (isinstance(given, int | float) and isinstance(maximum, int | float) and maximum >= 0):
        raise services_refusal(422, "ScoreMaximum not supplied when ScoreGiven present.")
    extension = body.get(SUBMISSION)
    extension = extension if isinstance(extension, dict) else {}
    _check_submission(here, extension)
    fresh = extension.get("new_submission", True) is not False and extension.get("submission_type") != "none"
    score = None if ignored else float(given) * (item.maximum / float(maximum) if maximum else 1.0)  # type: ignore[arg-type]
    result.accept(
        score=score,
        maximum=item.maximum,
        comment=str(body.get("comment") or result.comment),
        stamp=stamp,
        sent=body,
    )
    result.submissions += fresh
    result.needs_grading = body["gradingProgress"] == "PendingManual" or (ignored and (fresh or result.needs_grading))


def _check_submission(here: Campus, extension: dict[str, Any]) -> None:
    submitted = extension.get("submitted_at")
    if submitted:
        moment = read_stamp(submitted)
        if moment is None or (moment - here.now()).total_seconds() > 60:
            raise services_refusal(400, f"Provided submitted_at timestamp of {submitted} not a valid timestamp")
    if extension.get("submission_type") == "online_upload" and not extension.get("content_items"):
        raise services_refusal(422, "Content items must be provided with submission type 'online_upload'")


@bp.get("/<int:item_id>/results")
def results(course_id: int, item_id: int) -> Response:
    here, course, client_id = place(course_id, RESULT_READ)
    item = find(here, course, client_id, item_id)
    asked = request.args.get("user_id")
    wanted = student(here, course, asked) if asked else None
    with here.lock:
        found = [
            _show_result(here, item, person_id, result)
            for (each, person_id), result in here.results.items()
            if each == item.id and result.accepted and (not asked or (wanted and wanted.id == person_id))
        ]
    rows, links = paged(here, found, size=10, most=100, name="limit" if "limit" in request.args else "per_page")
    answer = media(RESULTS, rows)
    answer.headers["Link"] = links
    return answer


@bp.get("/<int:item_id>/results/<int:result_id>")
def one_result(course_id: int, item_id: int, result_id: int) -> Response:
    here, course, client_id = place(course_id, RESULT_READ)
    item = find(here, course, client_id, item_id)
    result = here.results.get((item.id, result_id))
    if result is None or not result.accepted:
        raise services_refusal(404, "The specified resource does not exist.")
    return media(RESULTS, _show_result(here, item, result_id, result))


def _show_result(here: Campus, item: LineItem, person_id: int, result: Result) -> dict[str, Any]:
    person = here.seed.person(person_id)
    url = here.item_url(item)
    shown: dict[str, Any] = {
        "id": f"{url}/results/{person_id}",
        "scoreOf": url,
        "userId": here.sub(person) if person else str(person_id),
    }
    if result.score is not None:
        shown |= {"resultScore": number(result.score), "resultMaximum": number(result.maximum)}
    if result.comment:
        shown["comment"] = result.comment
    return shown
