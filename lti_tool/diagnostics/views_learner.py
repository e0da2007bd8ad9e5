"""A learner's page: their own, and the instructor's view of it."""

from dataclasses import dataclass, replace

from flask import get_template_attribute, render_template, request, url_for
from markupsafe import Markup

from lti_tool.diagnostics import learner_page, map_rows, queries, reading, step_cards
from lti_tool.diagnostics.doors import ID, bp, course_of, learner_of, oneself, wants_part
from lti_tool.diagnostics.evidence_panel import panel
from lti_tool.diagnostics.learner_page import Opened, Summary
from lti_tool.diagnostics.queries import Asked
from lti_tool.diagnostics.subject import Address, Subject, day
from lti_tool.grading import queries as grading
from lti_tool.grading.queries import EvidenceRow
from lti_tool.kit import clock
from lti_tool.kit.db import db
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.web.components.maps import EvidencePanel, LearnerMap, ListItem
from lti_tool.web.components.words import Chart, StepCard
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Viewer


@dataclass(frozen=True, kw_only=True)
class LearnerPage(Page):
    own: bool
    course: str
    summary: Summary
    updated: str
    pieces: int
    strip: Markup
    steps: tuple[StepCard, ...]
    more_steps: tuple[StepCard, ...]
    put_aside: int
    strongest: tuple[ListItem, ...]
    to_strengthen: tuple[ListItem, ...]
    news: tuple[ListItem, ...]
    since: str
    map: LearnerMap
    """Its head: the rows are written beside it."""
    rows: Markup
    chart: Chart | None
    asked: tuple[Asked, ...]
    back: str


@bp.get("/map")
@needs(May.SEE_OWN_MAP)
def own_map(viewer: Viewer) -> str:
    """Where I stand."""
    address = Address(url_for("diagnostics.own_map"))
    return _page(course_of(viewer), oneself(viewer), "Where you stand", address, own=True)


@bp.get(f"/learners/<{ID}:person_id>")
@needs(May.SEE_COURSE)
def learner(viewer: Viewer, person_id: int) -> str:
    """The same page as the instructor sees it."""
    course = course_of(viewer)
    learner_of(course, person_id)
    name = launch.person(db.session(), person_id).shown_as
    address = Address(url_for("diagnostics.learner", person_id=person_id))
    return _page(course, person_id, name, address, own=False)


def _page(course: CourseInfo, person_id: int, title: str, address: Address, *, own: bool) -> str:
    session = db.session()
    subject = reading.subject_of(session, course, person_id, address, own=own, now=clock.now())
    opened = _opened(subject, person_id)
    if opened and wants_part():
        return render_template("diagnostics/panel.html", panel=opened.panel, holder=f"e-{opened.item}")
    aside = queries.declined(session, person_id)
    due = reading.steps_of(subject, aside)[: step_cards.SHOWN_STEPS + step_cards.MORE_STEPS]
    steps = step_cards.cards(subject, due, url_for("diagnostics.decline") if own else None)
    strongest, weakest = learner_page.short_lists(subject)
    news, since = _news(subject, person_id)
    newest = max((cell.updated_at for cell in subject.cells.values()), default=None)
    version, shown = subject.framed.version, learner_page.heat_map(subject, opened)
    page = LearnerPage(
        title=title,
        own=own,
        course=course.title,
        summary=learner_page.summary(subject),
        updated=day(newest) if newest else "",
        pieces=sum(cell.standing.n for cell in subject.cells.values()),
        strip=map_rows.strip(learner_page.strip(subject)),
        steps=steps[: step_cards.SHOWN_STEPS],
        more_steps=steps[step_cards.SHOWN_STEPS :],
        put_aside=len(aside & subject.framed.by_id.keys()),
        strongest=strongest,
        to_strengthen=weakest,
        news=news,
        since=since,
        map=replace(shown, groups=()),
        rows=map_rows.rows(shown, get_template_attribute("components/map.html", "evidence")),
        chart=_chart(subject, person_id),
        asked=tuple(queries.own_checks(session, course.id, person_id)),
        back="" if own else url_for("diagnostics.cohort"),
        levels=subject.level_count,
        foot=version.attribution,
        foot_url=version.source_url,
    )
    return render_template("diagnostics/learner.html", page=page)


def _opened(subject: Subject, person_id: int) -> Opened | None:
    item = request.args.get("open", type=int)
    if item is None or item not in subject.framed.by_id:
        return None
    cell = subject.cells.get(item)
    placed = cell is not None and cell.standing.level is not None
    wanted = request.args.get("level", 0, type=int)
    level = min(max(wanted, 1), subject.level_count) if placed else 0
    return Opened(item, level, cell_panel(subject, person_id, item, level))


def cell_panel(subject: Subject, person_id: int, item: int, level: int, *, every: bool = False) -> EvidencePanel:
    """What opens under one cell: released results only, whoever looks."""
    session = db.session()
    evidence = grading.evidence_cell(session, person_id, item)
    return panel(subject, subject.framed.by_id[item], level, evidence, _deciders(subject, evidence), every=every)


def _deciders(subject: Subject, evidence: tuple[EvidenceRow, ...]) -> dict[int, str]:
    """Learners read "your teacher"; instructors read who it was."""
    if subject.own:
        return {}
    ids = {row.decided_by_id for row in evidence if row.decided_by_id is not None}
    return {person: info.shown_as for person, info in launch.people(db.session(), ids).items()}


def _news(subject: Subject, person_id: int) -> tuple[tuple[ListItem, ...], str]:
    session = db.session()
    found = reading.changes_of(session, subject, person_id)
    if found is None or not found[1]:
        return (), ""
    since, changed = found
    shown = changed[: step_cards.SHOWN_CHANGES]
    evidence = grading.evidence_cells(session, [person_id], [one.item_id for one in shown])
    return step_cards.news(subject, shown, evidence, since), f"{since.day} {since:%B}"


def _chart(subject: Subject, person_id: int) -> Chart | None:
    if not any(cell.standing.level for cell in subject.cells.values()):
        return None
    if subject.own:
        where = url_for("diagnostics.own_over_time")
    else:
        where = url_for("diagnostics.over_time", person_id=person_id)
    return Chart(
        id="over-time",
        title="Over time",
        description="One small drawing for each competency that has enough evidence: the line is the most likely level"
        " after each result, the band shows how sure that was. The map holds where it stands now.",
        src=where,
    )
