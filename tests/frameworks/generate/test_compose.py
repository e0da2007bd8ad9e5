"""Drafts without a key: from open sources alone, within the limits, honest about what is not there."""

import json

import pytest

from lti_tool.frameworks.domain import ItemKind, indicators_of
from lti_tool.frameworks.exchange import read_bytes, write
from lti_tool.frameworks.generate.bank import SOURCES, bank
from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import Brief, Document, Engine
from lti_tool.frameworks.generate.ladders import title_of
from lti_tool.frameworks.generate.roles import CLOSE, find_roles
from lti_tool.frameworks.generate.running import make
from lti_tool.frameworks.lint import blocking
from tests.frameworks.generate import briefs

pytestmark = pytest.mark.xdist_group("generate")  # the sources are read by the model once


@pytest.mark.parametrize("name", briefs.SERVED)
def test_a_brief_gives_a_draft_within_the_limits_that_nothing_blocks(name: str) -> None:
    brief = briefs.SERVED[name]
    made = make(brief, briefs.embedder(), None)

    assert made.draft is not None
    assert made.calls == 0
    assert made.outline.within_limits(len(brief.families))
    assert blocking(made.findings) == ()
    assert not any(one.rule.value in ("count", "months", "generic") for one in made.findings)
    for item in made.outline.items:
        assert item.engine is Engine.SOURCES
        assert [origin for origin in item.origins if origin.kind == "source"], item.title
        assert len(item.levels) == 4
        assert all(level for level in item.levels)
        assert {one.level for one in item.indicators} == {1, 2, 3, 4}
    titles = [item.title.lower() for item in made.outline.items]
    assert len(set(titles)) == len(titles)
    assert {title for title, engine, _ in made.stages if engine == "model"} == set()


def test_a_draft_carries_attributions_months_evidence_and_origins_and_travels_as_case() -> None:
    made = make(briefs.UTILITY, briefs.embedder(), None)
    draft = made.draft
    assert draft is not None

    for key in ("ddat", "nice"):
        assert SOURCES[key].attribution in draft.attribution
    assert [level.months for level in draft.levels] == [None, 18, 18, 18]
    assert [item.title for item in draft.items if item.kind is ItemKind.CATEGORY] == [
        "Core",
        "Incident responders",
        "Data analysts",
    ]
    competencies = [item for item in draft.items if item.kind is ItemKind.COMPETENCY]
    for item in competencies:
        origins = item.extra["generated"]["origins"]
        assert any(origin.get("licence") and origin.get("attribution") for origin in origins)
        assert set(item.extra["evidence"]) == {"1", "2", "3", "4"}
        for level in (2, 3, 4):
            assert indicators_of(draft, item.key, level)
    assert any(link.destination_uri.startswith("https://") for link in draft.associations)
    data, _ = write(draft, "case")
    again = read_bytes(data, "draft.json", "case")
    assert [item.title for item in again.items] == [item.title for item in draft.items]


def test_what_the_sources_cannot_serve_is_told_and_nothing_is_made_up() -> None:
    writing = make(briefs.WRITING, briefs.embedder(), None)
    assert writing.draft is None
    assert writing.outline.items == ()
    told = " ".join(one.words for one in writing.outline.remarks)
    assert "nothing of them is near this" in told
    assert "there is no draft" in told

    hospital = make(briefs.HOSPITAL, briefs.embedder(), None)
    assert hospital.draft is not None
    assert [item.title for item in hospital.draft.items if item.kind is ItemKind.CATEGORY] == [
        "Core",
        "Nurse educators",
    ]
    gaps = [one for one in hospital.outline.remarks if one.kind == "gap"]
    assert gaps[0].place == "clinical preceptors"
    assert "no role near this" in gaps[0].words


def test_roles_are_found_by_the_names_people_give_them_and_strangers_are_refused() -> None:
    def nearest(family: str, sector: str) -> tuple[str, float]:
        best = find_roles(family, sector, briefs.embedder())[0]
        return best.role.title, best.score

    assert nearest("service designers", "municipal government") == ("Service designer", 1.0)
    assert nearest("forklift drivers", "logistics")[0] == "Industrial Truck and Tractor Operators"
    assert nearest("model validation analysts", "retail bank")[0] == "Financial Quantitative Analysts"
    assert nearest("housekeeping staff", "hotel")[0] == "Maids and Housekeeping Cleaners"
    assert nearest("primary school teachers", "education")[0].startswith("Elementary School Teachers")
    for stranger in ("dragon tamers", "clinical preceptors", "prompt engineers", "community organisers"):
        assert nearest(stranger, "services")[1] < CLOSE, stranger


def test_two_families_that_are_one_occupation_in_the_sources_are_told_apart_by_people() -> None:
    families = ("maintenance technicians", "maintenance and repair workers")
    brief = Brief("Example Foods", briefs.FACTORY.sector, families, briefs.FACTORY.goals)
    outline = Composer(brief, briefs.embedder()).whole()
    assert any("know one role" in one.words or "too little" in one.words for one in outline.remarks)
    titles = [item.title for item in outline.items]
    assert len(set(titles)) == len(titles)


def test_passages_of_documents_stand_beside_the_items_they_speak_of() -> None:
    text = "We protect the data of our customers and delete what is no longer needed.\nLunch is at noon in hall B."
    document = Document("policy.txt", text)
    brief = Brief(
        briefs.UTILITY.organisation,
        briefs.UTILITY.sector,
        ("data analysts",),
        ("protect customer data", "learn from incidents"),
        documents=(document,),
    )
    made = make(brief, briefs.embedder(), None)
    beside = [origin for item in made.outline.items for origin in item.origins if origin.kind == "document"]
    assert {origin.words for origin in beside} == {text.splitlines()[0]}
    assert {origin.name for origin in beside} == {"policy.txt"}


def test_titles_of_tasks_are_gerunds() -> None:
    assert title_of("Inspect, operate, or test machinery or equipment to diagnose machine malfunctions.") == (
        "Inspecting, operating, or testing machinery or equipment"
    )
    assert (
        title_of("Plan and lay out repair work, using diagrams, drawings, blueprints.")
        == "Planning and laying out repair work"
    )


def test_the_bank_says_whose_each_of_its_texts_is() -> None:
    here = bank()
    assert {ladder.source for ladder in here.ladders.values()} | {role.source for role in here.roles} == set(SOURCES)
    assert len(here.roles) > 900
    assert all(len(one.levels) == 4 for one in here.ladders.values())
    assert "government" not in json.dumps([one.levels for one in here.ladders.values() if one.source == "own"])
