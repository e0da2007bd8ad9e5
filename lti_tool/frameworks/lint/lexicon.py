"""The word lists of the rules, read once from `lexicon.json` (where they come from: NOTICE beside it)."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

Words = frozenset[str]


class Lexicon:
    """Sets of lower-case words by their use. `verbs` are all that `words.lemma` may answer with."""

    def __init__(self, read: Mapping[str, Any]) -> None:
        def words(name: str) -> Words:
            value = read[name]
            return frozenset(value.split() if isinstance(value, str) else value)

        self.observable = words("observable")
        self.unobservable = words("unobservable")
        self.weak = words("weak")
        self.states = words("states")
        self.traits = words("traits")
        self.dispositions = words("dispositions")
        self.knowledge = words("knowledge_nouns")
        self.grades = words("grades")
        self.labels = words("level_labels")
        self.quantifiers = words("quantifiers")
        self.low = words("low")
        self.high = words("high")
        self.determiners = words("determiners")
        self.nouns_like_verbs = words("nouns_like_verbs")
        self.objects = words("evidence_objects")
        self.filler = words("filler")
        self.stop = words("stop")
        self.talks = words("talks")
        self.go_on = words("go_on")
        self.knowing = words("knowing")
        self.minding = words("minding")
        self.holds = words("holds")
        self.expertise = words("expertise")
        self.background: tuple[tuple[str, str], ...] = tuple((title, text) for title, text in read["background"])
        """Competencies of any framework, title and description, to compare a very small one with."""
        self.irregular: Mapping[str, str] = read["irregular"]
        self.evidence = {
            kind: frozenset(verbs.split() if isinstance(verbs, str) else verbs)
            for kind, verbs in read["evidence"].items()
        }
        self.phrases = tuple((re.compile(pattern, re.IGNORECASE), worth) for pattern, worth in read["phrases"])
        self.people = re.compile(read["people"], re.IGNORECASE)
        self.tool = re.compile(read["tool"])
        self.verbs = self.observable | self.unobservable | {"do", "tell", "win", "lie", "deal", "bring"}


@cache
def lexicon() -> Lexicon:
    return Lexicon(json.loads((Path(__file__).parent / "lexicon.json").read_text(encoding="utf-8")))
