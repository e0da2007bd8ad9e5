"""The open sources that drafts are composed from, with the vectors of what is searched. See NOTICE beside this file.

Made by `scripts/generate_bank.py`. Texts are the sources' own; `own.json` is written for this tool.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lti_tool.frameworks.generate.domain import Origin

if TYPE_CHECKING:
    from lti_tool.llm.ports import Floats

DIM = 384


@dataclass(frozen=True)
class SourceInfo:
    """An open source: `attribution` travels with every item that is taken from it."""

    key: str
    name: str
    licence: str
    attribution: str
    url: str


SOURCES: Mapping[str, SourceInfo] = {
    one.key: one
    for one in (
        SourceInfo(
            "ddat",
            "Government Digital and Data Profession Capability Framework",
            "Open Government Licence v3.0",
            "Contains public sector information licensed under the Open Government Licence v3.0 (Government Digital "
            "and Data Profession Capability Framework, Government Digital Service, 2026). Modified.",
            "https://ddat-capability-framework.service.gov.uk/",
        ),
        SourceInfo(
            "onet",
            "O*NET 29.3 Database",
            "CC BY 4.0",
            "Includes information from the O*NET 29.3 Database by the U.S. Department of Labor, Employment and "
            "Training Administration (USDOL/ETA), used under the CC BY 4.0 license. Modified. USDOL/ETA has not "
            "approved, endorsed, or tested these modifications.",
            "https://www.onetcenter.org/database.html",
        ),
        SourceInfo(
            "nice",
            "NICE Workforce Framework for Cybersecurity 2.1.0",
            "Public domain in the United States (17 U.S.C. 105)",
            "National Institute of Standards and Technology, Workforce Framework for Cybersecurity (NICE Framework), "
            "NIST SP 800-181 Rev. 1, components 2.1.0. Modified. Not endorsed by NIST.",
            "https://csrc.nist.gov/pubs/sp/800/181/r1/final",
        ),
        SourceInfo(
            "digcomp",
            "DigComp 3.0",
            "CC BY 4.0",
            "Cosgrove, J. and Cachia, R., DigComp 3.0, Publications Office of the European Union, 2025, JRC144121. "
            "© European Union, CC BY 4.0. Modified.",
            "https://publications.jrc.ec.europa.eu/repository/handle/JRC144121",
        ),
        SourceInfo("own", "Waymark core set", "As this tool", "Waymark core set, shipped with the tool.", ""),
    )
}


@dataclass(frozen=True)
class Ladder:
    """A competency of a source with its levels, lowest first."""

    source: str
    ref: str
    title: str
    description: str
    levels: tuple[tuple[str, ...], ...]
    serves: tuple[str, ...] = ("employees",)
    url: str = ""

    @property
    def text(self) -> str:
        return f"{self.title}. {self.description}".strip()

    @property
    def origin(self) -> Origin:
        return Origin("source", self.source, self.title, self.ref, self.url or SOURCES[self.source].url)


@dataclass(frozen=True)
class Role:
    """A role of a source: known by competencies with ladders, or by tasks under activities."""

    source: str
    ref: str
    title: str
    description: str
    names: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    """Refs of ladders."""
    tasks: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Groups of tasks that belong together, each task with the name of its activity ("" where the source has none)."""

    @property
    def url(self) -> str:
        if self.source == "onet":
            return f"https://www.onetonline.org/link/summary/{self.ref}"
        return SOURCES[self.source].url


class Bank:
    """Everything at once, about 25 MB; read on first use, one for the process (`bank()`)."""

    @cached_property
    def ladders(self) -> Mapping[str, Ladder]:
        """By `source:ref`."""
        found = [*_own_ladders(), *_ddat_ladders(), *_digcomp_ladders()]
        return {f"{one.source}:{one.ref}": one for one in found}

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        return (*_ddat_roles(), *_onet_roles(), *_nice_roles())

    @cached_property
    def core(self) -> tuple[Ladder, ...]:
        """What serves everyone whatever the role; marked by hand."""
        marked = set(_json("own.json")["ddat_core"])
        return tuple(one for one in self.ladders.values() if one.source == "own" or one.ref in marked)

    @cached_property
    def _vectors(self) -> dict[str, Floats]:
        import numpy as np

        raw = gzip.decompress(files(__package__).joinpath("vectors.bin.gz").read_bytes())
        texts = list(embedded_texts())
        if hashlib.sha256("\x00".join(texts).encode()).digest() != raw[:32]:
            raise RuntimeError("the bank's vectors are of other texts: run scripts/generate_bank.py")
        rows = np.frombuffer(raw, np.int8, offset=32).reshape(len(texts), DIM).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return dict(zip(texts, rows, strict=True))

    def vectors(self, texts: list[str]) -> Floats:
        """Of texts that are in the bank, shape (n, 384). KeyError for another text."""
        import numpy as np

        return np.stack([self._vectors[text] for text in texts]) if texts else np.zeros((0, DIM), np.float32)


@cache
def bank() -> Bank:
    return Bank()


def embedded_texts() -> Iterator[str]:
    """The texts whose vectors ship, each once, in a fixed order."""
    here = bank()
    titles = [role.title for role in here.roles]
    whole = [role_text(role) for role in here.roles]
    yield from dict.fromkeys([*titles, *whole, *(one.text for one in here.ladders.values())])


def role_text(role: Role) -> str:
    return f"{role.title}. {role.description}"


def _json(name: str) -> Any:
    data = files(__package__).joinpath(name).read_bytes()
    return json.loads(gzip.decompress(data) if name.endswith(".gz") else data)


def _own_ladders() -> Iterator[Ladder]:
    for one in _json("own.json")["items"]:
        yield Ladder("own", one["key"], one["title"], one["description"], _levels(one["levels"]), tuple(one["serves"]))


def _ddat_ladders() -> Iterator[Ladder]:
    for ref, one in _json("ddat.json.gz")["skills"].items():
        yield Ladder("ddat", ref, one["title"], one["description"], _levels(one["levels"]))


def _digcomp_ladders() -> Iterator[Ladder]:
    from lti_tool.frameworks import starters
    from lti_tool.frameworks.domain import ItemKind, competencies, indicators_of

    draft = starters.read("digcomp-3.0")
    for item in competencies(draft):
        levels = [
            tuple(one.title for one in indicators_of(draft, item.key, level) if one.kind is not ItemKind.OUTCOME)
            for level in range(1, 5)
        ]
        yield Ladder("digcomp", item.key, item.title, item.description, tuple(levels), ("employees", "learners"))


def _ddat_roles() -> Iterator[Role]:
    for one in _json("ddat.json.gz")["roles"]:
        skills = tuple(f"ddat:{name}" for name in one["skills"])
        yield Role("ddat", one["title"], one["title"], one["description"], skills=skills)


def _onet_roles() -> Iterator[Role]:
    whole = _json("onet.json.gz")
    for one in whole["roles"]:
        tasks = tuple(tuple((whole["activities"][at], task) for at, task in group) for group in one["tasks"].values())
        yield Role("onet", one["code"], one["title"], one["description"], tuple(one["names"]), tasks=tasks)


def _nice_roles() -> Iterator[Role]:
    for one in _json("nice.json.gz")["roles"]:
        yield Role(
            "nice", one["code"], one["title"], one["description"], tasks=(tuple(("", task) for task in one["tasks"]),)
        )


def _levels(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)
