"""Findings about single statements and levels: generic, unobservable, not measurable."""

from collections.abc import Iterator, Sequence

from lti_tool.frameworks.domain import FrameworkDraft, Severity
from lti_tool.frameworks.lint.domain import LintFinding, Place, Rule
from lti_tool.frameworks.lint.gaps import is_placeholder, short
from lti_tool.frameworks.lint.generic import CLEAR, FLAG, generic
from lti_tool.frameworks.lint.measurable import EVIDENCE, kinds_for, measurable
from lti_tool.frameworks.lint.observable import Seen, observable
from lti_tool.frameworks.lint.reading import Rungs, Statement
from lti_tool.frameworks.lint.rewrites import rewrite_of
from lti_tool.frameworks.lint.words import first_verb

_BEGIN = (
    "Begin with what a person does: a verb such as writes, checks or explains, the thing it is done to, how far alone."
)
_WHY_GENERIC = {
    "graded": "“Good” and “advanced” mean something else to each reader, and nobody can show them.",
    "years": "Time served does not show what somebody can do.",
    "label": "A label names a rung, and says nothing of what is done on it.",
    "reputation": "What others think of a person is no act of theirs.",
    "independence": "How independently is only half of it: what is done is missing.",
    "judgement": "This is a verdict, which the assessor should reach from what is described here.",
}
_FITS_ANY = "These words would fit any competency, so they cannot place a learner on this one."
_WHY_UNSEEN = {
    "verb": "“{word}” happens inside a person. An assessor needs something to see, read or hear.",
    "noun": "“{word}” is something a person has. An assessor needs something they do or make.",
    "state": "“{word}” says how a person is. An assessor needs something they do or make.",
    "disposition": "An inclination is not yet an act. An assessor needs something they do or make.",
    "no verb": "No act was recognised here. If there is one, set this aside.",
}


def is_english(draft: FrameworkDraft) -> bool:
    return not draft.language.strip() or draft.language.strip().lower().startswith("en")


def other_language(draft: FrameworkDraft) -> LintFinding:
    words = f"This framework is in another language ({draft.language}), so its wording was not judged."
    reason = "The rules about words know English only. Counts, levels and copies were looked at."
    return LintFinding(Rule.LANGUAGE, Severity.NOTE, Place(), words, reason, quote=draft.language)


def wording(rungs: Sequence[Rungs]) -> Iterator[LintFinding]:
    for one in rungs:
        for said in one.everything:
            found = of_statement(said)
            if found:
                yield found
        yield from _not_measurable(one)


def of_statement(said: Statement) -> LintFinding | None:
    """The one thing to say about a statement: that it is generic, else that nobody could see it."""
    if is_placeholder(said.text):
        return None
    score, because = generic(said.text)
    if score >= FLAG:
        kind = because.split()[0].rstrip(",:")
        reason = _WHY_GENERIC.get(kind, _FITS_ANY)
        severity = Severity.WARNING if score >= CLEAR else Severity.NOTE
        words = f"“{short(said.text)}” is a generic label."
        rewrite = rewrite_of(said.text) or _BEGIN
        return LintFinding(
            Rule.GENERIC, severity, said.place, words, reason, rewrite, quote=said.text, score=round(score, 2)
        )
    seen = observable(said.text)
    return None if seen.is_observable else _unseen(said, seen)


def _unseen(said: Statement, seen: Seen) -> LintFinding:
    reason = _WHY_UNSEEN.get(seen.because, _WHY_UNSEEN["no verb"]).format(word=seen.word)
    severity = Severity.NOTE if seen.because in ("no verb", "empty") else Severity.WARNING
    words = f"Nobody could see this: “{short(said.text)}”"
    rewrite = rewrite_of(said.text) or _BEGIN
    return LintFinding(Rule.UNOBSERVABLE, severity, said.place, words, reason, rewrite, quote=said.text)


def _not_measurable(one: Rungs) -> Iterator[LintFinding]:
    """A level without one statement that evidence could be asked for; a competency without any."""
    reason = "Evidence has to be asked for, and these words do not say which."
    for number in one.levels:
        said = one.said(number)
        if (
            not said
            or all(is_placeholder(text) for text in said)
            or any(measurable(text).is_measurable for text in said)
        ):
            continue
        kinds = evidence_for(said)
        words = f"Level {number} of “{one.item.title}” gives an assessor nothing to ask for."
        rewrite = f"Add an indicator that leaves a trace: {_in_words(kinds)}."
        yield LintFinding(
            *(Rule.NOT_MEASURABLE, Severity.WARNING, Place(one.item.key, number), words, reason, rewrite),
            quote="\n".join(said),
            evidence=kinds,
        )
    if any(one.levels.values()) or any(measurable(said.text).is_measurable for said in one.unplaced):
        return
    kinds = evidence_for([said.text for said in one.unplaced] or [one.item.description])
    words = f"“{one.item.title}” has no level and no indicator that evidence could be asked for."
    rewrite = f"Add an indicator that leaves a trace: {_in_words(kinds)}."
    yield LintFinding(
        *(Rule.NOT_MEASURABLE, Severity.NOTE, Place(one.item.key), words, reason, rewrite),
        quote=one.text,
        evidence=kinds,
    )


def evidence_for(statements: Sequence[str]) -> tuple[str, ...]:
    """Kinds of evidence that fit the verbs of some statements; where the verbs say nothing, a product and an
    explanation, which any competency can leave."""
    found = [kind for text in statements for kind in kinds_for(first_verb(text)[1])]
    return tuple(dict.fromkeys(found)) or EVIDENCE[:2]


def _in_words(kinds: Sequence[str]) -> str:
    articles = {"explanation or test": "an explanation or test", "observation": "an observation"}
    named = [articles.get(kind, f"a {kind}") for kind in kinds]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"
