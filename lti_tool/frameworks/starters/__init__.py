"""Frameworks that ship with the tool, each with its source, licence and attribution (see NOTICE beside this file)."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.exchange import read_bytes
from lti_tool.frameworks.starters import digcomp
from lti_tool.kit.errors import NotFound


@dataclass(frozen=True)
class Starter:
    """A framework that can be taken into an institution with one choice. `counts` are those of `domain.counts`."""

    slug: str
    title: str
    attribution: str
    licence: str
    source_url: str
    counts: Mapping[str, int]


DIGCOMP = Starter(
    slug="digcomp-3.0",
    title="DigComp 3.0",
    attribution=(
        "Cosgrove, J. and Cachia, R., DigComp 3.0: European Digital Competence Framework, fifth edition, "
        "Publications Office of the European Union, 2025, JRC144121. © European Union, CC BY 4.0. "
        "Texts unchanged; the statements of each level are also shown together as that level's descriptor."
    ),
    licence="CC BY 4.0",
    source_url="https://publications.jrc.ec.europa.eu/repository/handle/JRC144121",
    counts={"items": 911, "competencies": 21, "levels": 4, "associations": 906},
)
NICE = Starter(
    slug="nice-2.1.0",
    title="NICE Workforce Framework for Cybersecurity 2.1.0",
    attribution=(
        "National Institute of Standards and Technology, Workforce Framework for Cybersecurity (NICE Framework), "
        "NIST SP 800-181 Rev. 1, components 2.1.0. Not endorsed by NIST."
    ),
    licence="Public domain in the United States (17 U.S.C. 105)",
    source_url="https://csrc.nist.gov/pubs/sp/800/181/r1/final",
    counts={"items": 2205, "competencies": 52, "levels": 0, "associations": 5375},
)


def list_starters() -> tuple[Starter, ...]:
    """What ships, without reading it."""
    return (DIGCOMP, NICE)


def read(slug: str) -> FrameworkDraft:
    """A shipped framework, read once per process. Raises `NotFound`."""
    if slug not in _READERS:
        raise NotFound("This starter framework does not exist.", "Choose one from the list.")
    return _cached(slug)


@cache
def _cached(slug: str) -> FrameworkDraft:
    return _READERS[slug]()


def _digcomp() -> FrameworkDraft:
    return _marked(digcomp.build(json.loads(_file("digcomp-3.0.json"))), DIGCOMP)


def _nice() -> FrameworkDraft:
    draft = read_bytes(gzip.decompress(_file("nice-2.1.0.json.gz")), "nice-2.1.0.json", "nice")
    publisher = "National Institute of Standards and Technology (NIST)"
    return _marked(replace(draft, title=NICE.title, publisher=publisher), NICE)


def _marked(draft: FrameworkDraft, starter: Starter) -> FrameworkDraft:
    return replace(
        draft, licence=starter.licence, attribution=starter.attribution, source_url=starter.source_url, warnings=()
    )


def _file(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()


_READERS: Mapping[str, Callable[[], FrameworkDraft]] = {DIGCOMP.slug: _digcomp, NICE.slug: _nice}
