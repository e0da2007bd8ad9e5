"""Roles and their papers as JSON, for other systems of an institution: with a token that an administrator made."""

from typing import Any

from flask import Blueprint, current_app, jsonify, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks.roles import files, queries
from lti_tool.frameworks.roles.domain import Kind, paper
from lti_tool.frameworks.token_door import institution_of_token
from lti_tool.kit.db import db, scoped
from lti_tool.kit.errors import Fault
from lti_tool.web.guard import public

bp = Blueprint("api", __name__, url_prefix="/api/v1")
WHY = "asks for a token of the institution's own, which says whose roles these are"


class NoToken(Fault):
    reason = "no_token"
    status = 401


@bp.get("/roles")
@public(WHY)
def roles() -> Response:
    with scoped(db.session(), _institution()):
        found = [
            {"id": one.id, "title": one.title, "description": one.description, "href": _address(one.id)}
            for one in queries.listed(db.session())
        ]
    return jsonify({"roles": found})


@bp.get("/roles/<int:role_id>")
@public(WHY)
def role(role_id: int) -> Response:
    with scoped(db.session(), _institution()):
        return jsonify(files.role_json(queries.role(db.session(), role_id), _address(role_id)))


@bp.get("/roles/<int:role_id>/<any(" + ", ".join(f"'{kind.value}'" for kind in Kind) + "):kind>")
@public(WHY)
def role_paper(role_id: int, kind: str) -> Response:
    with scoped(db.session(), _institution()):
        return jsonify(files.as_json(paper(queries.role(db.session(), role_id), Kind(kind))))


def _institution() -> int:
    """Whose token came along. Raises NoToken."""
    found = institution_of_token()
    if found is None:
        raise NoToken(
            "This address asks for a token: Authorization: Bearer ...",
            "An administrator makes one under Frameworks, Tokens for other systems.",
        )
    return found


def _address(role_id: int) -> str:
    base: str = current_app.extensions["waymark.settings"].base_url
    return base + url_for("api.role", role_id=role_id)


@bp.errorhandler(Fault)
def refused(fault: Fault) -> tuple[Any, int]:
    return jsonify({"error": fault.reason, "message": fault.words, "next_step": fault.next_step}), fault.status
