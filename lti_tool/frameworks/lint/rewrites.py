"""Rewrites with no language model: what a statement is about is kept, its verb or state gives way to an act.

They are proposals to start from, in the third person, and each is checked by the rules before it is shown.
"""

import re

from lti_tool.frameworks.lint.lexicon import lexicon
from lti_tool.frameworks.lint.observable import observable, state_of
from lti_tool.frameworks.lint.words import first_verb, head, lemma, words

_LONGEST_OBJECT = 180
_DOING = lexicon().expertise | {
    "confident",
    "comfortable",
    "skill",
    "skills",
    "ability",
    "abilities",
    "capable",
    "capability",
    "competence",
}
_AFTER_STATE = r"(?:of|in|with|about|for|at|on|to|towards|how|that|into)\b\s*"


def rewrite_of(text: str) -> str:
    """An act in place of a state: "Good knowledge of X" becomes "Explains X with an example". "" where
    nothing remains of the statement once its state is taken away."""
    stripped = head(text).strip().rstrip(".;, ")
    word, verb = first_verb(text)
    low = word.lower()
    if low in lexicon().dispositions:
        after = re.sub(rf"^.*?\b{re.escape(word)}\s+to\s+", "", stripped, count=1, flags=re.IGNORECASE)
        return _checked(_as_act(after))
    state = state_of(stripped)
    if state and verb in (None, "have", "show", "demonstrate", "display", "be", "gain", "possess", "develop", "hold"):
        about = _after(stripped, state.last)
        if state.last in _DOING:
            return _checked(_shown(about))
        knows = state.is_noun or state.last in lexicon().knowing
        return _checked(_explained(about) if knows else _example(about))
    about = _after(stripped, word)
    if verb in lexicon().minding and about:
        return _checked(_example(about))
    if verb in lexicon().knowing and about:
        if re.match(r"that\b", about, re.IGNORECASE):
            return _checked(f"Points out in a case of their own {about}")
        return _checked(_explained(about))
    return ""


def _after(text: str, word: str) -> str:
    """What a state or verb is about, without the preposition before it."""
    parts = re.split(rf"\b{re.escape(word)}\b", text, maxsplit=1, flags=re.IGNORECASE)
    about = parts[1].strip(" ,:-") if len(parts) == 2 else ""
    about = (
        re.sub(rf"^{_AFTER_STATE}", "", about, flags=re.IGNORECASE)
        if not about.lower().startswith(("how", "that"))
        else about
    )
    return about if len(about) <= _LONGEST_OBJECT else ""


def _explained(about: str) -> str:
    return f"Explains {about} with an example from their own work" if words(about) else ""


def _example(about: str) -> str:
    return f"Gives an example in which {about} changed what they did" if words(about) else ""


def _shown(about: str) -> str:
    if not words(about):
        return ""
    first = words(about)[0]
    base = lemma(first)
    if first.lower().endswith("ing") and base in lexicon().observable:
        return _as_act(f"{base} {about[len(first) :].strip()}")
    return f"Shows own work in {about} and explains how it was done"


def _as_act(text: str) -> str:
    """A verb phrase in the third person: "help new colleagues" becomes "Helps new colleagues"."""
    found = words(text)
    place = next((i for i, word in enumerate(found) if lemma(word) in lexicon().observable), None)
    if place is None or place > 1:
        return ""
    verb = lemma(found[place]) or ""
    rest = text[text.index(found[place]) + len(found[place]) :].strip()
    return f"{third_person(verb).capitalize()} {rest}".strip()


def third_person(verb: str) -> str:
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{verb}s"


def _checked(text: str) -> str:
    return f"{text}." if text and observable(text).is_observable else ""
