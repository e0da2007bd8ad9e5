"""Looking at the room's pages as somebody: through the real app, and every page is checked to be sound HTML."""

import re
from dataclasses import dataclass
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from lti_tool.web.viewer import Role, Viewer
from tests.diagnostics.course import SmallCourse
from tests.web.tree import Element, Page

OURS = {"Origin": "http://localhost"}


class Ordered(Page):
    """The tree with texts as children, so that an element's words come in the order they are read."""

    def handle_data(self, data: str) -> None:
        text = Element("", {}, self.at)
        text.words.append(data)
        self.at.children.append(text)


@dataclass(frozen=True)
class Seen:
    """A page as it came: status, bytes, its tree, its words in order, the reason code of a refusal."""

    status: int
    data: bytes
    location: str = ""

    @property
    def html(self) -> str:
        return self.data.decode()

    @property
    def tree(self) -> Element:
        return Ordered(self.html).root

    @property
    def text(self) -> str:
        plain = re.sub(r"<(script|style|template)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        return words(re.sub(r"<[^>]+>", " ", plain))

    @property
    def reason(self) -> str:
        found = re.search(r'data-error="([a-z_0-9]+)"', self.html)
        return found.group(1) if found else ""

    def part(self, labelled_by: str) -> str:
        """The words of one section or card."""
        return in_order(next(e for e in self.tree.walk() if e.attributes.get("aria-labelledby") == labelled_by))


def words(text: str) -> str:
    plain = unescape(text).translate({0x2068: None, 0x2069: None})  # directional isolates
    return re.sub(r"\s+([.,:;”)])", r"\1", " ".join(plain.split()))


def in_order(element: Element) -> str:
    """The words of an element."""
    return words(element.text)


def shape(element: Element) -> object:
    """Tags, attributes and words, white space between tags left out: what a browser makes of it."""
    inside = [shape(child) for child in element.children]
    own = " ".join("".join(element.words).split())
    return (element.tag, element.attributes, own, [one for one in inside if one != ("", {}, "", [])])


@dataclass
class Visitor:
    app: Flask
    client: FlaskClient

    @classmethod
    def of(cls, app: Flask) -> "Visitor":
        return cls(app, app.test_client())

    def be(self, viewer: Viewer) -> "Visitor":
        self.app.extensions["waymark.load_viewer"] = lambda: viewer
        return self

    def learner(self, course: SmallCourse, who: int) -> "Visitor":
        return self.be(course.viewer(Role.LEARNER, course.learners[who]))

    def teacher(self, course: SmallCourse) -> "Visitor":
        return self.be(course.viewer(Role.INSTRUCTOR))

    def open(self, address: str, *, part: bool = False) -> Seen:
        """`part`: as our script asks for what opens under a cell."""
        answer = self.client.get(address, headers={"X-Requested-With": "fetch"} if part else {})
        return Seen(answer.status_code, answer.data)

    def send(self, address: str, **fields: object) -> Seen:
        answer = self.client.post(address, data={k: str(v) for k, v in fields.items()}, headers=OURS)
        return Seen(answer.status_code, answer.data, answer.headers.get("Location", ""))
