"""Words and sentences of a text: what the lexical signal counts and what a rationale quotes."""

import re
from collections.abc import Iterator
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.;:])\s+")
_EMPTY = frozenset({
    "a", "an", "the", "of", "to", "and", "or", "in", "for", "on", "with", "by", "from", "as", "is", "are",
    "be", "that", "this", "their", "its", "it", "at", "using", "use", "used", "such", "other", "etc", "e", "g",
})  # fmt: skip
#: Endings, longest first where one ends in another, and what stands for them: "studies" and "study" meet.
_ENDINGS = (
    ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ations", "ate"), ("ation", "ate"), ("ators", "ate"), ("ator", "ate"),
    ("izing", "ize"), ("ysis", "yz"), ("yses", "yz"), ("ings", ""), ("ing", ""), ("ments", ""), ("ment", ""),
    ("edly", ""), ("ed", ""), ("ers", ""), ("er", ""), ("es", "e"), ("ly", ""),
)  # fmt: skip


def sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a lower-case English word, rough but the same for its forms. Short words stay as they are."""
    if len(word) <= 3:
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    else:
        if word.endswith("s") and not word.endswith("ss"):
            word = word[:-1]
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "y":
        word = word[:-1] + "i"
    return word[:-2] if word.endswith("at") and len(word) > 5 else word


def found_words(text: str) -> Iterator[re.Match[str]]:
    """Each word with its place."""
    return _WORD.finditer(text)


@lru_cache(maxsize=256)  # a criterion is read again for each of its suggestions
def terms(text: str) -> tuple[tuple[str, str], ...]:
    """(stem, word as written) for each word that carries meaning."""
    words = (found.group() for found in found_words(text))
    return tuple((stem(word.lower()), word) for word in words if word.lower() not in _EMPTY)


def folded(text: str) -> str:
    """The stems of a text in order: two texts that fold to the same say the same in the same words."""
    return " ".join(stems(text))


def stems(text: str) -> list[str]:
    return [stemmed for stemmed, _ in terms(text)]
