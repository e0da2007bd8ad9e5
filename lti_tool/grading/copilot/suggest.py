"""The copilot's one function: criteria and a framework in, suggestions out, whoever answers."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from lti_tool.grading.copilot.confidence import nothing_fits, sureness
from lti_tool.grading.copilot.domain import (
    CompetencyText,
    Confirmed,
    CriterionText,
    Engine,
    Suggestion,
    Suggestions,
)
from lti_tool.grading.copilot.engines import Engines
from lti_tool.grading.copilot.provider import OFFERED, Provider
from lti_tool.grading.copilot.ranking import METHOD, Aligner, Ranked, Ranking, encode_criteria
from lti_tool.grading.copilot.rationale import rationale
from lti_tool.llm.ledger import input_hash

ALWAYS_SHOWN = 3


def suggest(
    criteria: Sequence[CriterionText],
    competencies: Sequence[CompetencyText],
    confirmed: Sequence[Confirmed],
    engine: Engines,
    *,
    top: int = 5,
) -> list[Suggestions]:
    """At least three and at most `top` suggestions (where the framework has as many) for each criterion, in order.

    `confirmed` are people's decisions on this framework, by which the copilot learns. Raises ModelFault when the
    local model itself cannot be loaded and ValueError for an empty framework; a failing provider raises nothing.
    """
    if not criteria:
        return []
    texts = [criterion.text for criterion in criteria]
    with ThreadPoolExecutor(1) as pool:  # the model reads the criteria while the framework is put together
        encoded = pool.submit(encode_criteria, engine.embedder, texts)
        aligner = Aligner(competencies, engine.embedder, confirmed)
    top = max(top, ALWAYS_SHOWN)
    rankings = aligner.rank(texts, max(top, OFFERED), encoded.result())
    framework = input_hash([[one.id, one.text, one.parent, one.indicators] for one in competencies])
    local = [
        _local(aligner, criterion, ranking, engine.embedder.model, framework, top)
        for criterion, ranking in zip(criteria, rankings, strict=True)
    ]
    if engine.writer is None or engine.reranker is None:
        return local
    provider = Provider(engine, engine.writer, engine.reranker, aligner, confirmed)
    return provider.answer(criteria, rankings, local)


def _local(
    aligner: Aligner, criterion: CriterionText, ranking: Ranking, model: str, framework: str, top: int
) -> Suggestions:
    no_match = nothing_fits(ranking.absolute)
    first = ranking.ranked[0].confidence
    return Suggestions(
        criterion_id=criterion.id,
        ranked=tuple(_suggestion(aligner, criterion, ranking, one) for one in ranking.ranked[:top]),
        engine=Engine.LOCAL,
        model=model,
        prompt_version=METHOD,
        input_hash=input_hash(METHOD, model, criterion.text, framework),
        no_match=no_match,
        calibrated=aligner.calibrated,
        auto=aligner.threshold is not None and first >= aligner.threshold and not no_match,
    )


def _suggestion(aligner: Aligner, criterion: CriterionText, ranking: Ranking, one: Ranked) -> Suggestion:
    return Suggestion(
        competency_id=one.competency_id,
        score=one.score,
        confidence=one.confidence,
        confidence_word=sureness(one.confidence, ranking.absolute),
        rationale=rationale(aligner.index, aligner.learned, criterion.text, ranking.vector, one.place),
    )
