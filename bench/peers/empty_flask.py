"""The other floor of the launch benchmark: Flask answering the same two requests with nothing in between.

Run by `gunicorn bench.peers.empty_flask:app`.
"""

from flask import Flask
from flask.wrappers import Response

app = Flask(__name__)


@app.post("/lti/login")
def login() -> Response:
    return Response(status=302, headers=[("Location", "https://lms.example/auth?state=s&nonce=n")])


@app.post("/lti/launch")
def launch() -> Response:
    return Response(status=303, headers=[("Location", "/page")])
