"""The peer of the launch benchmark: pylti1p3 as its documentation shows it for Flask, nothing added and nothing cut.

Configured by the environment: PEER_ISSUER, PEER_CLIENT_ID, PEER_AUTH_URL, PEER_JWKS_URL, PEER_DEPLOYMENT.
Run by `gunicorn bench.peers.pylti1p3_example:app`.
"""

import os

from flask import Flask, redirect
from flask.wrappers import Response
from pylti1p3.contrib.flask import FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfDict

app = Flask(__name__)
app.secret_key = "only for a benchmark"

tool_conf = ToolConfDict(
    {
        os.environ["PEER_ISSUER"]: [
            {
                "default": True,
                "client_id": os.environ["PEER_CLIENT_ID"],
                "auth_login_url": os.environ["PEER_AUTH_URL"],
                "auth_token_url": os.environ["PEER_AUTH_URL"],
                "key_set_url": os.environ["PEER_JWKS_URL"],
                "deployment_ids": [os.environ["PEER_DEPLOYMENT"]],
            }
        ]
    }
)


@app.route("/lti/login", methods=["GET", "POST"])
def login() -> Response:
    return FlaskOIDCLogin(FlaskRequest(), tool_conf).redirect("http://localhost/lti/launch")  # type: ignore[no-any-return]


@app.post("/lti/launch")
def launch() -> Response:
    data = FlaskMessageLaunch(FlaskRequest(), tool_conf).get_launch_data()
    assert data["sub"]
    return redirect("/page", 303)  # type: ignore[return-value]
