"""The values that leave this room, and the plain text in them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.kit.http import AddressRefused, Unreachable
from lti_tool.lms import faults
from lti_tool.lms.text import plain, tidy
from lti_tool.lms.values import Assignment, Criterion, CriterionMark, Family, LearnerMark, Level, NewLineItem, Rubric


def criterion(**more: object) -> Criterion:
    return Criterion("c1", "Planning", max_points=3.0, levels=(Level(0.0, "None"), Level(3.0, "Sound")), **more)  # type: ignore[arg-type]


def mark(*criteria: CriterionMark, **more: object) -> LearnerMark:
    known = {"total": 2.0, "max_points": 3.0, "graded_at": None, "marker_id": None, "released": True}
    return LearnerMark("a1", "u1", 1, criteria=criteria, **(known | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("plain words", "plain words"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("Fish &amp; chips &lt;b&gt;", "Fish & chips <b>"),
        ("<script>alert(1)</script>ok<style>p{}</style>", "ok"),
        ("<img src=x onerror=alert(1)>seen", "seen"),
        ("a\x00b\x07c\ud800d", "abcd"),
        ("  many \u00a0  spaces \r\n\r\n\r\n\r\n and gaps ", "many spaces\n\nand gaps"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("", ""),
    ],
)
def test_html_becomes_its_words(html: str, words: str) -> None:
    assert plain(html) == words


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_any_text_can_be_stored_afterwards(text: str) -> None:
    for cleaned in (plain(text), tidy(text)):
        assert "\x00" not in cleaned
        cleaned.encode("utf-8")


def test_a_fingerprint_follows_the_content_and_nothing_else() -> None:
    def essay(*criteria: Criterion, **more: object) -> Assignment:
        return Assignment("a1", "Essay", max_points=3.0, rubric=Rubric("r1", "Rubric", criteria), **more)  # type: ignore[arg-type]

    same = essay(criterion())
    assert same.fingerprint == essay(criterion()).fingerprint
    assert len(same.fingerprint) == 64
    others = [
        essay(criterion(description="more")),
        essay(criterion(ranged=True)),
        essay(),
        essay(criterion(), due_at=datetime(2026, 11, 22, tzinfo=UTC)),
    ]
    assert len({same.fingerprint, *(one.fingerprint for one in others)}) == 5


def test_a_mark_changes_its_fingerprint_when_it_is_released() -> None:
    given_ = CriterionMark("c1", None, 2.0)
    assert mark(given_).fingerprint == mark(given_).fingerprint
    assert mark(given_).fingerprint != mark(given_, released=False).fingerprint
    assert mark(given_).fingerprint != mark(CriterionMark("c1", None, None)).fingerprint


def test_what_was_not_assessed_adds_nothing_to_the_sum() -> None:
    assert mark(CriterionMark("c1", None, 2.0), CriterionMark("c2", None, None, "Well done")).rubric_points == 2
    assert mark(CriterionMark("c2", None, None, "Well done")).rubric_points is None
    assert mark().rubric_points is None


@pytest.mark.parametrize("points", [float("nan"), float("inf")])
def test_points_are_finite(points: float) -> None:
    with pytest.raises(ValueError):
        CriterionMark("c1", None, points)


@pytest.mark.parametrize(
    ("label", "maximum", "tag"), [(" ", 3, "t"), ("x", 0, "t"), ("x", float("nan"), "t"), ("x", 3, "")]
)
def test_a_line_item_that_no_gradebook_can_hold_cannot_be_built(label: str, maximum: float, tag: str) -> None:
    with pytest.raises(ValueError):
        NewLineItem(label, maximum, "r", tag)


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("canvas", Family.CANVAS),
        ("Moodle", Family.MOODLE),
        ("sakai", Family.OTHER),
        ("", Family.OTHER),
        (None, Family.OTHER),
    ],
)
def test_families_by_their_product_code(code: str | None, family: Family) -> None:
    assert Family.of(code) is family


def test_which_troubles_may_pass_by_themselves() -> None:
    assert faults.may_pass(Unreachable("x"))
    assert faults.may_pass(faults.Throttled("x"))
    assert faults.may_pass(faults.LmsDown("x"))
    assert not faults.may_pass(AddressRefused("x"))
    assert not faults.may_pass(faults.TokenRejected("x"))
    assert not faults.may_pass(faults.ScopeNotGranted("x"))
