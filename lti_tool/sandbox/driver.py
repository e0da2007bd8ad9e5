"""A browser's steps through a launch, over real HTTP, for tests of the tool: honest, or forged at any point.

    driver = LaunchDriver(sandbox.base_url, person=21, link=7)
    page = driver.launch()                                  # honest; redirects followed, cookies kept
    page = driver.forge(claims_patch={"exp": 1})            # one claim changed, signed with the platform's key
    page = driver.forge(claims_patch={"roles": None})       # None leaves a claim out; LTI claims by their short name
    page = driver.forge(key="foreign")                      # right kid, wrong key; also "none", "hmac", "broken", a key
    page = driver.forge(header_patch={"kid": "who"})
    page = driver.forge(state="of-somebody-else")
    page = driver.replay()                                  # the last form once more
    first, second = driver.login(), driver.login()          # two logins, to mix up: request.state, request.nonce

`LaunchDriver.deep_link(...)` and `.review(...)` start the two other messages; `submit(page)` posts the form that a page
holds (a deep-linking answer). Cookies marked Secure are kept over plain http on loopback, as browsers do; with
`cookies=False` none is.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from joserfc.jwk import RSAKey
from requests.adapters import HTTPAdapter

from lti_tool.sandbox.keys import new_key, sign, unverified
from lti_tool.sandbox.places import CLAIM

LTI_NAMES = {
    "context",
    "custom",
    "deployment_id",
    "for_user",
    "launch_presentation",
    "lis",
    "message_type",
    "resource_link",
    "roles",
    "target_link_uri",
    "tool_platform",
    "version",
}
Signer = Literal["platform", "foreign", "none", "hmac", "broken"] | RSAKey


@dataclass(frozen=True)
class Form:
    action: str
    fields: dict[str, str]
    method: str = "post"


@dataclass(frozen=True)
class AuthRequest:
    """Where the tool's login sent the browser."""

    url: str
    params: dict[str, str]
    method: str = "get"

    @property
    def state(self) -> str:
        return self.params.get("state", "")

    @property
    def nonce(self) -> str:
        return self.params.get("nonce", "")


class StepFailed(AssertionError):
    """A step did not answer as a launch needs it; `response` is what came instead."""

    def __init__(self, words: str, response: requests.Response) -> None:
        super().__init__(f"{words}: {response.status_code} {response.url}\n{response.text[:600]}")
        self.response = response


class Loopback(HTTPAdapter):
    """Browsers trust loopback: they keep a Secure cookie over plain http there. `requests` would not send it back.
    With `keep` off no cookie is kept at all, as in a browser that blocks them."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        super().__init__()

    def send(self, *arguments: Any, **more: Any) -> requests.Response:
        answer = super().send(*arguments, **more)
        # What the cookie jar reads; `answer.headers` still shows what was sent.
        original = getattr(answer.raw, "_original_response", None)
        if original is not None:
            sent = original.msg.get_all("Set-Cookie") or []
            del original.msg["Set-Cookie"]
            for cookie in sent if self.keep else []:
                parts = [part for part in cookie.split(";") if part.strip().lower() != "secure"]
                original.msg["Set-Cookie"] = ";".join(parts)
        return answer


@dataclass
class LaunchDriver:
    base_url: str
    person: int
    link: int | None = None
    course: int | None = None
    cookies: bool = True
    timeout: float = 20
    path: str = ""
    """Where the launch starts on the platform; worked out from `link` when empty."""
    session: requests.Session = field(default_factory=requests.Session)
    sent: Form | None = None
    """The last id_token form posted to the tool."""

    def __post_init__(self) -> None:
        self.session.mount("http://", Loopback(keep=self.cookies))
        self.session.headers["User-Agent"] = "LaunchDriver"

    @classmethod
    def deep_link(cls, base_url: str, person: int, course: int, **more: Any) -> Self:
        return cls(base_url, person, course=course, path=f"/courses/{course}/add/launch", **more)

    @classmethod
    def review(cls, base_url: str, person: int, course: int, item: int, for_user: int, **more: Any) -> Self:
        path = f"/courses/{course}/items/{item}/review/{for_user}/launch"
        return cls(base_url, person, course=course, path=path, **more)

    def close(self) -> None:
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The honest way

    def launch(self) -> requests.Response:
        """The whole launch; the tool's final page with redirects followed (`.history`), cookies in `session`."""
        return self.send(self.authorise(self.login()))

    def start(self) -> Form:
        """The platform's login form for a new launch."""
        page = self._get(self.base_url + self._path())
        return self._form(page, "The platform did not start a launch")

    def login(self, form: Form | None = None, method: Literal["post", "get"] = "post") -> AuthRequest:
        """Sends the login form to the tool and reads where it sends the browser. Some platforms use GET."""
        form = form or self.start()
        fields = {"params": form.fields} if method == "get" else {"data": form.fields}
        page = self.session.request(method, form.action, **fields, allow_redirects=False, timeout=self.timeout)  # type: ignore[arg-type]
        if page.status_code in (301, 302, 303, 307):
            url = urljoin(page.url, page.headers["Location"])
            return AuthRequest(url, dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))
        answer = self._form(page, "The tool's login did not lead to the platform")
        return AuthRequest(answer.action, answer.fields, answer.method)

    def authorise(self, request: AuthRequest) -> Form:
        """Sends the authorisation request; the form with id_token and state (or error) that comes back."""
        if request.method == "get":
            page = self._get(request.url)
        else:
            page = self.session.post(request.url, data=request.params, timeout=self.timeout)
        return self._form(page, "The platform refused the authorisation request")

    def send(self, form: Form) -> requests.Response:
        """Posts a form to the tool, following redirects."""
        self.sent = form
        return self.session.post(form.action, data=form.fields, timeout=self.timeout)

    def submit(self, page: requests.Response) -> requests.Response:
        """Posts the first form on a page, as a script on it would."""
        form = self._form(page, "There is no form on the page")
        return self.session.post(form.action, data=form.fields, timeout=self.timeout)

    # The crooked ways

    def replay(self) -> requests.Response:
        """The last form once more, in the same browser."""
        if self.sent is None:
            raise AssertionError("nothing was sent yet")
        return self.send(self.sent)

    def forge(
        self,
        claims_patch: Mapping[str, Any] | None = None,
        header_patch: Mapping[str, Any] | None = None,
        key: Signer = "platform",
        state: str | None = None,
    ) -> requests.Response:
        """An honest login, then a token and state that are changed as asked."""
        return self.send(self.forged(self.authorise(self.login()), claims_patch, header_patch, key, state))

    def forged(
        self,
        form: Form,
        claims_patch: Mapping[str, Any] | None = None,
        header_patch: Mapping[str, Any] | None = None,
        key: Signer = "platform",
        state: str | None = None,
    ) -> Form:
        """The same form with a changed token, not sent."""
        header, claims = unverified(form.fields["id_token"])
        for name, value in (claims_patch or {}).items():
            full = CLAIM + name if name in LTI_NAMES else name
            claims = {each: old for each, old in claims.items() if each != full}
            if value is not None:
                claims[full] = value
        fields = dict(form.fields, id_token=self._sign(header, dict(header_patch or {}), claims, key))
        return Form(form.action, fields if state is None else fields | {"state": state}, form.method)

    def _sign(self, header: dict[str, Any], patch: dict[str, Any], claims: dict[str, Any], key: Signer) -> str:
        if isinstance(key, RSAKey):
            return sign(claims, key, header | patch)
        if key == "foreign":
            return sign(claims, new_key("foreign"), header | patch)
        if key == "none":
            return compact({**header, "alg": "none", **patch}, claims) + "."
        if key == "hmac":
            text = compact({**header, "alg": "HS256", **patch}, claims)
            return text + "." + _b64(hmac.digest(self._public_key(str(header["kid"])), text.encode(), hashlib.sha256))
        answer = self.session.post(
            self.base_url + "/control/sign", json={"header": header | patch, "claims": claims}, timeout=self.timeout
        )
        token = str(answer.json()["token"])
        if key == "broken":
            head, _, signature = token.rpartition(".")
            return f"{head}.{'A' if signature[10] != 'A' else 'B'}{signature[1:10]}{signature[:1]}{signature[11:]}"
        return token

    def _public_key(self, kid: str) -> bytes:
        facts = self._get(self.base_url + "/control/platform").json()
        keys = self._get(facts["jwks_url"]).json()["keys"]
        found = next(each for each in keys if each["kid"] == kid)
        return RSAKey.import_key(found).as_pem(private=False)

    # Small steps

    def _path(self) -> str:
        path = self.path
        if not path:
            course = self.course or self._course_of_link()
            path = f"/courses/{course}/links/{self.link}/launch"
        return f"{path}?as={self.person}"

    def _course_of_link(self) -> int:
        links = self._get(self.base_url + "/control/state").json()["links"]
        return int(next(each["course"] for each in links if each["id"] == self.link))

    def _get(self, url: str) -> requests.Response:
        return self.session.get(url, timeout=self.timeout)

    def _form(self, page: requests.Response, words: str) -> Form:
        forms = forms_of(page.text, page.url)
        if page.status_code != 200 or not forms:
            raise StepFailed(words, page)
        return forms[0]


def compact(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Header and payload of a JWT, without a signature."""
    return ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((has.get("action", ""), has.get("method", "get").lower(), {}))
        elif tag == "input" and self.found and has.get("name"):
            self.found[-1][2][has["name"]] = has.get("value", "")


def forms_of(html: str, url: str) -> list[Form]:
    """The forms of a page with their inputs."""
    parser = _Forms()
    parser.feed(html)
    return [Form(urljoin(url, action), fields, method) for action, method, fields in parser.found]
