"""The sandbox in a real browser: its pages, the tool in a frame on another site, and what the two say to each other."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from lti_tool.sandbox import Served
from tests.looking import NEEDED, unsound
from tests.sandbox.conftest import control

pytestmark = [*NEEDED, pytest.mark.xdist_group("sandbox-browser")]

ASK = """(message) => new Promise((resolve) => {
  const target = message.frame ? window.parent.frames[message.frame] : window.parent;
  const done = (event) => {
    if (event.data && event.data.message_id === message.message_id) {
      window.removeEventListener('message', done);
      resolve({ ...event.data, origin: event.origin });
    }
  };
  window.addEventListener('message', done);
  setTimeout(() => resolve(null), 700);
  target.postMessage(message, '*');
})"""


@pytest.fixture
def page(without_third_parties: Page) -> Page:
    return without_third_parties


def tool_frame(page: Page) -> Frame:
    element = page.wait_for_selector("iframe[name=tool]", state="attached")
    frame = element.content_frame() if element else None
    assert frame is not None
    return frame


def open_tool(page: Page, sandbox: Served, person: int = 21, link: int = 7) -> Frame:
    """The tool's own frame after the launch."""
    page.goto(f"{sandbox.base_url}/courses/5/links/{link}?as={person}")
    page.wait_for_selector("body[data-ready]", state="attached")
    frame = tool_frame(page)
    frame.wait_for_url("**/launch")
    frame.wait_for_selector("pre")
    return frame


def test_axe_finds_nothing_on_any_page(browser: Browser, either: Served) -> None:
    paths = ["/", "/courses/5?as=11", "/courses/5?as=21", "/courses/5/assignments/31?as=11", "/courses/99"]
    paths += ["/courses/5/gradebook?as=11", "/courses/5/links/7?as=21", "/admin?as=2", "/courses/5/add?as=11"]
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    for path in paths:
        page.goto(either.base_url + path)
        page.wait_for_selector("body[data-ready]", state="attached")
        assert unsound(page) == [], path
    context.close()


def test_the_tool_opens_in_a_frame_whose_cookies_are_another_sites(page: Page, either: Served) -> None:
    frame = open_tool(page, either)
    told = json.loads(frame.inner_text("pre"))
    assert told["claims"]["name"] == "Maple Example"
    assert told["cookies"] == {}, "an unpartitioned cookie must not reach a frame on another site"


def test_one_becomes_a_person_by_choosing_a_name(page: Page, either: Served) -> None:
    page.goto(f"{either.base_url}/courses/5")
    page.get_by_label("Become").select_option(label="Tamarack Example")
    page.get_by_role("button", name="Become this person").click()
    assert page.get_by_text("you are here as: Instructor").is_visible()
    assert page.get_by_role("link", name="Add content from the tool").is_visible()


def ask(tool: Frame, **message: Any) -> Any:
    return tool.evaluate(ASK, {"message_id": "m1"} | message)


def test_canvas_keeps_what_the_tool_asks_it_to_keep(page: Page, canvas: Served) -> None:
    frame = open_tool(page, canvas)
    able = ask(frame, subject="lti.capabilities")
    put = next(each for each in able["supported_messages"] if each["subject"] == "lti.put_data")
    assert put["frame"] == "post_message_forwarding"
    assert able["origin"] == canvas.base_url
    storage = page.frame(name="post_message_forwarding")
    assert storage is not None
    storage.wait_for_selector("body[data-ready]", state="attached")
    stored = ask(frame, subject="lti.put_data", key="state", value="abc", frame=put["frame"])
    assert (stored["subject"], stored["key"], stored["value"]) == ("lti.put_data.response", "state", "abc")
    assert ask(frame, subject="lti.get_data", key="state", frame=put["frame"])["value"] == "abc"
    assert ask(frame, subject="lti.get_data", key="other", frame=put["frame"])["value"] is None
    assert (
        ask(frame, subject="lti.put_data", key="k" * 300, value="x", frame=put["frame"])["error"]["code"]
        == "bad_request"
    )


def test_storage_in_the_page_itself_or_none_that_answers(page: Page, canvas: Served) -> None:
    control(canvas, "settings", {"storage": "_parent"})
    frame = open_tool(page, canvas)
    ask(frame, subject="lti.put_data", key="state", value="abc")
    assert ask(frame, subject="lti.get_data", key="state")["value"] == "abc"
    control(canvas, "settings", {"storage": "silent"})
    frame = open_tool(page, canvas)
    assert ask(frame, subject="lti.capabilities") is None
    assert ask(frame, subject="lti.get_data", key="state") is None


def test_moodle_has_no_storage_and_keeps_its_height(page: Page, canvas: Served, moodle: Served) -> None:
    frame = open_tool(page, moodle)
    assert ask(frame, subject="lti.capabilities") is None
    before = page.locator("iframe.tool").bounding_box()
    frame.evaluate("parent.postMessage({subject: 'lti.frameResize', height: 1234}, '*')")
    page.wait_for_timeout(100)
    assert page.locator("iframe.tool").bounding_box() == before
    frame = open_tool(page, canvas)
    frame.evaluate("parent.postMessage(JSON.stringify({subject: 'lti.frameResize', height: 1234}), '*')")
    expect(page.locator("iframe.tool")).to_have_css("height", "1234px")


def test_a_new_window_can_ask_its_opener(page: Page, canvas: Served) -> None:
    page.goto(f"{canvas.base_url}/courses/5?as=21")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open Map in a window in a new window").click()
    window = opened.value
    window.wait_for_selector("pre")
    told = json.loads(window.inner_text("pre"))
    claim = "https://purl.imsglobal.org/spec/lti/claim/launch_presentation"
    assert told["claims"][claim]["document_target"] == "window"
    outside = ASK.replace("window.parent", "window.opener")
    stored = {
        "subject": "lti.put_data",
        "key": "k",
        "value": "v",
        "message_id": "w",
        "frame": "post_message_forwarding",
    }
    assert window.evaluate(outside, stored)["value"] == "v"
    assert window.evaluate(outside, {"subject": "lti.capabilities", "message_id": "x"})["supported_messages"]


def test_a_registration_that_says_it_is_done_closes_its_frame(page: Page, either: Served, toy: Any) -> None:
    page.goto(f"{either.base_url}/")
    page.get_by_label("Become").first.select_option(label="Juniper Example (administrator)")
    page.get_by_role("button", name="Become this person").first.click()
    page.goto(f"{either.base_url}/admin")
    page.get_by_label("The tool's registration address").fill(f"{toy.url}/jwks")
    page.get_by_role("button", name="Register").click()
    frame = tool_frame(page)
    frame.wait_for_url("**/jwks?openid_configuration=**")
    frame.evaluate("(window.opener || window.parent).postMessage({subject: 'org.imsglobal.lti.close'}, '*')")
    page.wait_for_url("**/admin")
