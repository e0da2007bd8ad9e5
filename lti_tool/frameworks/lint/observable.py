"""Rule: the main statement is an act, or a product, that another person could see.

The main predicate is found first ("can confidently" and "demonstrates the ability to" are taken away), then judged by
its verb. A later clause counts when it is an act of its own: "understands X and explains Y", never "understands how
to design".
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from lti_tool.frameworks.lint.lexicon import lexicon
from lti_tool.frameworks.lint.words import clauses, first_verb, head, is_adverb, lemma, next_word, words

_HOLDS = lexicon().holds
"""Verbs that say only that somebody has something: what they have decides."""
CREDENTIAL = re.compile(r"\b(?:certificat\w+|accredit\w+|qualification|licen[cs]e)\b", re.IGNORECASE)
_DISPOSED = re.compile(
    r"adopt\w* an? [\w ]{0,40}\b(?:approach|mindset|attitude|outlook)"
    r"|prioriti[sz]\w* (?:deepening|a consideration|the importance|one)"
    r"|(?:takes?|taking|have|has) (?:\w+ ){0,2}(?:pride|interest|pleasure|delight|care|self-confidence"
    r"|confidence|courage) "
    r"|serves? as an? [\w ]{0,20}(?:authority|role model|expert|example)",
    re.IGNORECASE,
)
_PASSIVE = re.compile(
    r"\b(?:is|are|gets?|was|were|been)\s+(?:\w+ly\s+)?(\w+(?:ed|en|wn|lt|ht|de|ne|ut|et))\b", re.IGNORECASE
)
_GO_ON = lexicon().go_on
_NOUN_FOLLOWS = frozenset({"of", "from", "is", "are", "was", "may", "can", "required", "needed"})
_TALKS = re.compile(r"\b(?:have|has|having|hold|holds|holding)\s+(?:[\w-]+\s+){0,2}([\w-]+)", re.IGNORECASE)
_ACTED_ON = re.compile(r"\band (?:take|act|respond|escalate|report)")


@dataclass(frozen=True)
class Seen:
    """Whether another person could see it, and what decided: a verb, a state, a noun."""

    is_observable: bool
    because: str
    word: str = ""


@dataclass(frozen=True)
class State:
    """How a statement that describes a state begins: with a noun ("good knowledge") or an adjective ("aware")."""

    is_noun: bool
    words: tuple[str, ...]

    @property
    def last(self) -> str:
        return self.words[-1]


def state_of(text: str) -> State | None:
    """The state at the head of a text ("a good knowledge of", "aware of", "expert in"), if it begins with one."""
    lex = lexicon()
    found = [word.lower() for word in words(text)][:9]
    for place, word in enumerate(found):
        if word in lex.knowledge and not _is_attribute(found[place + 1 : place + 2]):
            in_doing = word == "skill" and found[place + 1 : place + 2] == ["in"]
            return None if in_doing else State(True, tuple(found[: place + 1]))
        if word in lex.states and place <= 4:
            return State(False, tuple(found[: place + 1]))
        if place > 5 or word in ("to", "by", "with", "for", "in"):
            return None
        is_act = lemma(word) in lex.observable and word not in lex.grades and not word.endswith("ing")
        if place and is_act:
            return None
    return None


def _is_attribute(following: list[str]) -> bool:
    """Does the noun only describe the next one, as in "user experience requirements"?"""
    if not following or following[0] in _GO_ON:
        return False
    word = following[0]
    return not (word.endswith("ing") or is_adverb(word) or lemma(word) in ("be", "require"))


@lru_cache(maxsize=16_384)
def observable(text: str) -> Seen:
    """Judges one statement. `because` is "no verb" where nothing was recognised: weak grounds, worth a note."""
    lex = lexicon()
    stripped = head(text)
    found = words(stripped)
    if not found:
        return Seen(False, "empty")
    if CREDENTIAL.search(text):
        return Seen(True, "credential")
    word, verb = first_verb(text)
    low, state, parts = word.lower(), state_of(stripped), clauses(stripped)
    if _DISPOSED.match(stripped) or (low in lex.dispositions and next_word(stripped, word) == "to"):
        return Seen(False, "disposition", low)
    if low == "focus" or (low in lex.nouns_like_verbs and next_word(stripped, word) in _NOUN_FOLLOWS):
        return Seen(False, "no verb", low)
    if any(talk.lower() in lex.talks for talk in _TALKS.findall(text)):
        return Seen(True, "verb", "have")  # "have" reads as an auxiliary, and so is gone from the head
    if verb in ("recognise", "recognize") and _ACTED_ON.search(text):
        return Seen(True, "acts on it")
    if verb in lex.unobservable and verb not in _HOLDS:
        acted = any(_explicit(part, word) for part in parts)
        return Seen(True, "later verb") if acted else Seen(False, "verb", verb)
    if state and (verb is None or verb in _HOLDS or low in lex.knowledge | lex.grades | lex.states):
        return _of_state(state, stripped, parts)
    if verb in lex.observable and verb not in _HOLDS:
        return Seen(True, "verb", verb or "")
    if verb in _HOLDS:
        return _of_holding(verb or "", stripped, parts)
    passive = _PASSIVE.search(text)
    if passive and lemma(passive[1]) in lex.observable:
        return Seen(True, "passive", passive[1].lower())
    if any(_acts(part) for part in parts):
        return Seen(True, "later verb")
    follows = next_word(stripped, word)
    known = low in lex.grades | lex.knowledge | lex.states
    if not state and len(found) > 2 and not known and follows in lex.determiners:
        return Seen(True, "unknown verb", low)
    return Seen(False, "no verb", low)


def _of_state(state: State, stripped: str, parts: list[str]) -> Seen:
    if not state.is_noun:
        # "competent at dividing problems into steps" says what is done; "proficient in programming" names a field
        doing = re.match(rf"(?:\w+ )*?{state.last} at (\w+ing)\s+\w+", stripped, re.IGNORECASE)
        if doing and lemma(doing[1]) in lexicon().observable:
            return Seen(True, "verb", lemma(doing[1]) or "")
        if any(_acts(part) and not words(part)[0].lower().endswith("ing") for part in parts[1:]):
            return Seen(True, "later verb")
    return Seen(False, "noun" if state.is_noun else "state", state.last)


def _of_holding(verb: str, stripped: str, parts: list[str]) -> Seen:
    """Have, show, bring, build: what is held decides. A trait is no act, a conversation is."""
    lex = lexicon()
    after = [word.lower() for word in words(stripped)[1:7]]
    if any(word in lex.talks for word in after):
        return Seen(True, "verb", verb)
    first_nouns = [word for word in after[:3] if not is_adverb(word)]
    trait = next((word for word in first_nouns if word in lex.traits or word.endswith("ness")), "")
    if trait and verb in ("show", "demonstrate", "display", "exhibit", "have", "possess", "bring", "maintain"):
        return Seen(False, "noun", trait)
    acts = verb in lex.observable or any(_acts(part) for part in parts[1:])
    return Seen(True, "later verb") if acts else Seen(False, "verb", verb)


def _acts(clause: str) -> bool:
    lex = lexicon()
    word, verb = first_verb(clause)
    if not verb or verb not in lex.observable or verb in _HOLDS:
        return False
    return word.lower() not in lex.nouns_like_verbs or next_word(head(clause), word) in (
        "the",
        "a",
        "an",
        "their",
        "its",
    )


def _explicit(clause: str, main: str) -> bool:
    """An act in a later clause, in the inflection of the main verb: "knows X and can do Y", "learning and applying"."""
    low = clause.strip().lower()
    found = words(low)
    if not found or low.startswith(("how", "what", "why", "that", "when")) or not _acts(low):
        return False
    if re.match(r"(?:is |are )?(?:can|able to|uses?\b)", low):
        return True
    if found[0].endswith("ing") or main.lower().endswith("ing"):
        return found[0].endswith("ing") and main.lower().endswith("ing")
    return found[0].endswith("s") == main.lower().endswith("s") and not found[0].endswith("ed")
