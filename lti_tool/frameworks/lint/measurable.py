"""Rule: from the words alone an assessor could say what evidence to ask for."""

import re
from dataclasses import dataclass
from functools import lru_cache

from lti_tool.frameworks.lint.generic import FLAG, generic
from lti_tool.frameworks.lint.lexicon import lexicon
from lti_tool.frameworks.lint.observable import observable
from lti_tool.frameworks.lint.words import content_words, first_verb, words

EVIDENCE = ("work product", "explanation or test", "observation", "work record")
_VAGUE = re.compile(
    r"\b(?:culture|mindset|values|environment of|attitude|positive|awareness|appreciation|thinking|spirit|ethos"
    r"|good practice|whatever|when(?:ever)? needed|as a leader|role model|passion|inclusive|respectful|ethical"
    r"|(?:principles|practices) and (?:approaches|principles|practices)|in an? \w+ (?:manner|way)"
    r"|\w+ team environment|narratives?"
    r"|circumstances|what needs doing)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Evidence:
    """Whether evidence can be named, the kinds that fit, and what is in the way."""

    is_measurable: bool
    kinds: tuple[str, ...]
    because: str = ""


def kinds_for(verb: str | None) -> tuple[str, ...]:
    """Kinds of evidence that show an act, the likeliest first."""
    return tuple(kind for kind, verbs in lexicon().evidence.items() if verb in verbs)


@lru_cache(maxsize=16_384)
def measurable(text: str) -> Evidence:
    """Observable, not generic, with an object to point at, and not a weak verb on a vague one."""
    lex = lexicon()
    seen = observable(text)
    if not seen.is_observable:
        return Evidence(False, (), seen.because)
    if generic(text)[0] >= FLAG:
        return Evidence(False, (), "generic")
    verb = first_verb(text)[1]
    kinds = kinds_for(verb)
    points_at = any(word.lower() in lex.objects for word in words(text))
    content = content_words(text)
    if _VAGUE.search(text) and (not points_at or verb in lex.weak or not kinds):
        return Evidence(False, kinds, "vague object")
    if len(content) <= (3 if verb in lex.weak and not points_at else 1):
        return Evidence(False, kinds, "no object")
    return Evidence(True, kinds or ("observation",))
