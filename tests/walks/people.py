"""Somebody at a browser: enters the tool from a course, opens pages, sends their forms."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from lti_tool.demo.visitor import HOPS, Form, Seen, Visitor

Files = dict[str, tuple[str, bytes, str]]


@dataclass(frozen=True)
class Page(Seen):
    """A page as it arrived."""

    @property
    def words(self) -> str:
        """What can be read on it, without markup, in one line."""
        body = self.text.split("</head>", 1)[-1]
        body = re.sub(r"<(script|style|template|svg)\b.*?</\1>", " ", body, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def ok(self) -> bool:
        return self.status == 200 and not self.error

    def says(self, *parts: str) -> bool:
        """Whether all of these can be read on it."""
        words = self.words
        missing = [part for part in parts if part not in words]
        assert not missing, f"{self.url} ({self.status}) does not say {missing}: {words[:3000]}"
        return True


class Someone(Visitor):
    """One person's browser."""

    def __init__(self, lms: str, person: int, tool: str) -> None:
        super().__init__(lms, person)
        self.person, self.tool = person, tool

    def enter(self, course: int, link: int) -> Page:
        """Opens the tool by a link in the course, whatever comes of it."""
        return self.follow(f"/courses/{course}/links/{link}/launch")

    def follow(self, path: str) -> Page:
        """A launch by any of the LMS's doors: a browser sends the forms between by itself."""
        page = self.open(self.sandbox + path)
        for _ in range(HOPS):
            step = next((form for form in page.forms if _sends_itself(form)), None)
            if step is None:
                break
            page = self.post(step.action, step.fields) if step.method == "post" else self.open(step.action)
        return _page(page)

    def see(self, path: str) -> Page:
        """A page of the tool."""
        return _page(self.open(self.tool + path))

    def do(self, path: str, fields: dict[str, Any] | None = None, files: Files | None = None) -> Page:
        """A form of the tool, posted from one of its own pages."""
        return _page(self.post(self.tool + path, fields or {}, files))

    def press(self, page: Seen, action: str, **more: str) -> Page:
        """The form on this page whose address holds `action`, with these fields set."""
        return _page(self.send(page.form(action), **more))

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """One request without following anything; the `requests` answer."""
        return self.session.request(
            method, self.tool + path, allow_redirects=False, timeout=30, headers={"Origin": self.tool}, **more
        )


def _page(seen: Seen) -> Page:
    return Page(seen.url, seen.status, seen.text)


def _sends_itself(form: Form) -> bool:
    return bool({name for name, _ in form.fields} & {"login_hint", "id_token", "JWT"})
