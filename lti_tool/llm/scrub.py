"""Takes out of a text what points to a person, before it leaves for a model provider.

Criteria and frameworks seldom hold personal data, but teachers paste: "send to j.doe@example.edu", "see student
s1234567". Addresses, account names, telephone numbers and long identifiers go; names are taken out after a form of
address ("Dr Maple Example") and wherever the caller knows them. Ordinary words stay: a criterion that loses its
meaning helps nobody.
"""

import re
from collections.abc import Iterable

_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@\w[\w.-]{2,}")
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
# A telephone number: nine digits or more with the usual marks between them; "2019-2020" has eight.
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d(?:[ ()./-]{0,2}\d){8,}(?!\w)")
# A matriculation or account number: at most three letters, then five digits or more ("s1234567", "AB-30021").
_NUMBER = re.compile(r"\b[A-Za-z]{0,3}[-_]?\d{5,}\b")
_ADDRESSED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Frau|Herr|Mme)\b\.?(?:\s+[A-Z][\w'’-]+){1,3}")


def scrub(text: str, names: Iterable[str] = ()) -> str:
    """The text with each find replaced by [link], [address], [number] or [name], white space folded.

    `names` are people known to be near the text (the course's teachers); matched as whole words, any case.
    """
    text = _LINK.sub("[link]", text)
    text = _EMAIL.sub("[address]", text)
    text = _HANDLE.sub("[address]", text)
    for pattern in (_UUID, _PHONE, _NUMBER):
        text = pattern.sub("[number]", text)
    text = _ADDRESSED.sub("[name]", text)
    for name in names:
        if name.strip():
            text = re.sub(rf"\b{re.escape(name.strip())}\b", "[name]", text, flags=re.IGNORECASE)
    return " ".join(text.split())
