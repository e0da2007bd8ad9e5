"""Levers for tests and the demo: `/control/...`, JSON in and out. Only ever bind the sandbox to loopback.

GET platform            the addresses a tool needs to know this platform
POST tools              registers a tool: login_url, launch_url, jwks_url, redirect_uris; as wanted client_id,
                        deployment_id, name, custom, scopes, names, email, deep_linking_url
POST tools/ID           {"scopes", "active", "jwks_url", "redirect_uris"}: what an administrator changes later
POST tools/ID/activate  what an administrator does after a dynamic registration; {"adopt": true} moves the seed's
                        links to this tool
POST registration       {"url"}: the address to open for a dynamic registration, token included
GET state               the gradebook with its counters, links, requests counted; ?log adds every post
GET POST DELETE faults  misbehaviour, see `faults.py`
POST rotate-keys        a new signing key; {"drop_old": true} withdraws the others at once
POST expire-tokens      every access token is dead
POST sign               {"claims", "header"}: signed with the platform's key, for forged launches
POST mark               {"assignment", "person", "fillings", "grade", "comment", "release"}: marks a person's work
                        (again), or releases it
POST links              {"course", "title", "description", "custom", "score_maximum", ...}: adds a link
POST copy               {"course", "title"}: copies a course for a new term, its links and people along
POST settings           strict, token_seconds, storage, clock_seconds (how far its clock is ahead), blocked_hosts
                        (from which it fetches no tool's keys)
GET seed                the seed as JSON
"""

import secrets
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from lti_tool.sandbox import marks, places, registration
from lti_tool.sandbox.copying import copy_course
from lti_tool.sandbox.faults import FaultWrong
from lti_tool.sandbox.seed import Filling, Link
from lti_tool.sandbox.seed_json import dumps
from lti_tool.sandbox.state import Campus, PlacedLink, Tool, campus

bp = Blueprint("control", __name__, url_prefix="/control")
TOOL_FIELDS = ("login_url", "launch_url", "jwks_url", "redirect_uris")
LINK_FIELDS = {"title", "description", "custom", "score_maximum", "url", "new_window", "resource_id", "tag"}


def wrong(words: str) -> Response:
    answer = jsonify({"error": words})
    answer.status_code = 400
    return answer


def body() -> dict[str, Any]:
    found = request.get_json(force=True, silent=True) if request.get_data() else {}
    return found if isinstance(found, dict) else {}


@bp.get("/platform")
def platform() -> Response:
    return jsonify(platform_facts(campus()))


def platform_facts(here: Campus) -> dict[str, str]:
    return {
        "temper": here.temper,
        "issuer": here.base_url,
        "auth_login_url": here.url(here.places.authorise),
        "auth_token_url": here.url(here.places.token),
        "jwks_url": here.url(here.places.certs),
        "openid_configuration": here.url(here.places.openid),
    }


def tool_facts(tool: Tool) -> dict[str, Any]:
    return {
        "client_id": tool.client_id,
        "deployment_id": tool.deployment_id,
        "name": tool.name,
        "active": tool.active,
        "scopes": list(tool.scopes),
    }


def add_tool(here: Campus, given: dict[str, Any]) -> Tool:
    """A tool from the fields above; the missing ones get an id of the temper's kind."""
    made_up = secrets.token_hex(8) if here.temper == "moodle" else str(10_000_000_000 + secrets.randbelow(10**9))
    return here.add_tool(
        Tool(
            client_id=str(given.get("client_id") or made_up),
            name=str(given.get("name") or "Tool"),
            login_url=str(given["login_url"]),
            launch_url=str(given["launch_url"]),
            jwks_url=str(given["jwks_url"]),
            redirect_uris=tuple(given["redirect_uris"]),
            deployment_id=str(given.get("deployment_id") or registration.deployment(here)),
            scopes=tuple(given.get("scopes", places.SCOPES)),
            custom=dict(given.get("custom", {})),
            names=bool(given.get("names", True)),
            email=bool(given.get("email", True)),
            deep_linking_url=str(given.get("deep_linking_url") or ""),
        )
    )


@bp.post("/tools")
def tools() -> Response:
    given = body()
    missing = [name for name in TOOL_FIELDS if not given.get(name)]
    if missing:
        return wrong(f"missing: {', '.join(missing)}")
    return jsonify(tool_facts(add_tool(campus(), given)))


@bp.post("/tools/<client_id>")
def change_tool(client_id: str) -> Response:
    here, given = campus(), body()
    tool = here.tools.get(client_id) or abort(404)
    with here.lock:
        tool.scopes = tuple(given.get("scopes", tool.scopes))
        tool.active = bool(given.get("active", tool.active))
        tool.redirect_uris = tuple(given.get("redirect_uris", tool.redirect_uris))
        if "jwks_url" in given:
            tool.jwks_url, tool.keys = str(given["jwks_url"]), {"keys": []}
    return jsonify(tool_facts(tool))


@bp.post("/tools/<client_id>/activate")
def activate(client_id: str) -> Response:
    here = campus()
    tool = here.tools.get(client_id) or abort(404)
    tool.active = True
    if body().get("adopt"):
        with here.lock:
            here.links = {each: PlacedLink(old.link, old.course_id, client_id) for each, old in here.links.items()}
            for item in here.items.values():
                item.client_id = client_id
    return jsonify(tool_facts(tool))


@bp.post("/registration")
def register() -> Response:
    url = str(body().get("url") or "")
    return jsonify({"url": registration.start(campus(), url)}) if url else wrong("missing: url")


@bp.get("/state")
def state() -> Response:
    return jsonify(state_facts(campus(), log="log" in request.args))


def state_facts(here: Campus, *, log: bool = False) -> dict[str, Any]:
    """People are named by the id that the tool knows them by (`sub`)."""
    with here.lock:
        columns = []
        for item in here.items.values():
            scores = {
                here.sub(person): result.facts(log=log)
                for (each, person_id), result in here.results.items()
                if each == item.id and (person := here.seed.person(person_id))
            }
            columns.append(
                {
                    "id": item.id,
                    "url": here.item_url(item),
                    "course": item.course_id,
                    "label": item.label,
                    "scoreMaximum": item.maximum,
                    "resourceId": item.resource_id,
                    "tag": item.tag,
                    "link": item.link_id,
                    "own": item.own,
                    "submissionReview": item.review,
                    "scores": scores,
                }
            )
        results = here.results.values()
        links = [
            {
                "id": each.link.id,
                "lti_id": places.resource_link_id(here.temper, each.link),
                "course": each.course_id,
                "title": each.link.title,
                "custom": each.link.custom,
                "client_id": each.client_id,
            }
            for each in here.links.values()
        ]
        return {
            **platform_facts(here),
            "strict": here.strict,
            "gradebook": columns,
            "links": links,
            "tools": [tool_facts(each) for each in here.tools.values()],
            "totals": {
                "accepted": sum(each.accepted for each in results),
                "rejected": sum(each.rejected for each in results),
                "doubled": sum(each.doubled for each in results),
                "repeated": sum(each.repeated for each in results),
                "marks": sum(each.score is not None for each in results),
            },
            "counts": dict(here.counts),
            "faults": {name: each.facts() for name, each in here.faults.active.items()},
        }


@bp.route("/faults", methods=["GET", "POST", "DELETE"])
def faults() -> Response:
    here = campus()
    if request.method == "DELETE":
        here.faults.clear()
    elif request.method == "POST":
        try:
            here.faults.set(request.get_json(force=True, silent=True))
        except FaultWrong as nonsense:
            return wrong(str(nonsense))
    return jsonify({name: each.facts() for name, each in here.faults.active.items()})


@bp.post("/rotate-keys")
def rotate_keys() -> Response:
    here = campus()
    with here.lock:
        kid = here.keys.rotate(drop_old=bool(body().get("drop_old")))
        return jsonify({"kid": kid, "published": [key["kid"] for key in here.keys.public()["keys"]]})


@bp.post("/expire-tokens")
def expire_tokens() -> Response:
    here = campus()
    with here.lock:
        gone = len(here.grants)
        here.grants.clear()
    return jsonify({"expired": gone})


@bp.post("/sign")
def sign() -> Response:
    given = body()
    return jsonify({"token": campus().keys.sign(dict(given.get("claims", {})), given.get("header"))})


@bp.post("/mark")
def mark() -> Response:
    here, given = campus(), body()
    located = here.course_of_assignment(int(given.get("assignment", 0)))
    if located is None or int(given.get("person", 0)) not in located[0].learners():
        return wrong("assignment and person must be known, the person a learner")
    fillings = given.get("fillings")
    work = marks.mark(
        here,
        located[1],
        int(given["person"]),
        fillings=None if fillings is None else tuple(Filling(**each) for each in fillings),
        grade=given.get("grade"),
        comment=given.get("comment"),
        release=given.get("release"),
        at=here.now().replace(microsecond=0),
    )
    return jsonify({"person": work.person, "released": marks.released(here, located[1], work)})


@bp.post("/links")
def links() -> Response:
    here, given = campus(), body()
    fields = {name: each for name, each in given.items() if name in LINK_FIELDS}
    if here.seed.course(int(given.get("course", 0))) is None or not fields.get("title"):
        return wrong("course and title are needed")
    client_id = str(given.get("client_id") or next(iter(here.tools), ""))
    link = Link(id=here.next_id("link"), **fields)
    here.add_link(PlacedLink(link, int(given["course"]), client_id))
    return jsonify({"id": link.id, "lti_id": places.resource_link_id(here.temper, link)})


@bp.post("/copy")
def copy() -> Response:
    here, given = campus(), body()
    if here.seed.course(int(given.get("course", 0))) is None:
        return wrong("course must be known")
    made = copy_course(here, int(given["course"]), str(given.get("title") or ""))
    links = [each.link.id for each in here.links.values() if each.course_id == made.id]
    return jsonify({"course": made.id, "links": links})


@bp.post("/settings")
def settings() -> Response:
    here, given = campus(), body()
    here.strict = bool(given.get("strict", here.strict))
    here.token_seconds = int(given.get("token_seconds", here.token_seconds))
    here.storage = given.get("storage", here.storage)
    here.clock_seconds = float(given.get("clock_seconds", here.clock_seconds))
    here.blocked_hosts = frozenset(given.get("blocked_hosts", here.blocked_hosts))
    return jsonify(
        {
            "strict": here.strict,
            "token_seconds": here.token_seconds,
            "storage": here.storage,
            "clock_seconds": here.clock_seconds,
            "blocked_hosts": sorted(here.blocked_hosts),
        }
    )


@bp.get("/seed")
def seed() -> Response:
    return Response(dumps(campus().seed), mimetype="application/json")
