"""The editor in a real Chromium: by keyboard, by mouse, by two people at once, on a phone, and with axe."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lti_tool import create_app
from lti_tool.frameworks import drafts, queries, service
from lti_tool.kit.db import db, scoped, writing
from lti_tool.kit.ids import InstitutionId, PersonId, PlatformId
from lti_tool.kit.seal import new_key
from lti_tool.settings import load
from lti_tool.web.viewer import Role, Viewer
from tests.factories import NOW, make_course, make_deployment, make_institution, make_person, make_platform
from tests.frameworks.test_editing import sample
from tests.looking import NEEDED, scrolls_sideways, violations

pytestmark = [*NEEDED, pytest.mark.xdist_group("editor")]


class Studio:
    """A server with drafts of the sample, each test its own."""

    def __init__(self, app: Any, owner: int, platform: int, people: list[int]) -> None:
        self.app, self.owner, self.platform, self.people, self.site = app, owner, platform, people, ""

    def viewer(self) -> Viewer:
        return Viewer(
            institution_id=InstitutionId(self.owner),
            platform_id=PlatformId(self.platform),
            person_id=PersonId(self.people[request.cookies.get("who") == "rowan"]),
            course_id=None,
            course_title="",
            roles=frozenset({Role.ADMINISTRATOR}),
            session_hash="x",
        )

    def draft(self, name: str) -> int:
        with self.app.app_context(), scoped(db.session(), self.owner), writing(db.session()) as session:
            return drafts.keep_draft(session, drafts.a_copy_of(sample(), name), self.owner, NOW).version_id

    def now(self, version_id: int) -> Any:
        with self.app.app_context(), scoped(db.session(), self.owner):
            return queries.draft(db.session(), version_id)


@pytest.fixture(scope="module")
def studio(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("editor")
    (folder / "waymark.db").write_bytes(sqlite_template.read_bytes())
    server_socket = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    app = create_app(
        load(
            base_url=f"http://127.0.0.1:{server_socket.port}",
            data_dir=folder,
            log_level="error",
            secret_key="s" * 48,
            seal_key=new_key(),
        )
    )
    app.extensions["waymark.bell"] = lambda: None
    with app.app_context():
        session = db.session()
        session.info["institution"] = "everywhere"
        with writing(session):
            institution = make_institution(session)
            platform = make_platform(session, institution)
            course = make_course(session, make_deployment(session, platform))
            people = [make_person(session, course, name=name).id for name in ("Maple Example", "Rowan Example")]
            found = Studio(app, institution.id, platform.id, people)
        session.info["institution"] = None
        with scoped(session, found.owner), writing(session):
            service.keep(session, sample(), found.owner, NOW)
    app.extensions["waymark.load_viewer"] = found.viewer
    server_socket.app = app
    thread = threading.Thread(target=server_socket.serve_forever)
    thread.start()
    found.site = f"http://127.0.0.1:{server_socket.port}"
    yield found
    server_socket.shutdown()
    thread.join()
    server_socket.server_close()
    with app.app_context():
        db.engine.dispose()


class Desk:
    """One person's window on a draft. What the console refuses fails, except answers that refuse a change."""

    def __init__(self, browser: Browser, studio: Studio, version_id: int, who: str = "maple", **more: Any) -> None:
        size = {"width": more.pop("width", 1280), "height": 900}
        self.context = browser.new_context(base_url=studio.site, viewport=size, reduced_motion="reduce", **more)
        self.context.add_cookies([{"name": "who", "value": who, "url": studio.site}])
        self.page: Page = self.context.new_page()
        self.refused: list[str] = []
        self.page.on("console", lambda m: self.refused.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.refused.append(str(e)))
        self.page.goto(f"/frameworks/{version_id}/edit")
        self.page.wait_for_selector("[data-editor][data-awake=true]")
        self.tree = self.page.get_by_role("tree")

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert [line for line in self.refused if "409 (CONFLICT)" not in line] == []

    def saved(self, seq: int) -> None:
        expect(self.page.locator(f'[data-saved][data-seq="{seq}"][data-state=saved]')).to_be_attached()

    def look_up(self) -> None:
        """Coming back to a window shows at once what others did, without waiting for the next turn."""
        self.page.evaluate("dispatchEvent(new Event('focus'))")

    def drawn(self) -> None:
        self.page.wait_for_selector("[data-board][data-drawn]")

    def at(self, key: str) -> tuple[float, float]:
        """Where a box of the drawing is in the window."""
        x, y = self.page.evaluate(
            """key => { const b = document.querySelector("[data-board]"); b.scrollIntoView({block: "center"});
            const r = b.getBoundingClientRect(), p = b._cyreg.cy.getElementById(key).renderedPosition();
            return [r.x + p.x, r.y + p.y]; }""",
            key,
        )
        return float(x), float(y)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
        self.page.mouse.move(*end, steps=4)
        self.page.mouse.up()

    def sound(self) -> None:
        assert violations(self.page) == []
        assert not scrolls_sideways(self.page)


def test_the_outline_and_the_grid_do_everything_by_keyboard(browser: Browser, studio: Studio) -> None:
    version_id = studio.draft("By keyboard")
    with Desk(browser, studio, version_id) as desk:
        page, keys = desk.page, desk.page.keyboard
        desk.tree.focus()
        for key in ("Home", "ArrowDown"):
            keys.press(key)
        active = page.locator('[role=treeitem][aria-selected="true"]')
        expect(active).to_have_attribute("data-key", "A1")
        assert [active.get_attribute(f"aria-{name}") for name in ("level", "posinset", "setsize")] == ["2", "1", "2"]
        keys.press("F2")
        keys.type("Finding things out")
        keys.press("Enter")
        desk.saved(1)
        keys.press("Alt+ArrowDown")
        desk.saved(2)
        expect(active).to_have_attribute("aria-posinset", "2")
        keys.press("Alt+ArrowRight")
        desk.saved(3)
        expect(active).to_have_attribute("aria-level", "3")
        keys.press("Alt+ArrowLeft")
        desk.saved(4)
        keys.press("Shift+Insert")
        desk.saved(5)
        keys.type("Names what is looked for")
        keys.press("Enter")
        desk.saved(6)
        keys.press("Delete")
        desk.saved(7)
        expect(page.locator("[data-message]")).to_contain_text("is removed")
        keys.press("Control+z")
        desk.saved(8)
        keys.press("Control+z")
        desk.saved(9)
        keys.press("Control+y")
        desk.saved(10)
        draft = studio.now(version_id)
        new = next(item for item in draft.items if item.title == "Names what is looked for")
        assert (new.parent_keys, new.kind.value) == (("A1",), "indicator")
        assert draft.by_key["A1"].title == "Finding things out"
        assert [item.key for item in draft.children_by_key["A"]] == ["A2", "A1"]

        keys.type("sharing")  # letters find a name
        expect(active).to_have_attribute("data-key", "B1")
        keys.press("Enter")
        expect(page.locator("#f-title")).to_be_focused()
        page.locator("#f-description").focus()
        keys.type("Passes on what was found.")
        page.locator("#f-scope").select_option("core")
        desk.saved(12)
        page.locator("#relation").focus()
        keys.type("Is related")
        keys.press("Tab")
        keys.type("A.1 Finding")
        keys.press("Enter")
        desk.saved(13)
        expect(page.locator(".relations")).to_contain_text("Is related to A.1 Finding things out")
        draft = studio.now(version_id)
        assert (draft.by_key["B1"].description, draft.by_key["B1"].scope) == ("Passes on what was found.", "core")
        assert ("isRelatedTo", "B1", "A1") in {
            (one.type, one.origin_key, one.destination_key) for one in draft.associations
        }

        cell = page.locator('tr[data-key="A1"] [data-field="descriptor:1"]')
        cell.focus()
        keys.press("ArrowRight")
        keys.press("Enter")
        keys.type("Finds alone")
        keys.press("Control+Enter")
        desk.saved(14)
        keys.press("ArrowUp")
        expect(cell).not_to_be_focused()
        assert studio.now(version_id).by_key["A1"].descriptors == {1: "Finds", 2: "Finds alone", 3: "Teaches"}
        page.locator("#find").fill("finding")
        expect(page.locator("[data-found]")).to_have_text("1 item found")
        page.locator("[data-history] summary").click()
        expect(page.locator("[data-edits] li").first).to_contain_text("You changed the level 2 of")
        desk.sound()


def test_the_drawing_is_dragged_connected_and_folded_by_mouse(browser: Browser, studio: Studio) -> None:
    version_id = studio.draft("By mouse")
    with Desk(browser, studio, version_id, color_scheme="dark") as desk:
        page = desk.page
        desk.drawn()
        x, y = desk.at("B1")
        desk.drag((x, y), (x + 40, y + 120))
        page.wait_for_timeout(600)
        page.locator("#connect").select_option("precedes")
        desk.drag(desk.at("B1"), desk.at("A1"))
        refusal = page.locator("[data-refusal=cycle]")
        expect(refusal).to_contain_text("That would make it come before itself.")
        expect(refusal.locator("[data-path]")).to_have_text("Sharing → A.1 Searching → A.2 Judging → Sharing")
        page.locator("#connect").select_option("isPartOf")
        desk.drag(desk.at("A1"), desk.at("B1"))
        desk.saved(1)
        page.locator("#connect").select_option("isChildOf")
        desk.drag(desk.at("A1"), desk.at("B"))
        desk.saved(2)
        page.locator("#connect").select_option("")
        page.mouse.dblclick(*desk.at("A"))
        page.wait_for_function(
            "() => document.querySelector('[data-board]')._cyreg.cy.getElementById('A').data('label').endsWith('(+1)')"
        )
        page.mouse.click(*desk.at("B1"))
        expect(page.locator("#chosen")).to_have_text("Sharing")
        page.locator("[data-list] summary").click()
        expect(page.locator("[data-list]")).to_contain_text("A.1 Searching is part of Sharing")
        desk.sound()
        source = page.locator('[role=treeitem][data-key="B1"]')
        source.drag_to(page.locator('[role=treeitem][data-key="A"]'), target_position={"x": 60, "y": 22})
        desk.saved(3)
        page.locator("[data-undo]").click()
        desk.saved(4)
        draft = studio.now(version_id)
        assert {key: draft.by_key[key].parent_keys for key in ("A1", "B1")} == {"A1": ("B",), "B1": ("B",)}
        assert ("isPartOf", "A1", "B1") in {
            (one.type, one.origin_key, one.destination_key) for one in draft.associations
        }
    with Desk(browser, studio, version_id) as again:
        again.drawn()
        places = again.page.evaluate(
            """() => fetch(document.querySelector("[data-editor]").dataset.editor + "/content.json")
            .then(answer => answer.json()).then(content => content.places)"""
        )
        assert set(places) == {"B1"}


def test_two_windows_see_each_other_and_choose_when_both_wrote(browser: Browser, studio: Studio) -> None:
    version_id = studio.draft("Two at once")
    with Desk(browser, studio, version_id) as maple, Desk(browser, studio, version_id, "rowan") as rowan:
        for desk in (maple, rowan):
            desk.page.locator('[role=treeitem][data-key="A1"]').click()
            expect(desk.page.locator("#chosen")).to_have_text("A.1 Searching")
        hers, his = maple.page.locator("#f-description"), rowan.page.locator("#f-description")
        his.press_sequentially("His words")
        hers.fill("Her words")
        hers.blur()
        maple.saved(1)
        his.blur()
        conflict = rowan.page.locator("[data-conflict]")
        expect(conflict).to_contain_text("Maple Example changed this")
        expect(conflict).to_contain_text("Theirs: Her words")
        expect(conflict).to_contain_text("Yours: His words")
        assert his.input_value() == "His words"
        rowan.sound()
        rowan.page.get_by_role("button", name="Keep mine").click()
        rowan.saved(2)
        expect(conflict).to_have_count(0)
        maple.look_up()
        expect(hers).to_have_value("His words")
        expect(maple.page.locator("[data-others]")).to_contain_text("Rowan Example changed the text of “A.1 Searching”")
        rowan.page.locator("[data-do=remove]").click()
        rowan.saved(3)
        expect(maple.page.locator('[role=treeitem][data-key="A1"]')).to_have_count(0, timeout=10_000)  # by itself
        rowan.page.get_by_role("button", name="Take it back").click()
        rowan.saved(4)
        maple.look_up()
        expect(maple.page.locator('[role=treeitem][data-key="A1"]')).to_have_count(1)


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_has_the_outline_and_the_grid(browser: Browser, studio: Studio, dark: bool) -> None:
    version_id = studio.draft("On a phone")
    with Desk(browser, studio, version_id, width=390, color_scheme="dark" if dark else "light") as desk:
        page = desk.page
        desk.sound()
        if dark:
            page.goto("/frameworks/new")
            desk.sound()
            return
        page.locator('tr[data-key="A2"] [data-field="descriptor:2"]').click()
        page.keyboard.type("Says why")
        page.locator("#find").focus()
        desk.saved(1)
        assert studio.now(version_id).by_key["A2"].descriptors == {2: "Says why"}
        page.get_by_role("button", name="Show the drawing").click()
        desk.drawn()
        desk.sound()
