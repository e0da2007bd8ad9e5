"""The routes of the CASE 1.1 service: open frameworks for anybody, the others for the institution's own tokens."""

import re
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException, TooManyRequests

from lti_tool.frameworks.case_api import queries
from lti_tool.frameworks.case_api.domain import Minor, Query, Refused, listed, pages
from lti_tool.frameworks.case_api.queries import Readable
from lti_tool.frameworks.case_api.served import DOCUMENT_FIELDS
from lti_tool.frameworks.token_door import institution_of_token
from lti_tool.kit.db import db, everywhere
from lti_tool.kit.log import get_logger
from lti_tool.web.guard import public

log = get_logger(__name__)

BASE = "/ims/case/v1p1"
LIMIT = 100
MOST = 1000
KINDS = (
    "CFAssociationGroupings",
    "CFAssociations",
    "CFConcepts",
    "CFDocuments",
    "CFItemAssociations",
    "CFItems",
    "CFItemTypes",
    "CFLicenses",
    "CFPackages",
    "CFRubrics",
    "CFSubjects",
)
WHY = "answers with frameworks that an institution publishes openly; the others ask for its token"
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

bp = Blueprint("case_api", __name__, url_prefix=BASE)


@bp.get("/CFDocuments")
@public(WHY)
def documents() -> Response:
    query = _query()
    with everywhere(db.session()) as session:
        found = [queries.document(session, one, _base_uri()) for one in queries.readable(session, _institution())]
    page = listed(found, query, DOCUMENT_FIELDS)
    answer = _answer({"CFDocuments": list(page.records)})
    answer.headers["X-Total-Count"] = str(page.total)
    answer.headers["Link"] = ", ".join(
        f'<{_address(query, offset)}>; rel="{rel}"' for rel, offset in pages(query, page.total).items()
    )
    return answer


@bp.get("/<any(" + ", ".join(KINDS) + "):kind>/<identifier>")
@public(WHY)
def record(kind: str, identifier: str) -> Response:
    wanted = identifier.strip().lower()
    if not _UUID.fullmatch(wanted):
        raise Refused(404, Minor.UUID, "Invalid UUID")
    with everywhere(db.session()) as session:
        for one in queries.readable(session, _institution()):
            found = _found(session, one, kind, wanted)
            if found is not None:
                return found
    raise Refused(404, Minor.UNKNOWN, "Unknown Object")


@bp.route("/<path:_anything>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@public("says that CASE has no such address")
def nowhere(_anything: str) -> Response:
    if request.method != "GET":
        raise Refused(405, Minor.FORBIDDEN, "Frameworks are read here, not written.")
    raise Refused(404, Minor.UNKNOWN, "There is no such address in CASE 1.1.")


def _found(session: Any, one: Readable, kind: str, identifier: str) -> Response | None:
    served = queries.served(session, one, _base_uri())
    if kind == "CFPackages":
        if identifier != served.document["identifier"].lower():
            return None
        answer = Response(served.package, mimetype="application/json")
        answer.set_etag(one.fingerprint[:32])
        return _dressed(answer)
    found = served.answer(kind, identifier)
    return None if found is None else _answer(found)


def _institution() -> int | None:
    """Whose token came along; None without one. Raises Refused for one that opens nothing."""
    if "Authorization" not in request.headers:
        return None
    found = institution_of_token()
    if found is None:
        raise Refused(401, Minor.UNAUTHORISED, "This token opens nothing here. Ask an administrator for a new one.")
    return found


def _query() -> Query:
    order = request.args.get("orderBy", "asc").lower()
    if order not in ("asc", "desc"):
        raise Refused(400, Minor.SORT, "orderBy is asc or desc.")
    return Query(
        limit=min(MOST, _whole("limit", LIMIT, 1)),
        offset=_whole("offset", 0, 0),
        sort=request.args.get("sort", ""),
        descending=order == "desc",
        filter=request.args.get("filter", ""),
        fields=tuple(_names(request.args.getlist("fields"))),
    )


def _names(given: Iterable[str]) -> Iterable[str]:
    """`fields=a,b` and `fields=a&fields=b` alike."""
    return (name.strip() for each in given for name in each.split(",") if name.strip())


def _whole(name: str, otherwise: int, least: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return otherwise
    if not (given.isascii() and given.isdigit() and least <= int(given[:9]) and len(given) <= 9):
        raise Refused(400, Minor.SELECTION, f"{name} is a whole number from {least}.")
    return int(given)


def _address(query: Query, offset: int) -> str:
    from urllib.parse import urlencode

    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("limit", "offset")]
    return f"{_base_uri()}/CFDocuments?{urlencode([*kept, ('limit', query.limit), ('offset', offset)])}"


def _base_uri() -> str:
    return f"{current_app.extensions['waymark.settings'].base_url.rstrip('/')}{BASE}"


def _answer(value: Any, status: int = 200) -> Response:
    return _dressed(Response(json.dumps(value), status, mimetype="application/json"))


def _dressed(answer: Response) -> Response:
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "no-cache"
    answer.vary.add("Authorization")
    answer.make_conditional(request)
    return answer


def _status(status: int, minor: Minor, words: str) -> Response:
    """imsx_StatusInfo: how CASE says that a request was not answered."""
    field = {"imsx_codeMinorFieldName": "Waymark", "imsx_codeMinorFieldValue": minor.value}
    answer = _answer(
        {
            "imsx_codeMajor": "failure",
            "imsx_severity": "error",
            "imsx_description": words,
            "imsx_codeMinor": {"imsx_codeMinorField": [field]},
        },
        status,
    )
    if status == 401:
        answer.www_authenticate = WWWAuthenticate("bearer", {"realm": "CASE"})
    return answer


@bp.errorhandler(Refused)
def refused(trouble: Refused) -> Response:
    return _status(trouble.status, trouble.minor, trouble.words)


@bp.errorhandler(Exception)
def crashed(trouble: Exception) -> Response:
    if isinstance(trouble, TooManyRequests):
        return _status(429, Minor.BUSY, "Too many requests. Try again in a minute.")
    if isinstance(trouble, HTTPException) and (trouble.code or 500) < 500:
        return _status(trouble.code or 400, Minor.SELECTION, trouble.description or trouble.name)
    log.exception("case.crashed", error=type(trouble).__name__)
    return _status(500, Minor.SERVER_ERROR, "Something went wrong on our side.")


def install(app: Flask) -> None:
    app.register_blueprint(bp)
