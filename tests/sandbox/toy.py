"""The smallest tool that a strict platform accepts, so that the sandbox can be tested without the real one."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Flask, Response, jsonify, redirect, request
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.sandbox.keys import new_key, sign, unverified, verifies
from lti_tool.sandbox.serve import Served

CLIENT = "toy-client"
DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Toy:
    """A tool that answers a good launch with its claims and a bad one with 400 and a word."""

    key: RSAKey = field(default_factory=lambda: new_key("toy-1"))
    url: str = ""
    asked: dict[str, str] = field(default_factory=dict)
    """state to nonce"""
    jwks: Any = None
    """What the key set URL answers instead of the keys; a string is sent as a 404 page."""

    def app(self) -> Flask:
        app = Flask("toy")

        @app.post("/login")
        def login() -> AnyResponse:
            state, nonce = secrets.token_hex(6), secrets.token_hex(6)
            self.asked[state] = nonce
            query = {
                "scope": "openid",
                "response_type": "id_token",
                "response_mode": "form_post",
                "prompt": "none",
                "client_id": request.form["client_id"],
                "redirect_uri": f"{self.url}/launch",
                "state": state,
                "nonce": nonce,
                "login_hint": request.form["login_hint"],
                "lti_message_hint": request.form["lti_message_hint"],
            }
            facts = requests.get(request.form["iss"] + "/control/platform", timeout=5).json()
            answer = redirect(facts["auth_login_url"] + "?" + urlencode(query))
            answer.set_cookie("toy_state", state, secure=True, samesite="None")
            return answer

        @app.post("/launch")
        def launch() -> tuple[Response, int] | Response:
            if "error" in request.form:
                return jsonify(dict(request.form)), 400
            token = request.form.get("id_token", "")
            header, claims = unverified(token)
            keys = requests.get(
                requests.get(str(claims.get("iss")) + "/control/platform", timeout=5).json()["jwks_url"], timeout=5
            )
            nonce = self.asked.pop(request.form.get("state", ""), None)
            if not verifies(token, keys.json()):
                return jsonify({"error": "signature"}), 400
            if nonce is None or nonce != claims.get("nonce"):
                return jsonify({"error": "state"}), 400
            return jsonify(
                {"header": header, "claims": claims, "form": dict(request.form), "cookies": dict(request.cookies)}
            )

        @app.get("/jwks")
        def jwks() -> Response:
            if isinstance(self.jwks, str):
                return Response(self.jwks, 404)
            return jsonify(self.jwks or {"keys": [self.key.as_dict(private=False)]})

        return app

    def assertion(self, audience: str, key: RSAKey | None = None, **patch: Any) -> str:
        """A client assertion for the token endpoint; a claim patched with None is left out."""
        now = int(time.time())
        claims = {
            "iss": CLIENT,
            "sub": CLIENT,
            "aud": audience,
            "iat": now - 5,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
        }
        header = patch.pop("header", None)
        merged = {name: value for name, value in (claims | patch).items() if value is not None}
        return sign(merged, key or self.key, header)

    def ask(self, sandbox: Served, scope: str, key: RSAKey | None = None, **patch: Any) -> requests.Response:
        """A token request."""
        url = sandbox.campus.url(sandbox.campus.places.token)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(url, key, **patch),
            "scope": scope,
        }
        return requests.post(url, data=form, timeout=10)

    def deep_answer(self, claims: dict[str, Any], items: Any, key: RSAKey | None = None, **patch: Any) -> str:
        """A deep-linking response to the request with these claims."""
        now = int(time.time())
        told = {
            "iss": CLIENT,
            "aud": claims["iss"],
            "iat": now - 5,
            "exp": now + 60,
            "nonce": secrets.token_hex(8),
            CLAIM + "deployment_id": claims[CLAIM + "deployment_id"],
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CLAIM + "version": "1.3.0",
            DEEP + "content_items": items,
            DEEP + "data": claims[DEEP + "deep_linking_settings"].get("data"),
        }
        merged = {name: value for name, value in (told | patch).items() if value is not None}
        return sign(merged, key or self.key)
