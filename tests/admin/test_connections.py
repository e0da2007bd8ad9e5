"""The connections page: what an administrator sees of each LMS, and what they do about it."""

import re

import pytest
from sqlalchemy import select

from lti_tool.grading.models import LmsConnection
from lti_tool.launch.models import Platform
from tests.admin.conftest import EXPIRED, FEW
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.people import Page, Someone
from tests.walks.seeds import ADMIN, TEACHER


@pytest.fixture
def admin(moodle: Lms) -> Someone:
    someone = moodle.be(ADMIN)
    assert someone.enter(seeds.COURSE, seeds.MAP).title == "Connections"
    return someone


def section(page: Page, name: str) -> str:
    """What the page says of one LMS, from its heading to the next section."""
    return page.words.split("Addresses for your LMS")[0].split(f"The {name} ")[1].split(" The Canvas ")[0]


def paste(lms: Lms, admin: Someone, **given: str) -> Page:
    number = lms.platform_id
    fields = {"kind": lms.temper, "base_url": lms.url, "token": seeds.TOKEN} | given
    form = {f"{name}-{number}": value for name, value in fields.items()}
    return admin.do(f"/admin/platforms/{number}/connection", form)


def test_a_new_lms_says_what_works_and_what_is_still_to_do(admin: Someone, canvas: Lms) -> None:
    page = admin.see("/admin/connections")
    assert page.says("Opening Waymark Works. Keys last read on", "Not connected. Launches and grades work;")
    assert page.says("Make a token in the LMS (the guides say how).", "0 in the gradebook, 0 on their way, 0 stopped.")
    assert admin.see("/admin/deliveries").says("No score has been sent yet.")
    assert "Nobody has opened it from this LMS yet." in page.words.split("The Canvas", 1)[1]
    assert page.says(f"{admin.tool}/lti/launch", f"{admin.tool}/lti/login", f"{admin.tool}/lti/jwks.json")
    assert page.says("Everything that was checked works.")


def test_a_good_token_works_at_once_and_is_never_shown_again(moodle: Lms, admin: Someone) -> None:
    assert paste(moodle, admin).says("Works: Sandbox College", "Works. Last read on")
    for page in steps.pages_of(admin, "/admin/connections", "/frameworks", "/grading/assessments").values():
        assert seeds.TOKEN not in page.text
    kept = moodle.tool.read(lambda s: s.scalars(select(LmsConnection.token_sealed)).all())
    assert kept
    assert not [one for one in kept if seeds.TOKEN in one]
    form = next(form for form in admin.see("/admin/connections").forms if form.action.endswith("/connection"))
    assert form.value(f"token-{moodle.platform_id}") == ""
    assert form.value(f"base_url-{moodle.platform_id}") == moodle.url


def test_a_canvas_is_connected_beside_the_moodle(moodle: Lms, admin: Someone, canvas: Lms) -> None:
    assert paste(canvas, admin).says("Works: Canvas.")
    assert paste(moodle, admin).ok
    page = admin.see("/admin/connections")
    assert page.words.count("Works. Last read on") == 2


@pytest.mark.parametrize("token", ["a-wrong-token", EXPIRED])
def test_a_token_that_does_not_work_says_why_and_what_to_do(moodle: Lms, admin: Someone, token: str) -> None:
    page = paste(moodle, admin, token=token)
    assert page.says("Saved, and it does not work yet.", "1 thing does not work", "Check again")
    assert len(re.findall(r"[a-z]\. [A-Z]", section(page, "Moodle"))) >= 1  # what it is, and a next step
    assert token not in page.text
    assert paste(moodle, admin).says("Everything that was checked works.")


def test_a_token_that_lacks_rights_says_which(moodle: Lms, admin: Someone) -> None:
    page = paste(moodle, admin, token=FEW)
    assert page.says("Its account lacks:", "core_grading_get_gradingform_instances")
    assert "core_webservice_get_site_info," not in page.words


def test_the_check_follows_the_lms(moodle: Lms, admin: Someone) -> None:
    paste(moodle, admin)
    with moodle.fault(rest="503"):
        page = admin.press(admin.see("/admin/connections"), "/check")
        assert page.says("does not work yet", "status 503", "1 thing does not work")
    assert admin.press(admin.see("/admin/connections"), "/check").says("Works: Sandbox College", "Everything")


def test_what_cannot_be_a_connection_is_refused_and_the_old_one_stays(moodle: Lms, admin: Someone) -> None:
    paste(moodle, admin)
    for given, words in (
        ({"token": "   "}, "No token was given."),
        ({"kind": "blackboard"}, "This kind of LMS has no second connection."),
        ({"base_url": "my moodle"}, "This is no web address."),
        ({"base_url": "javascript:alert(1)"}, "This is no web address."),
        ({"base_url": ""}, "This is no web address."),
    ):
        page = paste(moodle, admin, **given)
        assert page.status == 400
        assert page.says(words)
        assert admin.see("/admin/connections").says("Works. Last read on")


def test_checking_what_was_never_connected_is_said(canvas: Lms, admin: Someone) -> None:
    page = admin.do(f"/admin/platforms/{canvas.platform_id}/check")
    assert (page.status, page.error) == (404, "lms_not_connected")
    assert admin.do("/admin/platforms/4711/check").status == 404
    fields = {"token-4711": "t", "kind-4711": "moodle", "base_url-4711": "https://lms.example"}
    assert admin.do("/admin/platforms/4711/connection", fields).status == 404


def test_a_deployment_waits_is_approved_closed_and_opened_again(tool: Tool, moodle: Lms, admin: Someone) -> None:
    """A second place in the LMS: the tool was installed there too."""
    moodle.registered.deployment_id, old = "77", moodle.registered.deployment_id
    teacher = moodle.be(TEACHER)
    page = teacher.enter(seeds.COURSE, seeds.MAP)
    assert (page.status, page.error) == (403, "deployment_pending")
    assert page.says("An administrator of your institution's Waymark has to approve it")
    row = deployment(admin, "77")
    assert "not approved" in row
    assert decide(admin, "77", "Approve").says("Approved. It works at the next opening.")
    assert teacher.enter(seeds.COURSE, seeds.MAP).error == "no_framework"
    assert decide(admin, "77", "Close it").says("Refused.")
    tool.app.extensions["waymark.launch"].directory.forget()  # half a minute goes by
    page = teacher.enter(seeds.COURSE, seeds.MAP)
    assert (page.status, page.error) == (403, "deployment_refused")
    assert "Refused. Nobody gets in from there." in deployment(admin, "77")
    assert decide(admin, "77", "Approve after all").says("Approved.")
    assert teacher.enter(seeds.COURSE, seeds.MAP).error == "no_framework"
    moodle.registered.deployment_id = old


def test_a_refused_deployment_stays_out(moodle: Lms, admin: Someone) -> None:
    moodle.registered.deployment_id = "78"
    assert moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP).error == "deployment_pending"
    assert decide(admin, "78", "Refuse").says("Refused.")
    assert moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP).error == "deployment_refused"


def test_a_decision_that_says_nothing_decides_nothing(moodle: Lms, admin: Someone) -> None:
    moodle.registered.deployment_id = "79"
    moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
    action, _ = button(part_of(admin, "79"), "Approve")
    page = admin.do(action, {"decision": "perhaps"})
    assert page.status == 400
    assert "not approved" in deployment(admin, "79")


def deployment(admin: Someone, number: str) -> str:
    words = admin.see("/admin/connections").words.split(f"Deployment {number} ")[1]
    return words.split("Deployment")[0].split("Reading assignments")[0]


def part_of(admin: Someone, number: str) -> str:
    text = admin.see("/admin/connections").text
    return text.split(f"Deployment {number}</h3>")[1].split("</li>")[0]


def button(part: str, label: str) -> tuple[str, dict[str, str]]:
    """Where the button with this label in this part of a page sends, and what."""
    for action, inside in re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', part, re.S):
        if re.search(rf">\s*{label}\b", inside):
            return action, dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', inside))
    raise AssertionError(f"no button {label}: {part}")


def decide(admin: Someone, number: str, label: str) -> Page:
    return admin.do(*button(part_of(admin, number), label))


def test_scores_on_their_way_are_seen_sent_again_and_set_aside(tool: Tool, moodle: Lms, admin: Someone) -> None:
    steps.bring_framework(admin)
    moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
    tool.sweep()
    own = steps.place(moodle, "Poster", ("Makes media",), points=3)
    with moodle.fault(ags="403"):
        for person in (seeds.MAPLE, seeds.ROWAN, seeds.LINDEN):
            steps.mark_own(moodle, own, person, 2)
        tool.sweep()
    page = admin.see("/admin/deliveries")
    assert page.says("3 scores have stopped. None is lost;", "0 in the gradebook, 0 on their way, 3 stopped.")
    assert page.says("Maple Example", "Poster", "2 of 3", "Stopped", "does not allow this tool")
    aside = press(admin, "Linden Example", "Set aside")
    assert aside.says("Set aside. It is not tried again.", "Somebody decided not to send it.", "2 scores have stopped")
    assert press(admin, "Maple Example", "Send again").says("On its way again.")
    tool.later(seconds=2)
    assert {person: result.score for person, result in moodle.column("Poster").items()} == {seeds.MAPLE: 2}
    assert admin.press(admin.see("/admin/deliveries"), "/admin/deliveries/retry").says("1 score on the way again.")
    tool.later(seconds=2)
    assert set(moodle.column("Poster")) == {seeds.MAPLE, seeds.ROWAN}  # what is set aside stays aside
    assert press(admin, "Linden Example", "Send again").ok
    tool.later(seconds=2)
    assert moodle.column("Poster")[seeds.LINDEN].score == 2
    assert admin.see("/admin/connections").says("3 in the gradebook, 0 on their way, 0 stopped.", "Everything")
    page = admin.do("/admin/deliveries/4711/retry")
    assert (page.status, page.error) == (404, "delivery_unknown")
    assert admin.do("/admin/deliveries/4711/aside").status == 404


def press(admin: Someone, person: str, label: str) -> Page:
    """The button with this label in a learner's row."""
    text = admin.see("/admin/deliveries").text
    (row,) = [row for row in re.findall(r"<tr.*?</tr>", text, re.S) if person in row]
    return admin.do(*button(row, label))


def test_work_that_stopped_is_seen_and_tried_again(tool: Tool, moodle: Lms, admin: Someone) -> None:
    with moodle.fault(nrps="403"):
        moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
        tool.sweep()
    page = admin.see("/admin/deliveries")
    assert page.says("1 thing does not work", "Reading the class list", "Digital practice", "Stopped")
    assert admin.press(page, "/admin/work/").says("It is tried again now.")
    tool.sweep()
    page = admin.see("/admin/deliveries")
    assert "Reading the class list" not in page.words
    assert page.says("Everything that was checked works.")
    gone = admin.do("/admin/work/4711")
    assert gone.status == 404
    assert gone.says("This is done already, or was never here.")


def test_work_that_a_later_try_has_done_is_not_told_any_more(tool: Tool, moodle: Lms, admin: Someone) -> None:
    with moodle.fault(nrps="403"):
        moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
        tool.sweep()
    assert admin.see("/admin/deliveries").says("Reading the class list")
    tool.later(minutes=70)
    moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
    tool.sweep()
    assert "Reading the class list" not in admin.see("/admin/deliveries").words


def test_only_administrators_come_in(moodle: Lms, canvas: Lms) -> None:
    for someone in (moodle.be(seeds.MAPLE), canvas.be(TEACHER), canvas.be(seeds.HELPER), canvas.be(0)):
        someone.enter(seeds.COURSE, seeds.MAP)
        page = someone.see("/admin/connections")
        assert (page.status, page.error) == (403, "wrong_role")


def test_an_institution_sees_its_own_lms_alone(tool: Tool, moodle: Lms, admin: Someone) -> None:
    other = tool.add_lms(seeds.seed(seeds.course()), "canvas", "Somebody else’s college")
    other.be(ADMIN).enter(seeds.COURSE, seeds.MAP)
    page = other.be(ADMIN).see("/admin/connections")
    assert "The Moodle" not in page.words
    assert "The Canvas" not in admin.see("/admin/connections").words
    assert tool.read(lambda s: len(s.scalars(select(Platform.id)).all())) >= 2
