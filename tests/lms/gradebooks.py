"""What the gradebook and roster tests share: a service with a server behind it, and no token endpoint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from lti_tool.kit.http import Http
from lti_tool.lms.ags import Ags
from lti_tool.lms.calls import Calls
from lti_tool.lms.tokens import AccessTokens, MemoryTokens, Token, TokenDoor, TokenKey
from lti_tool.lms.values import Family, NewLineItem, Score
from tests.lms.replay import Asked, Replay, Reply, serving

NOW = datetime(2026, 11, 22, 1, 27, 5, 600000, tzinfo=UTC)
SCORE = Score("4", 2, 3, NOW.replace(microsecond=0), "Sound planning")
WANTED = NewLineItem("Planning", 3, "rub-42", "C1")


class Tokens(AccessTokens):
    """Hands out a token with no endpoint; counts renewals."""

    def __init__(self, http: Http) -> None:
        super().__init__(http, MemoryTokens(), lambda claims: "")
        self.asked = 0

    def _ask(self, door: TokenDoor, scopes: str, now: datetime) -> Token:
        self.asked += 1
        return Token(f"{TokenKey(door.platform_id, scopes).scopes} {self.asked}", now + timedelta(hours=1))


@contextmanager
def gradebook(
    http: Http, reply: Callable[[Asked], Reply], family: Family = Family.MOODLE
) -> Iterator[tuple[Ags, Replay]]:
    with serving(reply) as server:
        door = TokenDoor(1, "client", server.url + "/token")
        yield Ags(Calls(http, Tokens(http), door), family), server
