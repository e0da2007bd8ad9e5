"""The sandbox's own pages: who sees what."""

import pytest
import requests

from lti_tool.sandbox import LaunchDriver, Served
from tests.sandbox.conftest import control


def page(sandbox: Served, path: str, person: int | None = None) -> requests.Response:
    query = "" if person is None else ("&" if "?" in path else "?") + f"as={person}"
    return requests.get(sandbox.base_url + path + query, timeout=10)


def test_the_front_page_lists_courses_and_says_that_all_is_fictional(either: Served) -> None:
    text = page(either, "/").text
    assert "everyone here is fictional" in text
    assert "Digital practice" in text
    assert ("Test Student" in text) == (either.campus.temper == "canvas")


def test_one_becomes_a_person_and_stays_it(either: Served) -> None:
    with requests.Session() as browser:
        answer = browser.post(f"{either.base_url}/become", data={"person": "21", "back": "/courses/5"}, timeout=5)
        assert answer.url.endswith("/courses/5")
        assert "You are <strong>Maple Example</strong>" in answer.text
        assert "Student" in answer.text
        away = {"person": "21", "back": "//elsewhere.example"}
        assert browser.post(f"{either.base_url}/become", data=away, timeout=5).url == f"{either.base_url}/"
        assert browser.post(f"{either.base_url}/become", data={"person": "999"}, timeout=5).status_code == 404


def test_a_student_sees_their_own_mark_once_it_is_released(either: Served) -> None:
    course = page(either, "/courses/5", 21).text
    assert "6 / 9" in course
    assert "Not released yet" in course
    hidden = page(either, "/courses/5/assignments/33", 21).text
    assert "secret so far" not in hidden
    assert "There is no mark to see yet" in hidden
    assert "secret so far" in page(either, "/courses/5/assignments/33", 11).text
    control(either, "mark", {"assignment": 33, "person": 21, "release": True})
    assert "secret so far" in page(either, "/courses/5/assignments/33", 21).text


def test_a_student_does_not_see_the_marks_of_others(either: Served) -> None:
    text = page(either, "/courses/5/gradebook", 21).text
    assert "Maple Example" in text
    assert "Rowan Example" not in text
    assert "Rowan Example" in page(either, "/courses/5/gradebook", 11).text


def test_doors_are_shut_to_those_outside(either: Served) -> None:
    assert page(either, "/courses/5", 31).status_code == 403
    assert page(either, "/courses/99").status_code == 404
    assert page(either, "/courses/6/links/7").status_code == 404
    assert page(either, "/courses/5/add/launch", 21).status_code == 403
    assert page(either, "/admin", 11).status_code == 403
    assert page(either, "/admin", 2).status_code == 200


def test_a_link_opens_in_a_frame_on_another_site(either: Served) -> None:
    text = page(either, "/courses/5/links/7", 21).text
    assert '/courses/5/links/7/launch?as=21"' in text
    assert ('name="post_message_forwarding"' in text) == (either.campus.temper == "canvas")
    assert either.base_url.startswith("http://127.0.0.1:")
    with LaunchDriver(either.base_url, 21, 7) as driver:
        assert driver.start().action.startswith("http://localhost:")


def test_the_gradebook_shows_what_the_tool_sent_and_opens_its_work(either: Served) -> None:
    from lti_tool.sandbox.gradebook import Result

    either.campus.results[1, 21] = Result(score=73.456, maximum=100, comment="<b>Well</b> argued", accepted=1)
    text = page(either, "/courses/5/gradebook", 11).text
    assert "73.46" in text
    assert "&lt;b&gt;Well&lt;/b&gt; argued" in text
    assert "/courses/5/items/1/review/21" in text


def test_an_administrator_registers_a_tool_by_its_address(either: Served) -> None:
    form = {"url": "https://tool.example/register"}
    answer = requests.post(f"{either.base_url}/admin/register?as=2", data=form, timeout=5)
    assert "https://tool.example/register?openid_configuration=" in answer.text
    assert "org.imsglobal" not in answer.text
    wrong = requests.post(f"{either.base_url}/admin/register?as=2", data={"url": "tool.example"}, timeout=5)
    assert "Enter a full address" in wrong.text
    assert requests.post(f"{either.base_url}/admin/register?as=11", data=form, timeout=5).status_code == 403


@pytest.mark.parametrize("path", ["/", "/courses/5", "/courses/5/links/7", "/courses/5/gradebook", "/courses/99"])
def test_every_page_has_a_policy_and_is_not_kept(either: Served, path: str) -> None:
    answer = page(either, path, 11)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("<h1") == 1


def test_a_course_is_copied_with_its_links_and_without_marks(either: Served) -> None:
    made = control(either, "copy", {"course": 5, "title": "Next term"})
    campus = either.campus
    links = [campus.links[each] for each in made["links"]]
    olds = [each for each in campus.links.values() if each.course_id == 5]
    assert [each.link.custom for each in links] == [each.link.custom for each in olds]
    assert not {each.link.id for each in links} & {each.link.id for each in olds}
    text = page(either, f"/courses/{made['course']}", 21).text
    assert "Next term" in text
    assert "No assignments." in text
    columns = [each.id for each in campus.items.values() if each.course_id == made["course"]]
    assert len(columns) == sum(each.link.score_maximum is not None for each in links)
    assert not [key for key in campus.results if key[0] in columns]
