"""Our own assessments on Canvas, from deep linking to the gradebook, by Canvas's rules."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from lti_tool.sandbox.seed import Course
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.seeds import ADMIN, ALDER, CEDAR, HAZEL, LINDEN, MAPLE, ROWAN, TEACHER, TEST
from tests.walks.steps import Own

CRITERIA = ("Makes media for an audience", "Credits others and chooses a licence")


@pytest.fixture(scope="module")
def canvas(tool: Tool) -> Lms:
    lms = tool.add_lms(seeds.seed(seeds.course()), "canvas")
    steps.enter_all(lms, ADMIN)
    steps.bring_framework(lms.be(ADMIN))
    steps.enter_all(lms, TEACHER, TEST)
    tool.sweep()
    return lms


@pytest.fixture(scope="module")
def radio(canvas: Lms) -> Own:
    own = steps.place(canvas, "Radio play", CRITERIA)
    steps.map_all(canvas.tool, canvas.be(TEACHER), dict(zip(CRITERIA, ("B1", "B2"), strict=True)))
    return own


def stopped(canvas: Lms, person: str) -> str:
    """What the connections page says of a learner's score."""
    words = canvas.be(ADMIN).see("/admin/deliveries").words
    return words.split("Scores on their way")[1].split(person)[1][:600] if person in words else ""


def suspend(course: Course, person: int, *, suspended: bool) -> Course:
    enrolments = (replace(one, suspended=suspended) if one.person == person else one for one in course.enrolments)
    return replace(course, enrolments=tuple(enrolments))


def test_a_link_made_by_deep_linking_has_its_column_and_opens_the_task(canvas: Lms, radio: Own) -> None:
    (item,) = [one for one in canvas.served.campus.items.values() if one.label == radio.title]
    assert (item.resource_id, item.tag, item.maximum, item.link_id) == (radio.ref, "waymark", 6, radio.link)
    assert item.review
    page = canvas.be(MAPLE).enter(seeds.COURSE, radio.link)
    assert page.says("Radio play", "Makes media for an audience", "Hand in")
    assert canvas.be(TEACHER).enter(seeds.COURSE, radio.link).says("Maple Example", "Not yet")


def test_work_is_handed_in_marked_and_in_the_gradebook(canvas: Lms, radio: Own) -> None:
    maple = canvas.be(MAPLE)
    page = maple.enter(seeds.COURSE, radio.link)
    assert maple.press(page, "/hand-in", text="A made-up radio play.").says("Your work is handed in")
    assert steps.mark_own(canvas, radio, MAPLE, 3, 2, comment="Well cast").says("Maple Example: 5 of 6")
    canvas.tool.sweep()
    result = canvas.column(radio.title)[MAPLE]
    assert (result.score, result.maximum, result.accepted, result.rejected) == (5, 6, 1, 0)
    assert result.comment.startswith("Well cast")
    assert f"Report: {canvas.tool.url}" in result.comment
    assert not result.needs_grading
    assert result.submissions == 0  # no new hand-in, so no mail to the teachers
    assert maple.enter(seeds.COURSE, radio.link).says("5 of 6", "Well cast")
    assert canvas.be(TEACHER).enter(seeds.COURSE, radio.link).says("In the gradebook")
    assert steps.evidence(canvas, MAPLE) == {"B1": [(1.0, True)], "B2": [(0.6667, True)]}


def test_two_marks_in_one_second_arrive_in_order_with_rising_times(canvas: Lms, radio: Own) -> None:
    steps.mark_own(canvas, radio, ROWAN, 1, 1)
    canvas.tool.sweep()
    steps.mark_own(canvas, radio, ROWAN, 3, 3)
    canvas.tool.sweep()
    canvas.tool.later(seconds=3)
    result = canvas.column(radio.title)[ROWAN]
    assert (result.score, result.rejected, result.doubled, result.repeated) == (6, 0, 0, 0)
    times = [datetime.fromisoformat(post["timestamp"]) for post in result.log]
    assert [post["scoreGiven"] for post in result.log][-1] == 6
    assert all((later - earlier).total_seconds() >= 1 for earlier, later in pairwise(times))
    assert all(time.microsecond == 0 for time in times)


def test_a_lost_answer_is_sent_again_and_doubles_neither_mark_nor_comment(canvas: Lms, radio: Own) -> None:
    with canvas.fault(ags={"kind": "lost", "count": 1}):
        steps.mark_own(canvas, radio, LINDEN, 2, 2, comment="Good sound")
        canvas.tool.sweep()
        assert "Trying again" in stopped(canvas, "Linden Example")
    canvas.tool.later(minutes=1)
    result = canvas.column(radio.title)[LINDEN]
    assert (result.score, result.rejected, result.doubled) == (4, 0, 0)
    assert result.comment.count("Good sound") == 1
    assert result.comment.count("Report:") == 1
    assert "In the gradebook" in stopped(canvas, "Linden Example")


def test_canvas_takes_no_mark_for_somebody_who_left_and_the_page_says_what_to_do(canvas: Lms, radio: Own) -> None:
    canvas.be(CEDAR).enter(seeds.COURSE, radio.link)
    canvas.change_course(seeds.COURSE, lambda course: suspend(course, CEDAR, suspended=True))
    steps.mark_own(canvas, radio, CEDAR, 1, 2)
    canvas.tool.sweep()
    told = stopped(canvas, "Cedar Example")
    assert "Stopped" in told
    assert "does not take a mark for this person" in told
    assert "Check the person's enrolment in the LMS, then send it again." in told
    assert CEDAR not in canvas.column(radio.title)
    canvas.change_course(seeds.COURSE, lambda course: suspend(course, CEDAR, suspended=False))
    admin = canvas.be(ADMIN)
    page = admin.see("/admin/deliveries")
    (retry,) = [form for form in page.forms if form.action.endswith("/aside")]
    assert admin.do(retry.action.removeprefix(admin.tool).replace("/aside", "/retry")).says("On its way again.")
    canvas.tool.later(seconds=2)
    assert canvas.column(radio.title)[CEDAR].score == 3
    assert "In the gradebook" in stopped(canvas, "Cedar Example")


def test_the_test_student_sees_marks_and_is_never_posted(canvas: Lms, radio: Own) -> None:
    test = canvas.be(TEST)
    page = test.enter(seeds.COURSE, radio.link)
    assert test.press(page, "/hand-in", text="Trying it out").ok
    steps.mark_own(canvas, radio, TEST, 2, 3)
    before = dict(canvas.served.campus.counts)
    canvas.tool.later(seconds=2)
    assert TEST not in canvas.column(radio.title)
    assert canvas.served.campus.counts["scores_rejected"] == before.get("scores_rejected", 0)
    assert canvas.be(TEACHER).enter(seeds.COURSE, radio.link).says("test student gets no grades")
    assert test.enter(seeds.COURSE, radio.link).says("5 of 6")
    assert "Test Student" not in canvas.be(TEACHER).see("/diagnostics/class").words
    again = canvas.be(TEACHER).do(f"/grading/assessments/{radio.ref}/send/{steps.person_id(canvas, TEST)}")
    assert (again.status, again.error) == (400, "not_to_be_sent")


def test_a_hidden_mark_goes_to_the_gradebook_when_it_is_shown(canvas: Lms, radio: Own) -> None:
    steps.mark_own(canvas, radio, HAZEL, 3, 0, comment="Not said yet", hidden=True)
    canvas.tool.sweep()
    assert HAZEL not in canvas.column(radio.title)
    hazel = canvas.be(HAZEL)
    assert "Not said yet" not in hazel.enter(seeds.COURSE, radio.link).text
    teacher = canvas.be(TEACHER)
    teacher.press(teacher.see(f"/grading/assessments/{radio.ref}/marking"), "/release").says("1 mark is shown now.")
    canvas.tool.later(seconds=2)
    assert canvas.column(radio.title)[HAZEL].score == 3
    assert hazel.enter(seeds.COURSE, radio.link).says("Not said yet", "3 of 6")


def test_a_mark_that_is_hidden_again_on_its_way_does_not_arrive_until_it_is_shown(canvas: Lms, radio: Own) -> None:
    other = steps.place(canvas, "Second thoughts", CRITERIA)
    with canvas.fault(ags="503"):
        steps.mark_own(canvas, other, HAZEL, 1, 1, comment="First")
        canvas.tool.sweep()
        assert "Trying again" in stopped(canvas, "Hazel Example")
        steps.mark_own(canvas, other, HAZEL, 1, 1, comment="First", hidden=True)
    canvas.tool.later(minutes=5)
    assert canvas.column(other.title) == {}
    told = stopped(canvas, "Hazel Example")
    assert "The mark is hidden from the learner. It is sent once it is shown." in told
    teacher, page = canvas.be(TEACHER), f"/grading/assessments/{other.ref}"
    teacher.enter(seeds.COURSE, seeds.MAP)
    again = teacher.do(f"{page}/send/{steps.person_id(canvas, HAZEL)}")
    assert (again.status, again.error) == (400, "not_to_be_sent")
    teacher.press(teacher.see(f"{page}/marking"), "/release")
    canvas.tool.later(seconds=2)
    assert canvas.column(other.title)[HAZEL].score == 2


def test_a_form_without_a_rating_is_no_zero(canvas: Lms, radio: Own) -> None:
    """Sent in haste: nothing is marked, and nothing goes to the gradebook."""
    page = steps.mark_own(canvas, radio, ALDER, None, None, comment="To do")
    assert page.status == 400
    assert page.says("Choose at least one rating", "To do")
    canvas.tool.later(seconds=2)
    assert ALDER not in canvas.column(radio.title)
    assert steps.marks(canvas, radio.title, ALDER) == {}


def test_a_column_that_was_deleted_is_made_anew_when_the_mark_is_sent_again(canvas: Lms, radio: Own) -> None:
    """The LMS's own column of the link went away: the delivery stops and says so; sent again, there is a column."""
    quiz = steps.place(canvas, "Quiz of two parts", CRITERIA)
    items = canvas.served.campus.items
    (number,) = [one.id for one in items.values() if one.label == quiz.title]
    del items[number]
    steps.mark_own(canvas, quiz, ALDER, 1, 1)
    canvas.tool.sweep()
    told = stopped(canvas, "Alder Example")
    assert "has no such column in its gradebook" in told
    teacher = canvas.be(TEACHER)
    teacher.press(teacher.see(f"/grading/assessments/{quiz.ref}/marking"), "/send").says("1 grade is being sent again")
    canvas.tool.later(seconds=3)
    assert canvas.column(quiz.title)[ALDER].score == 2


def test_a_submission_review_opens_the_learner_for_the_teacher_and_themselves_only(canvas: Lms, radio: Own) -> None:
    (item,) = [one for one in canvas.served.campus.items.values() if one.label == radio.title]
    path = f"/courses/{seeds.COURSE}/items/{item.id}/review/{MAPLE}/launch"
    assert canvas.be(TEACHER).follow(path).says("Maple Example")
    assert canvas.be(MAPLE).follow(path).title == "Radio play"
    assert canvas.be(ROWAN).follow(path).status == 403
