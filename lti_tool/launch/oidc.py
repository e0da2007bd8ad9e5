"""pylti1p3's skeleton over our own tables and rules: tool configuration, cookies, login.

What is kept of the library is the shape of its flow; where it is not enough, and what stands there instead, is the
table in `tests/certification/test_weak_spots_over_http.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from pylti1p3.contrib.flask import FlaskCookieService, FlaskOIDCLogin
from pylti1p3.deployment import Deployment
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.tool_config import ToolConfAbstract

from lti_tool.kit.urls import with_params
from lti_tool.launch.directory import Directory, OpenSession
from lti_tool.launch.domain.facts import origins
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.domain.states import Stamps, new_secret
from lti_tool.launch.queries import DeploymentInfo, PlatformInfo
from lti_tool.launch.sessions import BROWSER_COOKIE, cookie_header

BROWSER_LIFE = 3600
"""Seconds that a browser is remembered between a login and its launch; every login renews it."""
LONGEST_HINT = 8000


class LtiRequest(Request):  # type: ignore[misc]
    """One request's form and cookies, without the framework around them."""

    def __init__(self, params: Any, cookies: Any) -> None:
        self._params, self._cookies = params, cookies

    @property
    def session(self) -> dict[str, Any]:
        return {}

    def is_secure(self) -> bool:
        return True

    def get_param(self, key: str) -> str | None:
        return self._params.get(key)  # type: ignore[no-any-return]

    def get_cookie(self, key: str) -> str | None:
        return self._cookies.get(key)  # type: ignore[no-any-return]


class KnownRegistration(Registration):  # type: ignore[misc]
    """A registration of ours."""

    def __init__(self, info: PlatformInfo) -> None:
        self.info = info
        self._issuer, self._client_id = info.issuer, info.client_id
        self._auth_login_url, self._auth_token_url = info.auth_login_url, info.auth_token_url
        self._key_set_url = info.jwks_url


class KnownDeployment(Deployment):  # type: ignore[misc]
    """A deployment that an administrator approved."""

    def __init__(self, info: DeploymentInfo) -> None:
        self.info = info
        self._deployment_id = info.deployment_id


class ToolConfig(ToolConfAbstract):  # type: ignore[misc]
    """Registrations and deployments out of our tables, always by issuer **and** client id."""

    def __init__(self, directory: Directory, session: OpenSession) -> None:
        self._directory, self._session = directory, session

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        return True

    def find_registration_by_issuer(self, iss: str, *_: Any, **__: Any) -> KnownRegistration:
        return KnownRegistration(self._directory.platform(self._session, iss, None))

    def find_registration_by_params(self, iss: str, client_id: str, *_: Any, **__: Any) -> KnownRegistration:
        return KnownRegistration(self._directory.platform(self._session, iss, client_id or None))

    def find_deployment(self, iss: str, deployment_id: str) -> KnownDeployment | None:
        return self.find_deployment_by_params(iss, deployment_id, "")

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *_: Any, **__: Any
    ) -> KnownDeployment | None:
        platform = self._directory.platform(self._session, iss, client_id or None)
        info = self._directory.deployment(self._session, platform.id, deployment_id)
        if info is not None and info.status == "refused":
            raise Refused("deployment_refused")
        return KnownDeployment(info) if info is not None and info.status == "approved" else None


class Cookies(FlaskCookieService):  # type: ignore[misc]
    """Reads cookies under their own names; `sessions.cookie_header` writes them."""

    def _get_key(self, key: str) -> str:
        return key


@dataclass(frozen=True, slots=True)
class Asked:
    """What the LMS is asked for one login: `url` leads there. `browser` is what ties the answer to this browser, and
    `remembered` whether it came with a cookie."""

    platform: PlatformInfo
    url: str
    state: str
    browser: str
    remembered: bool

    @property
    def cookie(self) -> tuple[str, str]:
        return cookie_header(BROWSER_COOKIE, self.browser, BROWSER_LIFE)


class Login(FlaskOIDCLogin):  # type: ignore[misc]
    """The answer to a third-party login request: a redirect to the registered LMS, with a state that is bound to
    this browser and a nonce that is bound to the state. Nothing is stored."""

    def __init__(self, request: LtiRequest, config: ToolConfig, cookies: Cookies, stamps: Stamps) -> None:
        # every service is given: the library's own would reach for Flask's session
        super().__init__(request, config, session_service=stamps, cookie_service=cookies)
        self._stamps = stamps

    def validate_oidc_login(self) -> KnownRegistration:
        issuer, client_id = self._get_request_param("iss"), self._get_request_param("client_id")
        if not issuer:
            raise Refused("missing_issuer")
        if not self._get_request_param("login_hint"):
            raise Refused("missing_login_hint")
        registration: KnownRegistration = self._tool_config.find_registration_by_params(issuer, client_id)
        return registration

    def answer(self, launch_url: str, now: datetime) -> Asked:
        """Where to send the browser, and what to give it. Raises Refused."""
        info = self.validate_oidc_login().info
        known = known_browser(self._cookie_service.get_cookie(BROWSER_COOKIE))
        browser = known or new_secret()
        state = self._stamps.state(info.id, browser, now)
        hint = quote_plus(self._get_request_param("login_hint")[:LONGEST_HINT])
        # state and nonce are of characters that a query takes as they are
        url = f"{_asking(info, launch_url)}&state={state}&nonce={self._stamps.nonce(state)}&login_hint={hint}"
        if message_hint := self._get_request_param("lti_message_hint"):
            url += f"&lti_message_hint={quote_plus(message_hint[:LONGEST_HINT])}"
        return Asked(info, url, state, browser, known is not None)


@lru_cache(maxsize=1000)
def _asking(platform: PlatformInfo, launch_url: str) -> str:
    """The authentication request as far as it is the same for everybody (1EdTech Security Framework 5.1.1.2)."""
    return with_params(
        platform.auth_login_url,
        {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": launch_url,
        },
    )


def known_browser(cookie: str | None) -> str | None:
    """The browser's own value, if it is one of ours by its looks; a planted short one is not taken over."""
    return cookie if cookie and len(cookie) == 43 and cookie.isascii() and cookie.isprintable() else None


def frames_of(platform: PlatformInfo) -> tuple[str, ...]:
    """The origins that a registration itself names: pages shown before there is a viewer may be framed by these."""
    return origins((platform.issuer, platform.auth_login_url))
