"""The criteria mapping as an instructor works through it: plain forms, each action with its way back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.grading.events import SuggestionsDue
from lti_tool.grading.models import Alignment, AlignmentRule, Criterion, Suggestion
from lti_tool.kit import clock
from lti_tool.kit.db import writing
from tests import factories as make
from tests.grading.conftest import Place, posted
from tests.grading.people import Browser, learner, teacher
from tests.web.tree import Page


@pytest.fixture
def place(place: Place) -> Place:
    """Suggestions stand: the first criterion has a strong one, the second nothing close."""
    with writing(place.session) as session:
        offer(session, place, 0, [(0, 0.93, "strong"), (1, 0.88, "strong"), (2, 0.2, "weak")])
        offer(session, place, 1, [(3, 0.18, "weak"), (2, 0.1, "weak"), (1, 0.05, "weak")], no_match=True)
    return place


def offer(session, place: Place, criterion: int, ranked: list[tuple[int, float, str]], no_match: bool = False) -> None:  # type: ignore[no-untyped-def]
    row = session.get_one(Criterion, place.criteria[criterion].id)
    row.review, row.no_match, row.engine = "to_check", no_match, "local"
    for rank, (item, confidence, word) in enumerate(ranked, 1):
        session.add(
            Suggestion(
                institution_id=place.institution_id,
                criterion_id=row.id,
                version_id=place.version.id,
                item_id=place.items[item].id,
                rank=rank,
                score=confidence,
                confidence=confidence,
                confidence_word=word,
                rationale=f"Both speak of skill {item + 1}.",
                engine="local",
                model="small",
                prompt_version="local.1",
                input_hash="0" * 64,
                created_at=clock.now(),
            )
        )


@pytest.fixture
def boss(app: Flask, place: Place) -> Browser:
    return teacher(app, place)


def aligned(place: Place, criterion: int) -> list[tuple[str, float, str]]:
    codes = {item.id: item.code for item in place.items}
    rows = place.session.scalars(
        select(Alignment)
        .where(Alignment.criterion_id == place.criteria[criterion].id, Alignment.ended_at.is_(None))
        .order_by(Alignment.id)
    ).all()
    found = [(codes[row.item_id], row.weight, row.decided_by) for row in rows]
    place.session.rollback()
    return found


def state(place: Place, criterion: int) -> str:
    found = place.session.scalar(select(Criterion.review).where(Criterion.id == place.criteria[criterion].id))
    place.session.rollback()
    return str(found)


def decide(boss: Browser, place: Place, criterion: int, **form: str):  # type: ignore[no-untyped-def]
    return boss.post(
        f"/grading/review/{place.criteria[criterion].id}", {name.replace("_", "-"): v for name, v in form.items()}
    )


def test_the_page_shows_the_queue_the_choices_and_the_reasons(boss: Browser, place: Place) -> None:
    page = Page(boss.get("/grading/review").text).root
    queue = page.one("ol", class_="queue")
    assert [item.text.split()[0] for item in queue.all("a")] == ["Criterion", "Criterion"]
    assert "To check" in queue.text
    assert "No match" in queue.text
    assert "Both speak of skill 1." in page.text
    assert "0 of 4 are assessed" in page.text
    assert len(page.all("input", type="radio")) == 4  # three suggestions and another competency
    assert page.one("button", data_key="a").text.startswith("Accept")


def test_before_enough_decisions_words_stand_in_for_numbers(boss: Browser, place: Place) -> None:
    text = boss.get("/grading/review").text
    assert "0.93" not in text
    assert "Strong match." in text


def test_accepting_goes_on_to_the_next_and_can_be_undone(boss: Browser, place: Place) -> None:
    answer = decide(boss, place, 0, do="accept", pick=str(place.items[0].id))
    page = Page(answer.text).root
    assert "Accepted: 1.1 Skill 1." in page.text
    assert page.one("h2", id="cr").text == "Criterion 2"
    assert "data-focus" in page.one("h2", id="cr").attributes
    assert aligned(place, 0) == [("1.1", 1.0, "person")]
    form = next(one for one in page.all("form") if one.attributes["action"] == "/grading/review/undo")
    fields = {one.attributes["name"]: one.attributes["value"] for one in form.all("input")}
    assert "Taken back." in boss.post("/grading/review/undo", fields).text
    assert (aligned(place, 0), state(place, 0)) == ([], "to_check")


def test_undo_brings_back_what_stood_before(boss: Browser, place: Place) -> None:
    decide(boss, place, 0, do="accept", pick=str(place.items[0].id))
    page = Page(decide(boss, place, 0, do="accept", pick=str(place.items[3].id)).text).root
    form = next(one for one in page.all("form") if one.attributes["action"] == "/grading/review/undo")
    boss.post("/grading/review/undo", {one.attributes["name"]: one.attributes["value"] for one in form.all("input")})
    assert aligned(place, 0) == [("1.1", 1.0, "person")]


def test_a_decision_that_was_changed_since_is_not_undone(boss: Browser, place: Place) -> None:
    decide(boss, place, 0, do="accept", pick=str(place.items[0].id))
    moment = place.session.scalars(select(Alignment.decided_at)).one()
    place.session.rollback()
    decide(boss, place, 0, do="accept", pick=str(place.items[1].id))
    old = {"criteria": str(place.criteria[0].id), "at": moment.isoformat()}
    answer = boss.post("/grading/review/undo", old)
    assert (answer.status_code, "was decided again since" in answer.text) == (400, True)
    late = {**old, "at": (moment - timedelta(days=31)).isoformat()}
    assert "more than 30 days ago" in boss.post("/grading/review/undo", late).text


def test_two_competencies_share_the_weight(boss: Browser, place: Place) -> None:
    first, second = str(place.items[0].id), str(place.items[1].id)
    decide(boss, place, 0, do="two", pick=first, second=second, share_1="60", share_2="40")
    assert aligned(place, 0) == [("1.1", 0.6, "person"), ("1.2", 0.4, "person")]
    page = Page(boss.get(f"/grading/review?c={place.criteria[0].id}").text).root
    assert page.one("input", id="f-share-1").attributes["value"] == "60"
    assert "(60% of it)" in page.text


def test_accepting_two_at_once_by_key_takes_the_first_two(boss: Browser, place: Place) -> None:
    second = str(place.items[1].id)
    decide(boss, place, 0, do="two", pick=second, second=second, share_1="50", share_2="50")
    assert aligned(place, 0) == [("1.2", 0.5, "person"), ("1.1", 0.5, "person")]


def test_a_share_that_is_no_number_is_told(boss: Browser, place: Place) -> None:
    first, second = str(place.items[0].id), str(place.items[1].id)
    answer = decide(boss, place, 0, do="two", pick=first, second=second, share_1="much", share_2="40")
    assert (answer.status_code, "A share is not a number." in answer.text) == (400, True)
    answer = decide(boss, place, 0, do="two", pick=first, second=second, share_1="0", share_2="40")
    assert (answer.status_code, "above 0" in answer.text) == (400, True)
    assert aligned(place, 0) == []


def test_another_competency_is_found_by_a_code_or_a_word(boss: Browser, place: Place) -> None:
    decide(boss, place, 0, do="accept", pick="other", find="1.4")
    assert aligned(place, 0) == [("1.4", 1.0, "person")]
    answer = decide(boss, place, 1, do="accept", pick="other", find="skill")
    assert answer.status_code == 200
    assert len(Page(answer.text).root.all("input", type="radio")) == 5  # the four that are found, to choose from
    answer = decide(boss, place, 1, do="accept", pick="other", find="cooking")
    assert (answer.status_code, "No competency is called so." in answer.text) == (400, True)
    assert aligned(place, 1) == []


def test_leaving_out_and_opening_again(boss: Browser, place: Place) -> None:
    assert "Left out: Criterion 2." in decide(boss, place, 1, do="leave").text
    assert state(place, 1) == "left_out"
    boss.post(f"/grading/review/{place.criteria[1].id}/reopen")
    assert state(place, 1) == "to_check"


def test_the_strong_ones_are_accepted_together_and_undone_together(boss: Browser, place: Place) -> None:
    page = Page(boss.get("/grading/review").text).root
    taken = [one.attributes["value"] for one in page.all("input", name="take")]
    assert taken == [f"{place.criteria[0].id}:{place.items[0].id}"]
    assert "1 criterion accepted." in boss.post("/grading/review/several", {"take": taken}).text
    assert aligned(place, 0) == [("1.1", 1.0, "person")]
    assert boss.post("/grading/review/several", {"take": taken}).status_code == 400  # it is not open any more


def test_a_suggestion_that_changed_meanwhile_is_not_accepted_unseen(boss: Browser, place: Place) -> None:
    stale = f"{place.criteria[0].id}:{place.items[3].id}"
    answer = boss.post("/grading/review/several", {"take": [stale, "x:y", "7"]})
    assert (answer.status_code, "have changed meanwhile" in answer.text) == (400, True)


def test_a_made_up_choice_is_refused(boss: Browser, place: Place) -> None:
    for pick in ("999999", "", "1; drop"):
        answer = decide(boss, place, 0, do="accept", pick=pick)
        assert answer.status_code == 400
    assert aligned(place, 0) == []


def test_a_fallback_is_said_and_can_be_asked_again(boss: Browser, place: Place) -> None:
    with writing(place.session) as session:
        session.get_one(Criterion, place.criteria[0].id).fell_back_because = "Cohere did not answer."
    assert "Cohere did not answer." in boss.get("/grading/review").text
    boss.post("/grading/review/ask-again")
    assert posted(place.session, SuggestionsDue) == [{"course_id": place.course.id}]


def test_the_rule_is_off_and_cannot_be_forced_on(boss: Browser, place: Place) -> None:
    assert "(0 now)" in boss.get("/grading/review").text
    answer = boss.post("/grading/review/rule", {"on": "yes"})
    assert (answer.status_code, 'data-error="rule_not_yet"' in answer.text) == (400, True)


def test_the_rule_is_possible_after_fifty_good_decisions_and_its_acceptances_say_so(
    app: Flask, boss: Browser, place: Place
) -> None:
    with writing(place.session) as session:
        course = session.merge(place.course)
        assessment = make.make_assessment(session, course, criteria=50, source="file")
        for row in session.scalars(select(Criterion).where(Criterion.assessment_id == assessment.id)):
            row.review = "accepted"
            common = {"institution_id": place.institution_id, "criterion_id": row.id, "item_id": place.items[0].id}
            facts = {"rank": 1, "score": 1.0, "confidence": 0.9, "confidence_word": "strong", "rationale": ""}
            made = {"engine": "local", "model": "small", "prompt_version": "local.1", "input_hash": ""}
            session.add(Suggestion(**common, **facts, **made, version_id=place.version.id, created_at=clock.now()))
            session.add(Alignment(**common, weight=1.0, decided_by="person", decided_at=clock.now()))
    assert "would be right often enough" in boss.get("/grading/review").text
    assert "Accepting without asking is on." in boss.post("/grading/review/rule", {"on": "yes"}).text
    (row,) = place.session.scalars(select(AlignmentRule)).all()
    assert (row.on, row.changed_by_id) == (True, place.teacher.id)
    place.session.rollback()
    assert "0.93 strong" in Page(boss.get(f"/grading/review?c={place.criteria[0].id}").text).root.text
    assert "Accepting without asking is off." in boss.post("/grading/review/rule", {"on": "no"}).text


def test_a_new_framework_version_asks_for_suggestions_at_the_next_visit(boss: Browser, place: Place) -> None:
    with writing(place.session) as session:
        version = make.make_version(session, make.Institution(id=place.institution_id))
        make.make_item(session, version)
        session.merge(place.course).framework_version_id = version.id
    boss.get("/grading/review")
    boss.get("/grading/review")
    assert posted(place.session, SuggestionsDue) == [{"course_id": place.course.id}]


def test_a_course_without_criteria_or_framework_says_what_is_missing(boss: Browser, place: Place) -> None:
    with writing(place.session) as session:
        for criterion in place.criteria:
            session.get_one(Criterion, criterion.id).active = False
    assert "There are no criteria yet" in boss.get("/grading/review").text
    with writing(place.session) as session:
        session.merge(place.course).framework_version_id = None
    assert "There is no framework yet" in boss.get("/grading/review").text


def test_learners_do_not_see_the_mapping(app: Flask, place: Place) -> None:
    assert learner(app, place).get("/grading/review").status_code == 403
