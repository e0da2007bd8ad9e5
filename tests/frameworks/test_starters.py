"""The frameworks that ship: what is in them, word for word, and whose they are."""

import gzip
import hashlib
from importlib.resources import files

import pytest

from lti_tool.frameworks import starters
from lti_tool.frameworks.domain import ItemKind, children, competencies, counts, indicators_of
from lti_tool.kit.errors import NotFound


@pytest.mark.parametrize("starter", starters.list_starters(), ids=lambda starter: starter.slug)
def test_the_list_says_what_reading_gives_and_each_carries_source_licence_and_attribution(
    starter: starters.Starter,
) -> None:
    draft = starters.read(starter.slug)

    assert starter.counts == {name: counts(draft)[name] for name in starter.counts}
    assert (draft.licence, draft.attribution, draft.source_url) == (
        starter.licence,
        starter.attribution,
        starter.source_url,
    )
    assert starter.source_url.startswith("https://")
    assert draft.title == starter.title
    assert draft.warnings == ()


def test_digcomp_has_its_five_areas_21_competences_and_four_levels() -> None:
    draft = starters.read("digcomp-3.0")

    assert [item.code for item in children(draft)] == ["1", "2", "3", "4", "5"]
    assert len(competencies(draft)) == 21
    assert [level.name for level in draft.levels] == ["Basic", "Intermediate", "Advanced", "Highly advanced"]
    assert [each["number"] for each in draft.extra["eight_levels"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [each["level"] for each in draft.extra["eight_levels"]] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_every_statement_and_outcome_of_digcomp_has_its_level_and_stands_below_its_competence() -> None:
    draft = starters.read("digcomp-3.0")
    kinds = (ItemKind.INDICATOR, ItemKind.OUTCOME)
    below = [item for item in draft.items if item.kind in kinds]

    assert len(below) == 362 + 523
    assert {item.level for item in below} == {1, 2, 3, 4}
    assert all(item.parent_keys == (item.key[2:5],) for item in below)
    licences = draft.by_key["CS3.3.07"]
    assert licences.title.startswith("Identify common types and purposes of licences in digital contexts")
    assert licences.level == 2


def test_a_descriptor_is_the_statements_of_that_level_word_for_word_and_no_cell_is_empty() -> None:
    draft = starters.read("digcomp-3.0")

    for item in competencies(draft):
        assert sorted(item.descriptors) == [1, 2, 3, 4]
        for level, words in item.descriptors.items():
            statements = indicators_of(draft, item.key, level)
            assert words == "\n".join(statement.title for statement in statements)
            assert {statement.kind for statement in statements} == {ItemKind.INDICATOR}


def test_the_nice_file_is_nists_own_and_the_notice_names_its_hash() -> None:
    folder = files("lti_tool.frameworks.starters")
    data = gzip.decompress(folder.joinpath("nice-2.1.0.json.gz").read_bytes())
    notice = folder.joinpath("NOTICE").read_text("utf-8")

    assert hashlib.sha256(data).hexdigest() in notice
    assert "CC BY 4.0" in notice


def test_a_starter_is_read_once_and_an_unknown_one_is_said() -> None:
    assert starters.read("digcomp-3.0") is starters.read("digcomp-3.0")
    with pytest.raises(NotFound):
        starters.read("esco")
