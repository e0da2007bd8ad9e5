from lti_tool.grading.copilot.domain import CompetencyText, Confirmed
from lti_tool.grading.copilot.ranking import Aligner
from lti_tool.grading.copilot.rationale import rationale
from tests.standins.embedders import WordEmbedder


def why(
    competencies: tuple[CompetencyText, ...], text: str, competency: str, confirmed: tuple[Confirmed, ...] = ()
) -> str:
    aligner = Aligner(competencies, WordEmbedder(), confirmed)
    ranking = aligner.rank([text])[0]
    place = [one.id for one in competencies].index(competency)
    return rationale(aligner.index, aligner.learned, text, ranking.vector, place)


def test_it_names_the_words_and_the_sentence_that_share_them(kitchen: tuple[CompetencyText, ...]) -> None:
    reason = why(kitchen, "Can cut VEGETABLES with one sharp blade", "knife")
    assert reason == (
        "It shares ‘vegetables’, ‘sharp’ and ‘blade’ with ‘Cuts vegetables safely with a sharp blade’."
    ) or reason.endswith("with ‘Cuts vegetables safely with a sharp blade’.")
    assert "‘one’" not in reason


def test_a_copy_is_called_a_copy(kitchen: tuple[CompetencyText, ...]) -> None:
    assert why(kitchen, "kneading dough", "bake") == "It says the same as ‘Kneads dough’."


def test_it_claims_no_word_where_none_is_shared(kitchen: tuple[CompetencyText, ...]) -> None:
    assert why(kitchen, "Solves equations", "wine").startswith("No telling word is shared; its meaning is closest to ‘")


def test_a_word_that_every_competency_has_tells_nothing() -> None:
    competencies = tuple(CompetencyText(str(place), f"Digital topic {place}") for place in range(9))
    assert "shares" not in why(competencies, "Digital citizenship", "3")


def test_an_earlier_decision_is_part_of_the_reason(kitchen: tuple[CompetencyText, ...]) -> None:
    known = (Confirmed("Calms an angry guest at the table quickly", ("menu",)),)
    assert why(kitchen, "Calms an angry guest at the table", "menu", known).endswith(
        "; a similar criterion, ‘Calms an angry guest at the table quickly’, was matched to it before."
    )
    assert why(kitchen, known[0].text, "menu", known).endswith("; the same criterion was matched to it before.")
    assert "before" not in why(kitchen, known[0].text, "wine", known)


def test_a_long_sentence_is_quoted_where_the_words_are() -> None:
    long = "Plans, prepares and " + "carefully considers every thinkable matter and " * 3 + "files the tax return"
    competencies = (CompetencyText("tax", "Bookkeeping", long), CompetencyText("b", "B"), CompetencyText("c", "C"))
    reason = why(competencies, "The tax return is filed", "tax")
    assert reason.endswith("files the tax return’.")
    assert "‘… " in reason
    assert len(reason) < 200
