"""A token as plain facts."""

from typing import Any

import pytest

from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.facts import Facts, expanded, kept, origins, read, text
from tests.launch.platform import GONE, TestPlatform


def facts(**given: Any) -> Facts:
    return read(TestPlatform(published=[], key=None).claims("n", **given))  # type: ignore[arg-type]


def test_a_whole_launch_says_who_where_and_what() -> None:
    said = facts(
        line_items={
            "scope": ["https://purl.imsglobal.org/s/score", 7],
            "lineitems": "https://l.example/i?type_id=3",
            "lineitem": "",
        },
        names_roles={"context_memberships_url": "https://l.example/m"},
        custom={"waymark_opens": "assessment", "waymark_ref": "a-7", "lms_user_id": "501"},
    )
    assert said.person is not None
    assert said.course is not None
    assert (said.person.subject, said.person.name, said.person.lms_user_id) == ("user-1", "Maple Example", "501")
    assert (said.course.context_id, said.course.title) == ("course-1", "Digital practice")
    assert said.course.line_items_url == "https://l.example/i?type_id=3"
    assert said.course.ags_scopes == ("https://purl.imsglobal.org/s/score",)
    assert said.course.roster_url == "https://l.example/m"
    assert said.link is not None
    assert said.link.line_item_url is None  # Moodle sends it empty once the activity's own one is gone
    assert (said.opens, said.ref, said.family) == ("assessment", "a-7", "moodle")


@pytest.mark.parametrize("literal", ["$Canvas.user.id", "{link_id}", "", "$", None, 7, {"a": 1}])
def test_a_variable_the_lms_does_not_know_counts_as_missing(literal: object) -> None:
    assert expanded(literal) is None
    said = facts(custom={"lms_user_id": literal, "waymark_ref": literal})
    assert said.person is not None
    assert said.person.lms_user_id is None
    assert said.ref is None


@pytest.mark.parametrize("odd", [[], "x", None, 7, GONE])
def test_an_optional_claim_of_the_wrong_kind_counts_as_missing(odd: object) -> None:
    said = facts(custom=odd, context=odd, tool_platform=odd, presentation=odd, line_items=odd, names_roles=odd)
    assert said.course is None
    assert said.family == ""
    assert said.frame_origins == ()


def test_a_name_is_put_together_when_it_does_not_come_whole() -> None:
    said = facts(name=GONE)
    assert said.person is not None
    assert said.person.name == "Maple Example"


def test_without_sub_nobody_is_known() -> None:
    assert facts(sub=GONE).person is None


def test_texts_lose_what_no_database_can_hold() -> None:
    assert text("A\x00b\ud800\nc  ", 50) == "A b c"
    assert text("می\u200cخواهم\u202e", 50) == "می\u200cخواهم"
    assert text("x" * 900, 10) == "x" * 10
    assert text("Zoë 李明", 50) == "Zoë 李明"


def test_origins_are_safe_in_a_header() -> None:
    assert origins(["https://a.example:8443/x?y", "http://127.0.0.1:9", "https://[::1]:8/x"]) == (
        "https://a.example:8443",
        "http://127.0.0.1:9",
        "https://[::1]:8",
    )
    assert (
        origins(
            [
                "javascript:alert(1)",
                "https://a;script-src *",
                "https://a b.example",
                "https:///x",
                7,
                None,
                "https://é.example",
            ]
        )
        == ()
    )


def test_only_what_the_landing_needs_is_kept() -> None:
    claims = TestPlatform(published=[], key=None).claims("n", birthdate="2001-01-01")  # type: ignore[arg-type]
    assert "birthdate" not in kept(claims)
    assert "nonce" not in kept(claims)
    assert kept(claims)[c.ROLES] == claims[c.ROLES]
