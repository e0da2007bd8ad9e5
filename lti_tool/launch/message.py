"""A launch, checked in this order: the token's shape, the registration, the signature, the claims, the state and
its nonce, the deployment; last, and atomically, the nonce is consumed by the row that becomes the session."""

import json
from datetime import datetime, timedelta
from typing import Any, Self

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import CompactSignature
from pylti1p3.contrib.flask import FlaskMessageLaunch
from sqlalchemy import Engine

from lti_tool.kit.db import everywhere, writing
from lti_tool.launch import service, sessions
from lti_tool.launch.directory import OpenSession
from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.facts import kept
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.domain.states import Stamps, new_secret, same_browser
from lti_tool.launch.keys import ALGORITHM, REGISTRY
from lti_tool.launch.oidc import Cookies, KnownRegistration, LtiRequest, ToolConfig
from lti_tool.launch.once import open_once
from lti_tool.launch.platform_keys import PlatformKeys
from lti_tool.launch.queries import DeploymentInfo, PlatformInfo

LONGEST_TOKEN = 100_000


class Message(FlaskMessageLaunch):  # type: ignore[misc]
    """One posted launch. After `validate` its row stands; `nonce`, `secret` (for the cookie) and `browser` (None when
    the browser sent no cookie at all) say how to go on."""

    def __init__(
        self,
        request: LtiRequest,
        config: ToolConfig,
        cookies: Cookies,
        *,
        session: OpenSession,
        engine: Engine,
        keys: PlatformKeys,
        stamps: Stamps,
        now: datetime,
        life: timedelta,
    ) -> None:
        # Without the library's own set-up, which draws a random launch id and opens an HTTP session each time.
        self._request, self._tool_config, self._cookie_service = request, config, cookies
        self._registration: KnownRegistration | None = None
        self._db, self._engine, self._keys, self._stamps = session, engine, keys, stamps
        self._now, self._life = now, life
        self._signed: CompactSignature | None = None
        self._deployment: DeploymentInfo | None = None
        self.nonce = ""
        self.secret = new_secret()
        self.browser: str | None = cookies.get_cookie(sessions.BROWSER_COOKIE)

    @property
    def platform(self) -> PlatformInfo | None:
        """The registration, once found."""
        return self._registration.info if self._registration is not None else None

    @property
    def state(self) -> str:
        return self._get_request_param("state") or ""

    @property
    def storage_target(self) -> str:
        """Where the LMS offers to keep things for us, empty where it does not."""
        return self._get_request_param("lti_storage_target") or ""

    @property
    def claims(self) -> dict[str, Any]:
        return self._jwt["body"]

    def validate(self) -> Self:
        """Raises Refused at the first fault; nothing is written then, except a pending deployment's row."""
        self._validated = True  # the library's accessors validate on their own otherwise
        self.check_token()
        return self.validate_state().validate_nonce().validate_deployment().save_launch_data()

    def check_token(self) -> Self:
        """The part that is about the token alone: shape, registration, signature, claims."""
        self._validated = True
        return self.validate_jwt_format().validate_registration().validate_jwt_signature().validate_message()

    def validate_jwt_format(self) -> Self:
        token = self._get_request_param("id_token")
        if not token:
            raise Refused("missing_id_token")
        if len(token) > LONGEST_TOKEN:
            raise Refused("token_too_large")
        try:
            self._signed = jws.extract_compact(token.encode(), registry=REGISTRY)
            header = self._signed.headers()
            body = json.loads(self._signed.payload, parse_constant=_no_constant)
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            raise Refused("malformed_token") from None
        if not isinstance(body, dict):
            raise Refused("malformed_token")
        if header.get("alg") != ALGORITHM or "b64" in header or "crit" in header:
            raise Refused("wrong_algorithm")
        if not isinstance(header.get("kid"), str) or not header["kid"]:
            raise Refused("missing_kid")
        self._jwt = {"header": header, "body": body}
        return self

    def validate_registration(self) -> Self:
        issuer = self.claims.get("iss")
        if not isinstance(issuer, str) or not issuer:
            raise Refused("missing_issuer")
        self._registration = self._tool_config.find_registration_by_params(issuer, c.client_of(self.claims))
        return self

    def validate_jwt_signature(self) -> Self:
        assert self.platform is not None
        assert self._signed is not None
        key = self._keys.find(self._db, self.platform, self._jwt["header"]["kid"], self._now)
        try:
            fits = jws.validate_compact(self._signed, key, registry=REGISTRY)
        except (JoseError, ValueError, TypeError):
            fits = False
        if not fits:
            raise Refused("bad_signature")
        return self

    def validate_message(self) -> Self:
        c.check(self.claims, self._now)
        return self

    def validate_state(self) -> Self:
        state = self._get_request_param("state")
        if not state:
            raise Refused("missing_state")
        said = self._stamps.read_state(state, self._now)
        assert self.platform is not None
        if said is None or said.platform_id != self.platform.id:
            raise Refused("wrong_state")
        if self.browser is not None and not same_browser(said, self.browser):
            raise Refused("other_browser")
        return self

    def validate_nonce(self) -> Self:
        self.nonce = self._stamps.nonce(self._get_request_param("state"))
        if self.claims["nonce"] != self.nonce:
            raise Refused("wrong_nonce")
        return self

    def validate_deployment(self) -> Self:
        assert self.platform is not None
        deployment_id = self.claims[c.DEPLOYMENT_ID]
        known = self._tool_config.find_deployment_by_params(
            self.platform.issuer, deployment_id, self.platform.client_id
        )
        if known is None:
            with everywhere(self._db()), writing(self._db()) as session:
                service.note_deployment(session, self.platform, deployment_id, self._now)
            raise Refused("deployment_pending")
        self._deployment = known.info
        return self

    def save_launch_data(self) -> Self:
        assert self.platform is not None
        assert self._deployment is not None
        row = {
            "nonce": self.nonce,
            "session_hash": sessions.cookie_hash(self.secret),
            "platform_id": self.platform.id,
            "deployment_id": self._deployment.id,
            "institution_id": self._deployment.institution_id,
            "claims": kept(self.claims),
            "created_at": self._now,
            "expires_at": self._now + self._life,
        }
        if not open_once(self._engine, row):
            raise Refused("already_used")
        return self


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
