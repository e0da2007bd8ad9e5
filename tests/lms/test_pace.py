"""An LMS that asked to slow down is left alone by everybody, until it has had its time; another LMS is not."""

from datetime import timedelta

import pytest

from lti_tool.kit.http import Http
from lti_tool.lms.calls import Calls
from lti_tool.lms.faults import Throttled
from lti_tool.lms.pace import Pace
from lti_tool.lms.tokens import TokenDoor
from tests.lms.gradebooks import NOW, Tokens
from tests.lms.replay import Asked, Reply, serving


def test_who_asked_to_slow_down_is_left_alone_for_as_long_as_it_said(http: Http) -> None:
    slow = [True]

    def reply(_asked: Asked) -> Reply:
        return Reply(429, b"", {"Retry-After": "90"}) if slow[0] else Reply(200)

    with serving(reply) as server:
        pace, tokens = Pace(), Tokens(http)
        roster, grades, other = (Calls(http, tokens, TokenDoor(one, "c", server.url), pace) for one in (1, 1, 2))
        assert roster.send("GET", server.url, scopes=["a"], now=NOW).status == 429
        for seconds in (0, 60, 89):
            with pytest.raises(Throttled) as told:
                grades.send("GET", server.url, scopes=["b"], now=NOW + timedelta(seconds=seconds))
            assert told.value.after == timedelta(seconds=90 - seconds)
        assert len(server.asked) == 1
        slow[0] = False
        assert other.send("GET", server.url, scopes=["a"], now=NOW).status == 200
        assert grades.send("GET", server.url, scopes=["b"], now=NOW + timedelta(seconds=90)).status == 200
        assert grades.send("GET", server.url, scopes=["b"], now=NOW).status == 200
