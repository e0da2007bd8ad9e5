"""Errors that carry words for people: what happened, and what to do next."""


class Fault(Exception):
    """Something a person should read about, with a next step.

    `words` says what happened in a whole sentence, `next_step` what the reader can do about it (may be
    empty). Both are shown on pages and printed by commands, so they hold no personal data and no secrets.
    `reason` is the stable snake_case code for logs and `data-error`; `status` is the HTTP status of the
    page. A kind of fault is a subclass with its own `reason`.
    """

    reason: str = "fault"
    status: int = 400

    def __init__(self, words: str, next_step: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.words} {self.next_step}".strip()


class Invalid(Fault):
    """What was sent cannot be used as it is."""

    reason = "invalid"
    status = 400


class Forbidden(Fault):
    """The asker may not do this."""

    reason = "forbidden"
    status = 403


class NotFound(Fault):
    """There is no such thing, or not for this asker."""

    reason = "not_found"
    status = 404


class Unavailable(Fault):
    """Something outside does not answer, or answers nonsense; trying later may help."""

    reason = "unavailable"
    status = 503
