"""Checking the criteria mapping: one criterion at a time, or the sure ones together; everything can be undone."""

from collections.abc import Sequence
from datetime import datetime

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.grading.alignments import page as parts
from lti_tool.grading.alignments import reading, record, service, suggesting
from lti_tool.grading.alignments.domain import Choice, ChoiceInvalid, Decider, Review
from lti_tool.grading.alignments.page import ReviewPage
from lti_tool.grading.alignments.reading import Course, Item
from lti_tool.grading.courses import version_of
from lti_tool.grading.door import StatePage, bp, course_of
from lti_tool.grading.events import SuggestionsDue
from lti_tool.kit import clock, outbox
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.web.components import Action, Note, State, StateKind, Via
from lti_tool.web.guard import needs
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


class NoFramework(NotFound):
    reason = "no_framework"


def _read(viewer: Viewer) -> Course:
    course = course_of(viewer)
    return reading.read(db.session(), course, _version(course))


def _version(course: CourseInfo) -> int:
    version_id = version_of(db.session(), course)
    if version_id is None:
        raise NoFramework("There is no framework to map criteria to yet.", "Ask an administrator to import one.")
    return version_id


@bp.get("/review")
@needs(May.MANAGE_COURSE)
def review(viewer: Viewer) -> str | tuple[str, int]:
    session, course = db.session(), course_of(viewer)
    version_id = version_of(session, course)
    if version_id is None:
        return _nothing(
            "There is no framework yet", "An administrator has to import one before criteria can be mapped."
        )
    if suggesting.missing(session, course.id, version_id):
        _ask_once(session, course, version_id)
    found = reading.read(session, course, version_id)
    if not found.items:
        return _nothing("There are no criteria yet", "They come with the rubrics of the course’s assessments.")
    return _page(viewer, found, _chosen(found, request.args.get("c", type=int)), after=bool(request.args.get("at")))


def _nothing(title: str, words: str) -> str:
    action = Action("Go to assessments", url_for("grading.assessments"))
    state = State(StateKind.EMPTY, title, (words,), actions=(action,))
    return render_template("web/state.html", page=StatePage(title="Check the criteria mapping", state=state))


def _ask_once(session: Session, course: CourseInfo, version_id: int) -> None:
    """The framework changed, or its first one came: suggestions are asked for once an hour at most."""
    key = f"{course.id}/{version_id}/{clock.now():%Y%m%d%H}"
    with writing(session):
        outbox.post(session, SuggestionsDue(course.id), institution_id=course.institution_id, key=key)


def _chosen(found: Course, criterion_id: int | None) -> Item:
    """The one asked for, else the first to check, else the first."""
    for item in found.items:
        if item.criterion.id == criterion_id:
            return item
    if criterion_id is not None:
        raise service.CriterionUnknown("This criterion is not in this course.", "Choose one from the list.")
    return next((item for item in found.items if item.review is Review.TO_CHECK), found.items[0])


def _page(
    viewer: Viewer,
    found: Course,
    item: Item,
    *,
    after: bool = False,
    typed: str = "",
    error: str = "",
    matches: Sequence[CompetencyInfo] = (),
) -> str:
    at = found.items.index(item)
    version = found.framed.version
    rule, rule_action = parts.rule_of(found)
    deciders = {one.decided_by_id for one in item.decisions if one.decided_by_id}
    names = {int(person.id): person.shown_as for person in launch.people(db.session(), deciders).values()}
    page = ReviewPage(
        title="Check the criteria mapping",
        above=f"{found.course.title} · {version.title}",
        levels=min(6, max(4, version.level_count)),
        foot=version.attribution,
        foot_url=version.source_url,
        side=parts.side_of(found),
        notes=(*_undo_note(found), *parts.notes_of(found)),
        strip=parts.strip_of(found),
        covered=parts.covered_of(found),
        queue=parts.queue_of(found, item),
        told=parts.told_of(found),
        strong=tuple(one for one in found.items if one.strong),
        together=parts.together_of(found, clock.now()),
        rule=rule,
        rule_action=rule_action,
        item=item,
        place=f"Criterion {at + 1} of {len(found.items)} · {item.assessment}",
        choices=parts.choices_of(found, item, matches),
        other=parts.other_of(found, typed, error),
        second=parts.second_of(found, item),
        close=parts.is_close(item) and not matches,
        decided=parts.decided_of(item, names),
        how=parts.how_of(item),
        previous=parts.address(found.items[at - 1].criterion.id) if at else "",
        following=parts.address(found.items[at + 1].criterion.id) if at + 1 < len(found.items) else "",
        arrived=after or bool(error) or bool(matches),
    )
    return render_template("grading/review.html", page=page)


def _undo_note(found: Course) -> tuple[Note, ...]:
    """After an action: what was done can be taken back."""
    moment, ids = request.args.get("at", ""), request.args.get("did", "")
    known = {str(item.criterion.id) for item in found.items}
    if not moment or not ids or not set(ids.split(",")) <= known:
        return ()
    fields = (("criteria", ids), ("at", moment))
    undo = Action("Undo", url_for("grading.undo"), via=Via.POST, fields=fields)
    return (Note("That can be taken back", f"for {service.UNDO_DAYS} days.", undo, icon="retry", announce=True),)


@bp.post("/review/<int:criterion_id>")
@needs(May.MANAGE_COURSE)
def decide(viewer: Viewer, criterion_id: int) -> str | tuple[str, int] | Response:
    """Accept one, accept two, or leave out; then on to the next that is open."""
    found = _read(viewer)
    item = _chosen(found, criterion_id)
    asked, typed = request.form.get("do", "accept"), request.form.get("find", "").strip()
    try:
        choices: tuple[Choice, ...] = ()
        if asked != "leave":
            picked = request.form.get("pick", "")
            if picked == "other":
                matches = reading.look_up(found.framed, typed)
                if len(matches) != 1:
                    error = "" if matches else "No competency is called so. Try another word, or a code."
                    return _page(
                        viewer, found, item, typed=typed, error=error, matches=matches
                    ), 200 if matches else 400
                picked = str(matches[0].id)
            choices = _choices(picked, item, two=asked == "two")
        with writing(db.session()) as session:
            done = service.decide(session, criterion_id, choices, Decider.person(viewer.person_id), clock.now())
    except ChoiceInvalid as fault:
        return _page(viewer, found, item, typed=typed, error=f"{fault.words} {fault.next_step}"), fault.status
    names = [found.framed.by_id[choice.item_id].label for choice in choices]
    said = f"Accepted: {' and '.join(names)}." if names else f"Left out: {item.criterion.title}."
    return _onward(found, done, said)


def _choices(picked: str, item: Item, *, two: bool) -> tuple[Choice, ...]:
    first = _id(picked)
    if first is None:
        raise ChoiceInvalid("No competency is chosen.", "Choose one of the list, or search for another.")
    if not two:
        return (Choice(first),)
    second = _id(request.form.get("second", ""))
    if second in (first, None):  # the preset second one was picked as the first: the best of the others is meant
        second = next((one.competency.id for one in item.offers if one.competency.id != first), first)
    return (Choice(first, _share("share-1")), Choice(second or first, _share("share-2")))


def _id(text: str) -> int | None:
    """An id as a form sends it. Not `isdigit`: that takes other scripts' digits too."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _share(name: str) -> float:
    try:
        return float(request.form.get(name, "50").replace(",", "."))
    except ValueError:
        raise ChoiceInvalid("A share is not a number.", "Give both shares in per cent, such as 60 and 40.") from None


def _onward(found: Course, done: service.Decided, said: str) -> Response:
    """To the next open criterion after the decided one, with the way back."""
    ids = {item.criterion.id: at for at, item in enumerate(found.items)}
    last = max((ids[one] for one in done.criterion_ids if one in ids), default=-1)
    in_order = [*found.items[last + 1 :], *found.items[: last + 1]]
    open_ = [item.criterion.id for item in in_order if item.review in (Review.TO_CHECK, Review.WAITING)]
    following = next((one for one in open_ if one not in done.criterion_ids), None)
    did = ",".join(map(str, done.criterion_ids)) or None
    at = done.moment.isoformat() if did else None
    return go(url_for("grading.review", c=following, did=did, at=at), say=said)


@bp.post("/review/several")
@needs(May.MANAGE_COURSE)
def accept_several(viewer: Viewer) -> Response:
    """Accept strong first suggestions together: those that were on the page, if they still are the first."""
    found = _read(viewer)
    offered = {item.criterion.id: item.best.competency.id for item in found.items if item.strong and item.best}
    wanted: dict[int, Sequence[Choice]] = {}
    for pair in request.form.getlist("take"):
        criterion, competency = (_id(part) for part in pair.partition(":")[::2])
        if criterion is not None and competency is not None and offered.get(criterion) == competency:
            wanted[criterion] = [Choice(competency)]
    if not wanted:
        raise Invalid("These suggestions have changed meanwhile.", "Look at the list again.")
    with writing(db.session()) as session:
        done = service.decide_several(session, wanted, Decider.person(viewer.person_id), clock.now())
    number = len(done.criterion_ids)
    return _onward(found, done, "1 criterion accepted." if number == 1 else f"{number} criteria accepted.")


@bp.post("/review/undo")
@needs(May.MANAGE_COURSE)
def undo(viewer: Viewer) -> Response:
    found = _read(viewer)
    known = {item.criterion.id for item in found.items}
    ids = [one for one in map(_id, request.form.get("criteria", "").split(",")) if one is not None]
    moment = _moment(request.form.get("at", ""))
    if moment is None or not ids or not set(ids) <= known:
        raise service.CannotUndo("There is nothing to take back.", "Open the criterion and decide it anew.")
    with writing(db.session()) as session:
        service.undo(session, ids, moment, Decider.person(viewer.person_id), clock.now())
    return go(url_for("grading.review", c=ids[0]), say="Taken back.")


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


@bp.post("/review/<int:criterion_id>/reopen")
@needs(May.MANAGE_COURSE)
def reopen(viewer: Viewer, criterion_id: int) -> Response:
    _chosen(_read(viewer), criterion_id)
    with writing(db.session()) as session:
        service.reopen(session, criterion_id, clock.now())
    return go(url_for("grading.review", c=criterion_id), say="It is open again; nothing counts by it until you decide.")


@bp.post("/review/ask-again")
@needs(May.MANAGE_COURSE)
def ask_again(viewer: Viewer) -> Response:
    course = course_of(viewer)
    _version(course)
    with writing(db.session()) as session:
        key = f"{course.id}/asked/{clock.now():%Y%m%d%H%M}"
        outbox.post(session, SuggestionsDue(course.id), institution_id=course.institution_id, key=key)
    return go(url_for("grading.review"), say="New suggestions are being made. Reload this page in a moment.")


@bp.post("/review/rule")
@needs(May.MANAGE_COURSE)
def switch_rule(viewer: Viewer) -> Response:
    course, on = course_of(viewer), request.form.get("on") == "yes"
    version_id = _version(course)
    with writing(db.session()) as session:
        record.switch_rule(session, course.institution_id, version_id, viewer.person_id, clock.now(), on=on)
        if on:
            outbox.post(session, SuggestionsDue(course.id), institution_id=course.institution_id)
    return go(url_for("grading.review"), say=f"Accepting without asking is {'on' if on else 'off'}.")
