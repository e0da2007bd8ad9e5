"""A whole generation at once, in this process: for the command line and for measuring."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.generate import planning, stages
from lti_tool.frameworks.generate.asking import Asking
from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import Brief, Outline
from lti_tool.frameworks.generate.outcome import to_draft
from lti_tool.frameworks.lint import LintFinding, lint

if TYPE_CHECKING:
    from lti_tool.llm.ports import Embedder, Writer


@dataclass(frozen=True)
class Made:
    """`draft` None: no role family could be served. `stages` are title, engine and words of each."""

    outline: Outline
    draft: FrameworkDraft | None
    findings: tuple[LintFinding, ...]
    stages: tuple[tuple[str, str, str], ...]
    calls: int


def made_now(brief: Brief, say: Callable[[str], None]) -> Made:
    """With Cohere where the settings hold a key, and the local model. `say` is told of each stage as it begins."""
    from lti_tool import settings
    from lti_tool.llm.opening import cohere_of, local_embedder

    with ExitStack() as open_:
        cohere = cohere_of(settings.load())
        if cohere is not None:
            cohere.timeout *= 2.5
            open_.enter_context(cohere)
        return make(brief, local_embedder(), cohere.writer if cohere else None, say)


def make(brief: Brief, embedder: Embedder, writer: Writer | None, say: Callable[[str], None] = lambda _: None) -> Made:
    composer, asking, outline = Composer(brief, embedder), Asking(writer), Outline()
    steps = planning.plan(brief, with_model=writer is not None)
    told = []
    for at, step in enumerate(steps):
        say(f"{at + 1} of {len(steps)}: {step.title}")
        done = stages.run(step, outline, composer, asking, planning.later_questions(steps, at))
        outline = done.outline
        told.append((step.title, done.engine.value, done.words))
    for remark in outline.remarks:
        say(f"{remark.place}: {remark.words}")
    draft = to_draft(brief, outline, str(uuid.uuid4()), embedder) if outline.items else None
    findings = lint(draft, embed=embedder.embed) if draft is not None else ()
    return Made(outline, draft, findings, tuple(told), asking.made)
