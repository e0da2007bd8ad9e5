"""The demo under way: who is logged in where. Actions go through pages over HTTP; the tool's tables are read only to
wait for jobs and to count."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.demo import content
from lti_tool.demo.servers import Servers
from lti_tool.demo.visitor import Seen, Visitor, WentWrong
from lti_tool.kit import clock
from lti_tool.kit.db import everywhere
from lti_tool.kit.outbox import OutboxRow

WAIT = 120.0
Found = TypeVar("Found")


@dataclass
class Walk:
    """The demo under way: who is logged in where, and what was found."""

    servers: Servers
    session: Session
    visitors: dict[int, Visitor] = field(default_factory=dict)
    pages: dict[int, Seen] = field(default_factory=dict)
    project_link: int = 0
    project_ref: str = ""

    def wait(self, what: str, ask: Callable[[Session], Found | None]) -> Found:
        """Ask the tables until there is an answer; raises WentWrong after two minutes."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            with everywhere(self.session) as session:
                found = ask(session)
                session.rollback()
            if found is not None:
                return found
            time.sleep(0.3)
        raise WentWrong(f"This did not happen within {WAIT:.0f} s: {what}")

    def read(self, ask: Callable[[Session], Found]) -> Found:
        with everywhere(self.session) as session:
            found = ask(session)
            session.rollback()
        return found

    def quiet(self) -> None:
        """Wait until every job that is due soon is done. A dead letter is a failure."""

        def nothing_due(session: Session) -> bool | None:
            soon = clock.now() + timedelta(minutes=2)
            waiting = select(func.count()).select_from(OutboxRow)
            waiting = waiting.where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.due_at < soon)
            return True if session.scalar(waiting) == 0 else None

        self.wait("all jobs done", nothing_due)
        dead = self.read(
            lambda s: s.execute(
                select(OutboxRow.topic, OutboxRow.last_error).where(OutboxRow.dead_at.is_not(None))
            ).all()
        )
        if dead:
            raise WentWrong(f"{len(dead)} jobs stopped, the first: {dead[0].topic}: {dead[0].last_error}")

    def count(self, table: type[Any]) -> int:
        return self.read(lambda s: s.scalar(select(func.count()).select_from(table)) or 0)

    def link(self, name: str) -> str:
        link = content.LINKS["map"] if name == "map" else self.project_link
        return f"/courses/{content.COURSE_ID}/links/{link}/launch"
