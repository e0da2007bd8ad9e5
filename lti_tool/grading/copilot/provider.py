"""Suggestions by a provider's models, in three steps: the local ranking picks 20 competencies, the reranker orders
them, the chat model chooses among them and says why. Any failure leaves the local suggestions, with the reason kept.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lti_tool.grading.copilot import reply
from lti_tool.grading.copilot.confidence import acceptance_threshold, sureness
from lti_tool.grading.copilot.domain import Confirmed, CriterionText, Engine, Suggestion, Suggestions
from lti_tool.grading.copilot.engines import Engines
from lti_tool.grading.copilot.ranking import Aligner, Ranking
from lti_tool.grading.copilot.rationale import rationale
from lti_tool.kit.log import get_logger
from lti_tool.llm.ledger import Use
from lti_tool.llm.ports import Ask, ModelFault, Reranker, Writer
from lti_tool.llm.prompts import prompt
from lti_tool.llm.scrub import scrub

log = get_logger(__name__)
PROMPT = "align.1"
OFFERED = 20
PATIENCE = 3
"""Failures in a row, of any kind, after which the rest of a batch is not asked."""
_LONGEST_CRITERION, _LONGEST_COMPETENCY = 2000, 600
"""Signs of a text that leave; a rubric criterion has about 150."""
_PASSED_OVER = 0.2
"""Confidence, at most, in what the model did not choose when it chose nothing."""


@dataclass(frozen=True)
class Provider:
    """`confirmed` hold what this provider offered first and what people made of it: the same gate as the local
    ranking's, on its own record."""

    engine: Engines
    writer: Writer
    reranker: Reranker
    aligner: Aligner
    confirmed: Sequence[Confirmed]

    def answer(
        self, criteria: Sequence[CriterionText], rankings: Sequence[Ranking], local: Sequence[Suggestions]
    ) -> list[Suggestions]:
        """For each criterion the provider's suggestions, or its local ones saying why. Raises nothing of a provider's
        making."""
        found: list[Suggestions] = []
        failures = 0
        given_up = ""
        for criterion, ranking, fallback in zip(criteria, rankings, local, strict=True):
            if given_up:
                found.append(replace(fallback, fell_back_because=given_up))
                continue
            try:
                found.append(self._ask(criterion, ranking, fallback))
                failures = 0
            except ModelFault as fault:
                log.warning("copilot.fell_back", reason=fault.reason, model=self.writer.model)
                failures += 1
                # A provider that is down stays down for this batch: hundreds of time-outs would help nobody.
                given_up = fault.words if fault.lasting or failures == PATIENCE else ""
                found.append(replace(fallback, fell_back_because=fault.words))
        return found

    def _ask(self, criterion: CriterionText, ranking: Ranking, fallback: Suggestions) -> Suggestions:
        text = scrub(criterion.text, self.engine.names)[:_LONGEST_CRITERION]
        places = [one.place for one in ranking.ranked[:OFFERED]]
        reranked = self.reranker.rerank(text, [self._outgoing(place) for place in places])
        self.engine.record(reranked.use)
        offered = [(places[position], relevance) for position, relevance in reranked.order]
        choices, use = self._choices(text, [place for place, _ in offered])
        return replace(
            fallback,
            ranked=self._ranked(criterion, ranking, choices, offered)[: len(fallback.ranked)],
            engine=Engine.COHERE,
            model=self.writer.model,
            prompt_version=PROMPT,
            input_hash=use.input_hash,
            no_match=not choices,
            calibrated=False,
            auto=bool(choices) and self._threshold is not None and choices[0].confidence >= self._threshold,
        )

    def _choices(self, text: str, places: Sequence[int]) -> tuple[list[reply.Choice], Use]:
        """What the chat model chose among the competencies at those places. Learners' and teachers' text goes as
        data, in a message of its own."""
        ids = reply.offered_ids(len(places))
        listed = [{"id": key, "text": self._outgoing(place)} for key, place in zip(ids, places, strict=True)]
        data = json.dumps({"criterion": text, "competencies": listed}, ensure_ascii=False)
        written = self.writer.write(Ask(prompt(PROMPT).text, data, reply.schema(ids), PROMPT))
        self.engine.record(written.use)
        return reply.read(written.value, ids), written.use

    def _outgoing(self, place: int) -> str:
        one = self.aligner.index.competencies[place]
        under = f" (under: {one.parent})" if one.parent else ""
        return scrub(one.text + under, self.engine.names)[:_LONGEST_COMPETENCY]

    def _ranked(
        self,
        criterion: CriterionText,
        ranking: Ranking,
        choices: Sequence[reply.Choice],
        offered: Sequence[tuple[int, float]],
    ) -> tuple[Suggestion, ...]:
        """What was chosen, then the rest in the reranker's order."""
        found = []
        for choice in choices:
            place, _ = offered[choice.offered]
            found.append(self._suggestion(place, 1 + choice.confidence, choice.confidence, choice.rationale))
        chosen = {choice.offered for choice in choices}
        ceiling = min((one.confidence for one in found), default=_PASSED_OVER)
        for position, (place, relevance) in enumerate(offered):
            if position not in chosen:
                why = rationale(self.aligner.index, self.aligner.learned, criterion.text, ranking.vector, place)
                found.append(self._suggestion(place, relevance, ceiling * relevance / 2, why))
        return tuple(found)

    def _suggestion(self, place: int, score: float, confidence: float, why: str) -> Suggestion:
        key = self.aligner.index.competencies[place].id
        return Suggestion(key, score, confidence, sureness(confidence, absolute=1.0), why)

    @cached_property
    def _threshold(self) -> float | None:
        """Learned from how often what this provider offered first was kept, by the confidence it gave."""
        offers = [(one.offered, one.competency_ids) for one in self.confirmed if one.offered]
        return acceptance_threshold(
            (offer.confidence, offer.competency_id in kept) for offer, kept in offers if offer.engine is Engine.COHERE
        )
