"""Findings about what came back, or did not."""

from lti_tool.admin.checking.domain import Finding, State, Step
from lti_tool.admin.checking.remedies import remedy
from lti_tool.kit.http import Answer, Unreachable

_SILENT = {"certificate_wrong": "certificate", "address_refused": "address_refused", "out_of_time": "out_of_time"}


def tell(
    step: Step, code: str, words: str, family: str, answer: Answer | None = None, state: State = State.BAD
) -> Finding:
    """A finding with what to do next. Of the answer only status and media type are kept, never content."""
    said = f"{answer.status}, {answer.headers.get('content-type', 'no media type')}" if answer else ""
    return Finding(step, state, words, code, remedy(code, family), said)


def silent(step: Step, trouble: Unreachable, family: str) -> Finding:
    """Nothing usable came over the network."""
    return tell(step, f"{step.value}_{_SILENT.get(trouble.reason, 'unreachable')}", trouble.words, family)
