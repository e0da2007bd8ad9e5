"""The grammar that the rules need: a statement's head, its main verb, its clauses. English only.

No lemmatiser: suffix rules against the closed list of about 960 verbs find the base form of 97 % of inflected forms
at two microseconds a word, and what is no verb of the list is not to be found anyway.
"""

import re
from functools import lru_cache

from lti_tool.frameworks.lint.lexicon import lexicon

WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
#: Supply, apply, rely, reply, comply, multiply, imply and fly are verbs, all other -ly words of a head are adverbs.
_VERBS_IN_LY = r"(?:app|supp|rep|re|comp|mult|imp|f)ly"
_LY = re.compile(rf"^(?!{_VERBS_IN_LY}$)\w+ly$", re.IGNORECASE)
_MARK = re.compile(r"^[\s\-*•–·\d.)(]+")
_SUBJECT = re.compile(
    r"^(?:at (?:the \w+ of )?(?:the )?[\w ]{3,25} level,?|level \d+[:.]?|(?:you|i|we|they|he|she|s/he)"
    r"|(?:the |an? )?(?:learner|student|employee|individual|applicant|candidate|nurse|person|practitioner)s?"
    r"|staff)\s+(?=\w)",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"^(?:(?:can|could|will|should|must|may|might|is|are|be|has|have|had|been|to|also|then|does|do|did|when asked"
    r"|where (?:relevant|appropriate|necessary),?|with (?:guidance|support|help|supervision),?"
    r"|under (?:supervision|guidance|direction),?|able to|ability to|capable of|in a position to|skill(?:ed"
    r"|s)? (?:in|at)"
    r"|responsible for|expected to|demonstrates? (?:the|an?) ability to|demonstrates? how to|know(?:s|n)? how to"
    rf"|starts? to|begins? to|continues? to|tends? to|(?!{_VERBS_IN_LY}\b)\w+ly(?:\s+and\s+\w+ly\b)?|not)\b[,\s]*)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;.]\s+|,\s*(?:and|but)\s+|\s+(?:and|but|or|while|by|to|through)\s+|,\s+|\s+-\s+", re.IGNORECASE)
_SUFFIXES = (
    *("ingly", "edly", "ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "s"),
    "ly",
)


def words(text: str) -> list[str]:
    return WORD.findall(text)


def is_adverb(word: str) -> bool:
    return bool(_LY.match(word))


@lru_cache(maxsize=20_000)
def lemma(word: str) -> str | None:
    """The base form when some reading of the word is a verb of the list."""
    lex, low = lexicon(), word.lower()
    if low in lex.verbs:
        return low
    if low in lex.irregular:
        return lex.irregular[low]
    return next((form for form in _bases(low) if form in lex.verbs), None)


def _bases(low: str) -> list[str]:
    found = [low]
    if low.endswith("ies"):
        found.append(low[:-3] + "y")
    if low.endswith("es"):
        found += [low[:-2], low[:-1]]
    if low.endswith("s") and not low.endswith("ss"):
        found.append(low[:-1])
    for ending in ("ing", "ed"):
        if low.endswith(ending):
            base = low[: -len(ending)]
            found += [base, base + "e"]
            if len(base) > 2 and base[-1] == base[-2]:
                found.append(base[:-1])
    if low.endswith("ied"):
        found.append(low[:-3] + "y")
    # organise and organize, labour and labor, travelled and fulfil
    for base in list(found):
        if base.endswith(("yse", "ise")):
            found.append(base[:-2] + "ze")
        if base.endswith(("yze", "ize")):
            found.append(base[:-2] + "se")
        if base.endswith("our"):
            found.append(base[:-2] + "r")
        if base.endswith("ll"):
            found.append(base[:-1])
    return found


def head(text: str) -> str:
    """The statement without bullet mark, subject ("You", "The learner"), auxiliaries and leading adverbs."""
    rest = _SUBJECT.sub("", _MARK.sub("", text.strip()), count=1)
    for _ in range(8):
        found = _AUXILIARY.match(rest)
        if not found or not found.end() or found.end() >= len(rest):
            break
        rest = rest[found.end() :]
    return rest


def first_verb(text: str) -> tuple[str, str | None]:
    """(first word of the head that is no adverb, its base form when it is a verb of the list)."""
    found = words(head(text))
    word = next((each for each in found if not is_adverb(each)), found[0] if found else "")
    return word, lemma(word) if word else None


def next_word(text: str, word: str) -> str:
    """The word after the first occurrence of another, lower case; "" at the end."""
    found = words(text)
    place = found.index(word) if word in found else -1
    return found[place + 1].lower() if 0 <= place < len(found) - 1 else ""


def clauses(text: str) -> list[str]:
    return [part for part in _CLAUSE.split(text) if part.strip()]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    return next((word[: -len(end)] for end in _SUFFIXES if word.endswith(end) and len(word) - len(end) >= 3), word)


def content_words(text: str, *, without: frozenset[str] = frozenset()) -> list[str]:
    """Words of more than three letters that carry meaning: no grades, quantifiers, filler."""
    lex = lexicon()
    left_out = lex.grades | lex.quantifiers | lex.filler | without
    return [word for word in (each.lower() for each in words(text)) if len(word) > 3 and word not in left_out]
