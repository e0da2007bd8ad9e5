"""Asking a language model within limits: never more than the cap of calls, never after a cancellation, and no more once
it is plainly not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from lti_tool.frameworks.generate.domain import MOST_CALLS
from lti_tool.kit.log import get_logger
from lti_tool.llm.ledger import Use
from lti_tool.llm.ports import Ask, ModelFault
from lti_tool.llm.prompts import prompt

if TYPE_CHECKING:
    from lti_tool.llm.ports import Writer

log = get_logger(__name__)
Read = TypeVar("Read")


class Cancelled(Exception):
    """A person stopped it. Nothing is asked any more."""


class Refused(Exception):
    """No usable answer for this part; `words` say why, for people."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def _count(_made: int) -> None:
    pass


def _forget(_use: Use) -> None:
    pass


@dataclass
class Asking:
    """`writer` None: there is no model. `before_call` is told the number of each call before it is made and may raise
    Cancelled; `record` gets what each call used. `given_up` holds why nothing is asked any more."""

    writer: Writer | None
    made: int = 0
    given_up: str = ""
    before_call: Callable[[int], None] = _count
    record: Callable[[Use], None] = _forget
    uses: list[Use] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        return self.writer is not None and not self.given_up and self.made < MOST_CALLS

    @property
    def left(self) -> int:
        return MOST_CALLS - self.made

    def ask(
        self,
        version: str,
        data: str,
        schema: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Read],
        max_tokens: int,
    ) -> Read:
        """What `read` makes of the answer. Raises Refused, for a fault of the provider or of the answer."""
        if self.writer is None:
            raise Refused("No language model is set up.")
        if self.given_up:
            raise Refused(self.given_up)
        if self.made >= MOST_CALLS:
            raise Refused(f"The limit of {MOST_CALLS} questions is reached.")
        self.before_call(self.made + 1)
        self.made += 1
        try:
            written = self.writer.write(Ask(prompt(version).text, data, schema, version, max_tokens))
            self.uses.append(written.use)
            self.record(written.use)
            return read(written.value)
        except ModelFault as fault:
            log.warning("generate.refused", reason=fault.reason, prompt=version)
            if fault.lasting:
                self.given_up = fault.words
            raise Refused(fault.words) from None
