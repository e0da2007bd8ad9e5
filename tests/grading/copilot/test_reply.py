from typing import Any

import pytest

from lti_tool.grading.copilot.reply import Choice, offered_ids, read, schema
from lti_tool.llm.ports import ModelFault

IDS = ["c01", "c02", "c03", "c04"]


def choice(key: str, confidence: Any = 0.5, rationale: Any = "Because.") -> dict[str, Any]:
    return {"id": key, "confidence": confidence, "rationale": rationale}


def test_choices_come_back_as_places_best_first_and_three_at_most() -> None:
    found = read({"choices": [choice(key, place / 10) for place, key in enumerate(IDS)]}, IDS)
    assert [one.offered for one in found] == [3, 2, 1]
    assert found[0] == Choice(3, 0.3, "Because.")


def test_nothing_fits_is_an_answer() -> None:
    assert read({"choices": []}, IDS) == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"choices": None},
        {"choices": "c01"},
        {"choices": [choice("c01")], "note": "and more"},
        {"choices": [{"id": "c01", "confidence": 0.5}]},
        {"choices": [choice("c01", 1.2)]},
        {"choices": [choice("c01", -0.1)]},
        {"choices": [choice("c01", float("nan"))]},
        {"choices": [choice("c01", "0.9")]},
        {"choices": [choice("c01", rationale="")]},
        {"choices": [choice("c01", rationale=["a"])]},
        {"choices": [{**choice("c01"), "grade": 100}]},
        {"choices": [choice("c01"), choice("c01")]},
        {"choices": [choice("c01"), choice("C02")]},
        {"choices": [choice("4.2")]},
    ],
)
def test_a_reply_of_another_shape_is_refused_whole(value: dict[str, Any]) -> None:
    with pytest.raises(ModelFault):
        read(value, IDS)


def test_an_id_that_was_not_offered_has_its_own_reason() -> None:
    with pytest.raises(ModelFault) as caught:
        read({"choices": [choice("c01"), choice("c99")]}, IDS)
    assert caught.value.reason == "model_unknown_id"
    assert "c99" not in str(caught.value)


def test_a_rationale_is_one_plain_short_line() -> None:
    found = read({"choices": [choice("c01", rationale="First\n\nsecond\x07 \u202ethird " + "word " * 200)]}, IDS)
    assert found[0].rationale.startswith("First second third word")
    assert len(found[0].rationale) <= 303
    assert found[0].rationale.endswith(" …")


def test_the_schema_offers_the_ids_and_nothing_else() -> None:
    offered = offered_ids(20)
    assert (offered[0], offered[19], len(set(offered))) == ("c01", "c20", 20)
    item = schema(offered)["properties"]["choices"]["items"]
    assert item["properties"]["id"]["enum"] == offered
    assert set(item["required"]) == {"id", "confidence", "rationale"}
