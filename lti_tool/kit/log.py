"""Structured logs: events with keys, never people."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any, cast

import structlog


def configure(level: str, as_json: bool) -> None:
    """Set up structlog once, at boot. `level` is a name of the logging module; JSON for machines, text for people."""
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(where_it_broke),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        # standard output belongs to what a command answers; looked up each time, since tests exchange it
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def where_it_broke(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """A traceback by places and kinds alone. The words of an exception are left out: a database's hold the row it would
    not take, with its names and addresses."""
    lines: list[str] = []
    seen: set[int] = set()
    error: BaseException | None = exc_info[1]
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        places = traceback.extract_tb(error.__traceback__)
        lines += [f"{place.filename}:{place.lineno} {place.name}" for place in places]
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return "\n".join(lines)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))
