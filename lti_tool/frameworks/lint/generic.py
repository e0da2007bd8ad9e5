"""Rule: no rung by degree, rank, years or reputation, and no sentence that would fit any competency."""

import re
from functools import lru_cache

from lti_tool.frameworks.lint.gaps import is_placeholder
from lti_tool.frameworks.lint.lexicon import lexicon
from lti_tool.frameworks.lint.observable import CREDENTIAL, observable, state_of
from lti_tool.frameworks.lint.words import content_words, head, lemma, words

FLAG = 0.6
CLEAR = 0.7
"""From here on a warning; below it a note, since half of those are right."""

_NO_DOMAIN = re.compile(
    r"\b(?:this|the) (?:competenc[ye]|skill|discipline|actions? associated)\b|\bthis (?:area|subject)\b|\b(?:area"
    r"|field) of (?:practice"
    r"|expertise)\b|\bin this (?:area|competency|subject)\b|\b(?:well-defined|simple|complex|straightforward|most|some"
    r"|many|routine|specialised) (?:or \w+ )?(?:tasks|problems|situations|steps)\b|\bdomain knowledge\b"
    r"|\bstandard (?:of work|achieved)\b|\b(?:actions|work) as a series of (?:steps|tasks)\b",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\b\d+\s*\+?\s*(?:to \d+ |-\s*\d+ )?years?\b", re.IGNORECASE)
_LEVEL_DEFINITION = re.compile(
    r"at (?:the \w+ of the )?\w+ (?:\w+ )?level,? (?:individuals|learners|staff|you)\b", re.IGNORECASE
)
_MEASURE_OF_IT = re.compile(
    r"\b(?:the |a |an )?(?:\w+ )?(?:level|depth|breadth|range|wealth|amount|degree) of (?:experience|competence"
    r"|expertise"
    r"|proficiency|skill|ability|performance)\b",
    re.IGNORECASE,
)
_BY_JUDGEMENT = re.compile(
    r"\b(?:meets?|exceeds?|below|above|falls? short of) (?:all |most |the )?expectations?\b"
    r"|\b(?:un)?satisfactory\b|\bneeds improvement\b|\bperforms? (?:very |consistently )?(?:well|poorly|badly"
    r"|adequately"
    r"|at an? [\w-]+ (?:level|standard))\b|\b(?:exceptional|outstanding|excellent|good|average|poor) performance\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^(?:can |is able to )?(?:works?|performs?|acts?|operates?|functions?)\s+(?:\w+ly\b|alone|unsupervised|unaided"
    r"|(?:with|without|under) (?:\w+ ){0,2}(?:supervision|guidance|support|help|direction))",
    re.IGNORECASE,
)
_FOCUS = re.compile(r"^(?:the )?focus (?:is )?(?:on )?(?:strategic|learning|developing|applying|\w+)", re.IGNORECASE)
_REPUTATION = re.compile(
    r"\b(?:known|recogni[sz]ed|considered|sought out|regarded|seen|viewed) (?:as|within|by)\b|\btechnical authority\b"
    r"|\bgo-to\b",
    re.IGNORECASE,
)
_TOPICS = r"(?:concepts?|principles?|techniques?|topics?|methods?|theory|facts|ideas|practices?)"
_EXPERTISE = lexicon().expertise


@lru_cache(maxsize=16_384)
def generic(text: str) -> tuple[float, str]:
    """(0 to 1, what it rests on). Flagged from 0.6."""
    lex = lexicon()
    found = [word.lower() for word in words(text)]
    if is_placeholder(text):
        return 1, "placeholder"
    acts = (lemma(word) in lex.observable and word not in lex.nouns_like_verbs for word in found[:3])
    if _YEARS.search(text) and not any(acts):
        return 1, "years"
    if _is_label(text, found):
        return 1, "label"
    if CREDENTIAL.search(text):
        return 0, ""
    seen = observable(text).is_observable
    content = content_words(text, without=lex.knowledge | lex.states)
    by_state = _of_state(text) if not seen else (0.0, "")
    if by_state[0]:
        return by_state
    if _LEVEL_DEFINITION.match(text) and len(content) <= 28:
        return 0.8, "level definition, no domain"
    if found and found[0] == "focus" and _FOCUS.match(text) and len(content) <= 6:
        return 0.7, "no domain: focus"
    if _ALONE.match(text.strip()) and len(content) <= 3:
        return 0.7, "independence alone"
    if _BY_JUDGEMENT.search(text) and len(content) <= 8:
        return 0.8, "judgement, no domain"
    return _without_domain(text, found, content, seen)


def _is_label(text: str, found: list[str]) -> bool:
    lex = lexicon()
    more = lex.labels | lex.grades | lex.knowledge | {"level", "of", "and", "user", "practical", "application"}
    if len(found) <= 3 and all(word in more for word in found):
        return True
    numbered = re.match(r"\s*(?:level\s*)?\d\s*[-–:.]\s*\w+", text, re.IGNORECASE)
    place = int(bool(found) and found[0] == "level")
    return bool(numbered) and len(found) <= 7 and found[place : place + 1] != [] and found[place] in lex.labels


def _of_state(text: str) -> tuple[float, str]:
    lex = lexicon()
    state = state_of(head(text))
    measured = _MEASURE_OF_IT.search(text)
    if measured:
        return 0.9, f"graded {measured[0].split()[-1].lower()}"
    if not state:
        return 0, ""
    if any(word in lex.grades for word in state.words):
        return 0.95, f"graded {state.last}"
    if state.last in _EXPERTISE:
        return 0.9, f"graded {state.last}"
    graded_topics = rf"\b(?:of|in) (?:\w+ )?(?:{'|'.join(map(re.escape, lex.grades))}) (?:\w+ )?{_TOPICS}\b"
    if re.search(graded_topics, text, re.IGNORECASE):
        return 0.85, f"graded {state.last}"
    return 0, ""


def _without_domain(text: str, found: list[str], content: list[str], seen: bool) -> tuple[float, str]:
    lex = lexicon()
    bare = _NO_DOMAIN.search(text)
    points_at = seen and any(word in lex.objects for word in found)  # a thing that can be shown makes up for it
    if bare and len(content) <= 14 and not (points_at and not bare[0].lower().startswith(("this", "the"))):
        return (0.7 if not seen or len(content) <= 6 else 0.6), f"no domain: {bare[0].lower()}"
    state = state_of(head(text))
    says_how_one_is = state is not None and not state.is_noun and state.last not in lex.expertise
    if (
        not seen
        and not says_how_one_is
        and len(content) <= 2
        and any(word in lex.grades | lex.labels for word in found)
    ):
        return 0.65, "no content"
    if _REPUTATION.search(text):
        return 0.6, "reputation"
    return 0, ""
