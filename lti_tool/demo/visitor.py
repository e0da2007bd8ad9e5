"""A person at a browser, as far as HTTP goes: becomes somebody in the sandbox, opens the tool, sends forms.

The demo's figures come from here: every page and every change goes through the tool's own addresses.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

SECONDS = 30
HOPS = 6


class WentWrong(Exception):
    """A page did not answer as the demo needs it."""


@dataclass
class Form:
    """A form of a page. Boxes and radio buttons are sent when checked; buttons only when pressed."""

    action: str
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    classes: str = ""

    def value(self, name: str) -> str:
        return next(iter(self.values(name)), "")

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.open: Form | None = None
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(urljoin(self.url, given["href"]))
        elif tag == "form":
            self.open = Form(urljoin(self.url, given.get("action", "")), given.get("method", "get").lower())
            self.forms.append(self.open)
        elif self.open is not None and given.get("name"):
            if tag == "input" and (given.get("type") not in ("checkbox", "radio", "submit") or "checked" in given):
                self.open.fields.append((given["name"], given.get("value", "")))
            elif tag == "textarea":
                self.open.fields.append((given["name"], ""))
            elif tag == "select":
                self.select = given["name"]
        if tag == "option" and self.open is not None and self.select and "selected" in given:
            self.open.fields.append((self.select, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = None


@dataclass(frozen=True)
class Seen:
    """A page as it arrived."""

    url: str
    status: int
    text: str

    @cached_property
    def _read(self) -> _Reader:
        reader = _Reader(self.url)
        reader.feed(self.text)
        return reader

    @property
    def forms(self) -> list[Form]:
        return self._read.forms

    @property
    def links(self) -> list[str]:
        return self._read.links

    @property
    def title(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.S)
        return re.sub(r"<[^>]+>", "", found.group(1)).strip() if found else ""

    @property
    def error(self) -> str:
        found = re.search(r'data-error="([a-z_0-9]+)"', self.text)
        return found.group(1) if found else ""

    def has_form(self, action_part: str) -> bool:
        return any(action_part in form.action for form in self.forms)

    def form(self, action_part: str) -> Form:
        """The first form whose address holds this; raises WentWrong."""
        for form in self.forms:
            if action_part in form.action:
                return form
        raise WentWrong(f"{self.url} has no form for {action_part}: {self.title or self.text[:200]}")


class Visitor:
    """One person's browser. Secure cookies are kept over plain http, as browsers do on localhost."""

    def __init__(self, sandbox: str, person: int) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False  # everything is on this machine: no proxy is looked for
        self.session.cookies.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.post(f"{sandbox}/become", {"person": str(person)})

    def open(self, url: str) -> Seen:
        return self._seen("GET", url)

    def post(
        self,
        url: str,
        fields: dict[str, str] | list[tuple[str, str]],
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> Seen:
        parts = urlsplit(url)
        return self._seen("POST", url, data=fields, files=files, headers={"Origin": f"{parts.scheme}://{parts.netloc}"})

    def _seen(self, method: str, url: str, **what: Any) -> Seen:
        """The page after its redirects, one step at a time."""
        for _ in range(HOPS):
            answer = self.session.request(method, url, timeout=SECONDS, allow_redirects=False, **what)
            for cookie in self.session.cookies:
                cookie.secure = False  # sent back over plain http, as browsers do on loopback
            if answer.status_code not in (301, 302, 303, 307):
                return Seen(answer.url, answer.status_code, answer.text)
            method, url, what = "GET", urljoin(answer.url, answer.headers["Location"]), {}
        raise WentWrong(f"{url} redirects without an end")

    def send(self, form: Form, **more: str) -> Seen:
        """The form with these fields set or added."""
        fields = [(name, value) for name, value in form.fields if name not in more] + list(more.items())
        return self.post(form.action, fields)

    def launch(self, path: str) -> Seen:
        """Open the tool from the sandbox: the forms that a browser sends by itself, until a page of the tool stands."""
        page = self.open(self.sandbox + path)
        for _ in range(HOPS):
            step = next((form for form in page.forms if _sends_itself(form)), None)
            if step is None:
                break
            page = self.send(step) if step.method == "post" else self.open(step.action)
        if page.status >= 400 or page.url.startswith(self.sandbox):
            raise WentWrong(f"The launch ended at {page.url} with {page.status} {page.error or page.title}")
        return page


def _sends_itself(form: Form) -> bool:
    names = {name for name, _ in form.fields}
    return bool(names & {"login_hint", "id_token", "JWT"})
