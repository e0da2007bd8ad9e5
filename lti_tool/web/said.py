"""A word after an action: "Imported." on the page that the redirect leads to.

The words travel in the address, signed and short-lived, since a frame may keep no cookie; nobody else can make a page
of ours say something.
"""

from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import current_app, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

LIFE_SECONDS = 120


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="said")


def go(url: str, say: str = "") -> Response:
    """303 to one of our own pages, which then says these words once, in its status line."""
    if not say:
        return redirect(url, 303)
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode({"said": _signer().dumps(say)})]))
    return redirect(urlunsplit(parts._replace(query=query)), 303)


def said() -> str:
    """The words this page was sent with, or nothing."""
    sealed = request.args.get("said", "")
    if not sealed:
        return ""
    try:
        return str(_signer().loads(sealed, max_age=LIFE_SECONDS))
    except BadSignature:
        return ""
