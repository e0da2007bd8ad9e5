"""Every macro with sample values, read back as HTML: names, roles, ties between parts, and hostile text as text."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from lti_tool.settings import ROOT
from lti_tool.web import components as ui
from tests.web import samples
from tests.web.gallery import PAGE, application, render
from tests.web.tree import Element, Page

HOSTILE = """<img src=x onerror=alert(1)>"'{{ 7*7 }}</script>"""
MACROS = re.search(r"(?s)(\{% from .*?)\{% block", PAGE).group(1)  # type: ignore[union-attr]


Draw = Callable[..., Element]


@pytest.fixture(scope="module")
def draw() -> Draw:
    app = application()

    def drawn(template: str, **values: Any) -> Element:
        with app.test_request_context("/"):
            return Page(render(MACROS + template, **values)).root

    return drawn


@pytest.fixture(scope="module")
def gallery(draw: Draw) -> Element:
    return draw(PAGE.removeprefix(MACROS))


def test_no_page_carries_inline_styles_or_handlers(gallery: Element) -> None:
    for element in gallery.walk():
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
        if element.tag == "script" and not element.attributes.get("src"):
            assert element.attributes["type"] == "application/json"


def test_every_id_is_there_once_and_every_reference_leads_to_one(gallery: Element) -> None:
    ids = [e.attributes["id"] for e in gallery.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in gallery.walk():
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for", "list", "data-spec", "data-close"):
            assert set(element.attributes.get(name, "").split()) <= set(ids), (name, element.attributes)
        if element.tag == "use":
            assert element.attributes["href"].removeprefix("#") in ids


def test_every_control_has_a_name(gallery: Element) -> None:
    labelled = {e.attributes.get("for") for e in gallery.all("label")}
    for control in [e for tag in ("input", "select", "textarea") for e in gallery.all(tag)]:
        inside = control.parent is not None and control.parent.tag == "label"
        assert control.attributes.get("type") == "hidden" or inside or control.attributes["id"] in labelled
    for pressed in [*gallery.all("button"), *gallery.all("a")]:
        assert pressed.text or pressed.attributes.get("aria-label")


def test_forms_never_stand_inside_forms(gallery: Element) -> None:
    assert not [inner for form in gallery.all("form") for inner in form.all("form")]


def test_the_page_has_one_main_one_heading_and_a_way_past_the_bar(gallery: Element) -> None:
    assert gallery.one("main").attributes["id"] == "main"
    assert len(gallery.all("h1")) == 1
    assert gallery.one("a", class_="skip").attributes["href"] == "#main"
    assert gallery.one("nav", class_="tabs").one(aria_current="page").text == "Where I stand"


def hostile(value: Any) -> Any:
    """The same value with hostile words wherever people or an LMS could have written them."""
    if isinstance(value, tuple):
        return tuple(hostile(part) for part in value)
    if not is_dataclass(value) or isinstance(value, type):
        return HOSTILE if type(value) is str and value else value
    kept = {"id", "name"} if isinstance(value, ui.Field | ui.MapRow | ui.Chart) else set()
    changed = {}
    for part in fields(value):
        if part.name not in kept | {"attributes", "spec"}:
            changed[part.name] = hostile(getattr(value, part.name))
    return replace(value, **changed)


def test_hostile_text_stays_text_in_every_component(draw: Draw) -> None:
    wicked = {name: hostile(getattr(samples, name)) for name in dir(samples) if name.isupper()}
    page = draw(PAGE.removeprefix(MACROS), s=wicked)
    assert not page.all("img")
    assert not [name for e in page.walk() for name in e.attributes if name.startswith("on")]
    assert page.one("body").text.count("<img src=x onerror=alert(1)>") > 100


def test_a_link_to_something_that_is_no_web_page_is_only_words(draw: Draw) -> None:
    links = draw(
        "{% for a in actions_given %}{{ text_link(a) }}{% endfor %}",
        actions_given=[
            ui.Action("x", "javascript:alert(1)"),
            ui.Action("x", " DATA:text/html,x"),
            ui.Action("x", "https://example.edu"),
        ],
    ).all("a")
    assert [a.attributes.get("href") for a in links] == [None, None, "https://example.edu"]


def test_a_chart_cannot_close_its_own_data_block(draw: Draw) -> None:
    chart = ui.Chart("c", "Title", "Words", {"title": "</script><img onerror=1>"})
    assert not draw("{{ chart(c) }}", c=chart).all("img")


def test_a_cell_opens_its_row_and_says_what_it_is(draw: Draw) -> None:
    table = draw('<h2 id="map">Map</h2>{{ learner_map(s.MAP, "map") }}').one("table")
    assert table.attributes["role"] == "table"
    opened = table.one("a", aria_expanded="true")
    assert opened.text == "3 Possible target"
    panel = table.one("tr", id="e-1.2")
    assert "hidden" not in panel.attributes
    assert [e.attributes["data-for"] for e in panel.all("div", class_="evidence") if "hidden" not in e.attributes] == [
        "3"
    ]
    assert "hidden" in table.one("tr", id="e-1.1").attributes


def test_not_enough_evidence_is_one_dashed_cell_over_all_levels(draw: Draw) -> None:
    cell = draw('{{ learner_map(s.MAP, "map") }}').one(data_state="none")
    assert cell.parent is not None
    assert cell.parent.attributes["colspan"] == "4"
    assert "data-level" not in cell.attributes
    assert cell.text == "Not enough evidence yet 1 of 3 pieces"


def test_cells_that_lead_nowhere_are_words(draw: Draw) -> None:
    row = draw('{{ learner_map(s.MAP, "map") }}').one("tr", id="c-2.5")
    assert not row.all("a")
    assert row.all("span", class_="cell")[3].text == "4 Here"


def test_the_range_places_level_and_target_in_per_cent() -> None:
    band = ui.Range("Level 3, perhaps 4.", at=3, low=2.55, high=3.45, levels=4, goal=2)
    assert (band.place(band.at), band.start, band.width) == (62.5, 51.2, 22.6)
    assert band.ticks == (25.0, 50.0, 75.0)
    assert ui.Range("", at=9, low=-3, high=12, levels=4).place(12) == 100


def test_a_cohort_cell_says_level_reach_and_pieces() -> None:
    assert ui.CohortCell(3, 5, may=ui.Reach.BOTH).label == "Level 3, perhaps 2 or 4, 5 pieces"
    assert ui.CohortCell(1, 1).label == "Level 1, 1 piece"
    assert ui.CohortCell(0, 2).label == "Not enough evidence yet, 2 of 3 pieces"
    assert ui.CohortCell(0, 2).dots == "••"


def test_the_grid_is_links_in_the_tab_order_until_the_script_takes_over(draw: Draw) -> None:
    table = draw('<h2 id="grid">Grid</h2>{{ cohort(s.GRID, "grid") }}').one("table", role="grid")
    assert not [a for a in table.all("a") if "tabindex" in a.attributes]
    assert len(table.all("a", aria_controls="opened")) == 13 * 12
    assert [th.attributes["colspan"] for th in table.all("th", scope="colgroup")] == ["3"] * 4


def test_a_hidden_group_says_why_over_the_whole_row(draw: Draw) -> None:
    veil = draw("{{ data_table(s.GROUPS) }}").one("td", class_="veil")
    assert veil.attributes["colspan"] == "2"
    assert veil.text == "Hidden, so that Seminar C cannot be worked out from the total"


def test_only_the_first_step_carries_the_primary_button(draw: Draw) -> None:
    cards = draw("{{ steps(s.STEPS) }}").all("li", class_="card")
    assert [len(card.all(class_="main")) for card in cards] == [1, 0, 0]
    assert [dt.text for dt in cards[0].all("dt")] == ["Show that you can", "Learn it with", "Show it in"]


def test_hint_error_and_finding_are_tied_to_their_field(draw: Draw) -> None:
    field = ui.Field("level2", "Level 2", ui.FieldKind.AREA, hint="H", error="E", finding=samples.FINDING)
    page = draw("{{ field(f) }}", f=field)
    area = page.one("textarea")
    assert area.attributes["aria-describedby"].split() == ["f-level2-hint", "f-level2-error", "f-level2-finding"]
    assert area.attributes["aria-invalid"] == "true"
    assert area.attributes["class"] == "asks"
    assert page.one("button", type="submit").attributes["formaction"] == "/use"


def test_a_secret_never_comes_back_into_its_field(draw: Draw) -> None:
    assert "value" not in draw("{{ field(s.FIELDS[-1]) }}").one("input").attributes


def test_choices_carry_keys_and_end_with_another_competency(draw: Draw) -> None:
    area = draw('{{ choices(s.CHOICES, "Which?", other=s.OTHER) }}')
    assert [k.text for k in area.all("kbd")] == ["1", "2", "3", "4"]
    assert len(area.all("input", checked="")) == 1
    assert area.all("div", class_="choice")[-1].one("label", for_="f-other-pick").text == "4 Another competency"


def test_a_refusal_page_shows_words_next_step_and_reason(draw: Draw) -> None:
    values = {
        "status": 400,
        "words": "The key is unknown.",
        "next_step": "Ask your administrator.",
        "details": ("line 3",),
    }
    page = draw('{% include "web/error.html" %}', reason="key_unknown", **values)
    state = page.one(data_error="key_unknown")
    assert state.one("h1").text == "The key is unknown."
    assert "Ask your administrator." in state.text
    assert state.one("li").text == "line 3"


def test_without_a_session_the_page_says_how_to_open_it_again(draw: Draw) -> None:
    page = draw('{% include "web/error.html" %}', reason="open_again", status=401, words="", next_step="", details=())
    state = page.one(data_error="open_again")
    assert state.one("h1").text == "Please open this from your course again"
    assert len(state.all("li")) == 2


@pytest.mark.parametrize(
    "build",
    [
        lambda: ui.MapRow("1.1", "", "x", (ui.MapCell(1, ui.CellState.SHOWN),)),
        lambda: ui.MapRow("a b", "", "x", (ui.MapCell(0, ui.CellState.NONE),)),
        lambda: ui.Range("", at=3, low=1, high=2, levels=4),
        lambda: ui.Choice("v", "c", "n", sure=1.2),
        lambda: ui.Field("f", "F", attributes=(("onclick", "x()"),)),
        lambda: ui.Note("x", tone=ui.Tone.WAIT),
        lambda: ui.Chart("c", "t", "d"),
        lambda: ui.Table((ui.Column("a"),), (ui.Row(("1", "2")),)),
        lambda: ui.CohortGrid("g", (), (ui.CohortRow("n", (ui.CohortCell(1, 1),)),)),
    ],
)
def test_values_that_make_no_sense_cannot_be_built(build: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        build()


def sheets() -> list[Path]:
    return sorted((ROOT / "lti_tool" / "web" / "static").glob("*.css"))


def test_raw_colours_stand_in_the_tokens_only() -> None:
    raw = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|oklch\(", re.IGNORECASE)
    assert [s.name for s in sheets() if raw.search(s.read_text())] == ["tokens.css"]


def test_nothing_is_fixed_to_a_frame_that_may_be_stretched() -> None:
    rules = "".join(re.sub(r"(?s)/\*.*?\*/", "", sheet.read_text()) for sheet in sheets())
    assert "position: fixed" not in rules
    assert not re.search(r"\d(vh|dvh|svh)\b", rules)
    assert not re.search(r"(margin|padding|border)-(left|right)|[\s;{](left|right):", rules)
