"""A browser's way through launches over real HTTP, honest and forged, and how a refused one must look."""

import re
from html import unescape
from typing import Any

import requests

from lti_tool.launch.models import Launch
from lti_tool.launch.sessions import COOKIE
from lti_tool.sandbox import LaunchDriver
from lti_tool.sandbox.driver import Form
from tests.walks import seeds
from tests.walks.campus import Lms
from tests.walks.seeds import MAPLE


def browser(lms: Lms, person: int = MAPLE, link: int = seeds.MAP, **more: Any) -> LaunchDriver:
    return LaunchDriver(lms.url, person=person, link=link, course=seeds.COURSE, **more)


def asked(driver: LaunchDriver) -> Form:
    """An honest login, as far as the LMS's form with state and token."""
    return driver.authorise(driver.login())


def reason_of(answer: requests.Response) -> str:
    """The reason code of a page that refuses as it must: a 4xx with words, and no session."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert COOKIE + "=" not in answer.headers.get("Set-Cookie", "")
    assert "<h1" in answer.text
    return found(answer, 'data-error="([a-z_0-9]+)"')


def refused(lms: Lms, *patches: dict[str, Any]) -> list[str]:
    """Why each of these changes to one honest token is refused. None of them uses it up: as it was, it opens."""
    with browser(lms) as driver:
        form, before = asked(driver), launches(lms)
        reasons = [reason_of(driver.send(driver.forged(form, each))) for each in patches]
        assert driver.session.get(f"{lms.tool.url}/welcome", timeout=20).status_code == 401
        assert launches(lms) == before
        assert inside(driver.send(form))
    return reasons


def lets_in(lms: Lms, person: int = MAPLE, **claims: Any) -> requests.Response:
    with browser(lms, person) as driver:
        answer = driver.forge(claims)
    assert inside(answer), (claims, answer.status_code, answer.url, answer.text[:600])
    return answer


def inside(answer: requests.Response) -> bool:
    return answer.status_code == 200 and "/start" not in answer.url and "data-error" not in answer.text


def launches(lms: Lms) -> int:
    return lms.tool.read(lambda s: s.query(Launch).count())


def control(lms: Lms, lever: str, **how: Any) -> Any:
    answer = requests.post(f"{lms.url}/control/{lever}", json=how, timeout=20)
    assert answer.ok, answer.text
    return answer.json()


def found(page: requests.Response, pattern: str) -> str:
    """The one group of this pattern on a page."""
    match = re.search(pattern, page.text)
    assert match is not None, (pattern, page.text[:2000])
    return unescape(match.group(1))
