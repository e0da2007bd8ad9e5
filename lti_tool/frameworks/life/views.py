"""The life of a framework, for administrators: its versions, the step each may take next, and what is in its way."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import drafts, queries, tokens
from lti_tool.frameworks.domain import Status
from lti_tool.frameworks.life import queries as told
from lti_tool.frameworks.life import service as steps
from lti_tool.frameworks.life.diff import carried, changes
from lti_tool.frameworks.life.domain import Due, Gate, Obstacle, ReviewKind, Side
from lti_tool.frameworks.life.queries import FeedbackLine, ReviewLine, SignLine, VersionLine, WaiverLine
from lti_tool.frameworks.queries import VersionInfo
from lti_tool.frameworks.tokens import TokenInfo
from lti_tool.frameworks.views import bp
from lti_tool.frameworks.views_exchange import ChangeGroup, grouped
from lti_tool.kit import audit, clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@dataclass(frozen=True)
class VersionCard:
    """A version with the steps it may take."""

    line: VersionLine
    courses: tuple[CourseInfo, ...]
    obstacles: tuple[Obstacle, ...] = ()
    signs: tuple[SignLine, ...] = ()
    waivers: tuple[WaiverLine, ...] = ()
    pilot: Field | None = None
    sign: tuple[Field, ...] = ()
    compared_with: int | None = None

    @property
    def is_open(self) -> bool:
        return self.line.status in (Status.DRAFT, Status.PILOT)


@dataclass(frozen=True, kw_only=True)
class LifePage(Page):
    framework_id: int
    name: str
    is_open: bool
    cards: tuple[VersionCard, ...]
    feedback: tuple[FeedbackLine, ...]
    courses: dict[int, str]
    names: dict[int, str]
    """Of the people who recorded waivers."""
    due: tuple[Due, ...]
    reviews: tuple[ReviewLine, ...]
    rhythm: tuple[Field, ...]
    review: Field


@dataclass(frozen=True, kw_only=True)
class ChangesPage(Page):
    before: VersionInfo
    after: VersionInfo
    groups: tuple[ChangeGroup, ...]
    kept: int
    reworded: int
    gone: int
    new: int


@dataclass(frozen=True, kw_only=True)
class ApiPage(Page):
    tokens: tuple[TokenInfo, ...]
    shown: str
    name: Field
    address: str


@bp.get("/life/<int:framework_id>")
@needs(May.ADMINISTER)
def life_page(viewer: Viewer, framework_id: int) -> str:
    session = db.session()
    lines = told.history(session, framework_id)
    framework = told.framework(session, framework_id)
    known = {int(course.id): course for course in launch.courses(session)}
    due = told.due(session, [framework_id], clock.now()).get(framework_id, ())
    cards = tuple(_card(line, lines, tuple(known.values())) for line in lines)
    waived_by = {waiver.waived_by_id for card in cards for waiver in card.waivers if waiver.waived_by_id}
    page = LifePage(
        title=f"{framework.title}: versions",
        tab="frameworks.index",
        framework_id=framework_id,
        name=framework.title,
        is_open=framework.is_open,
        cards=cards,
        names={int(id_): person.shown_as for id_, person in launch.people(session, waived_by).items()},
        feedback=told.feedback(session, framework_id),
        courses={course_id: course.title or course.label for course_id, course in known.items()},
        due=due,
        reviews=told.reviews(session, framework_id),
        rhythm=(
            _months("review_months", "Look through every (months)", framework.review_months, 24),
            _months("overhaul_months", "Make anew every (months)", framework.overhaul_months, 60),
        ),
        review=Field(
            "kind",
            "What was done",
            FieldKind.SELECT,
            options=_options({ReviewKind.REVIEW: "Looked through", ReviewKind.OVERHAUL: "Made anew"}),
        ),
    )
    return render_template("frameworks/life.html", page=page)


def _card(line: VersionLine, lines: tuple[VersionLine, ...], known: tuple[CourseInfo, ...]) -> VersionCard:
    session = db.session()
    before = line.based_on_id or next((other.id for other in lines if other.number < line.number), None)
    if before not in {other.id for other in lines}:
        before = None
    courses = told.courses_on(session, line.id)
    if line.status not in (Status.DRAFT, Status.PILOT):
        return VersionCard(line, courses, compared_with=before, waivers=told.waivers(session, line.id))
    pilots = told.pilot_courses(session, line.id)
    field = Field(
        f"course-{line.id}",
        "Courses to try it in",
        FieldKind.CHECKS,
        options=tuple(
            Option(str(course.id), course.title or course.label or f"Course {course.id}", chosen=course.id in pilots)
            for course in known
        ),
    )
    return VersionCard(
        line,
        courses,
        told.open_gates(session, line.id) + steps.lint_obstacles(session, line.id),
        told.signs(session, line.id),
        told.waivers(session, line.id),
        field if known else None,
        _sign_fields(line.id),
        before,
    )


def _sign_fields(version_id: int) -> tuple[Field, ...]:
    """One form a version: ids are unique on a page."""
    sides = {Side.LEADERSHIP: "Leadership", Side.EMPLOYEES: "Employees"}
    hint = "(a person or a body, such as “Staff council”)"
    answers = (Option("yes", "Agrees"), Option("no", "Not yet"))

    def named(name: str) -> dict[str, Any]:
        return {"name": f"{name}-{version_id}", "attributes": (("name", name),)}

    return (
        Field(label="Side", kind=FieldKind.SELECT, options=_options(sides), **named("side")),
        Field(label="Who", note=hint, required=True, **named("who")),
        Field(label="Answer", kind=FieldKind.SELECT, options=answers, **named("agreed")),
        Field(label="Note", kind=FieldKind.AREA, rows=2, **named("note")),
    )


def _months(name: str, label: str, value: int, most: int) -> Field:
    return Field(name, label, FieldKind.NUMBER, str(value), attributes=(("min", "1"), ("max", str(most))))


def _options(words: dict[Side, str] | dict[ReviewKind, str]) -> tuple[Option, ...]:
    return tuple(Option(value.value, label) for value, label in words.items())


DEEDS = {
    "pilot": "piloted",
    "publish": "published",
    "retire": "retired",
    "sign": "signed",
    "waive": "waived",
    "discard": "discarded",
    "open": "opened",
    "close": "closed",
}
"""What the audit trail calls a step. A step that is refused takes its entry along."""


@bp.post("/<int:version_id>/step")
@needs(May.ADMINISTER)
def step(viewer: Viewer, version_id: int) -> Response:
    """One step of a version's life, by the name of the button: pilot, publish, retire, sign, waive, discard."""
    now, by, form = clock.now(), viewer.person_id, request.form
    do = form.get("do", "")
    with writing(db.session()) as session:
        version = queries.version(session, version_id)
        framework_id = version.framework_id
        deed = f"framework.{DEEDS.get(do.split('-')[0], 'changed')}"
        audit.record(session, viewer, deed, f"{version.title}, version {version.number}", now=now)
        if do == "pilot":
            chosen = [int(each) for each in form.getlist(f"course-{version_id}") if each.isascii() and each.isdigit()]
            steps.start_pilot(session, version_id, chosen, now, by)
            said = "The pilot runs. Each course moves to this version in a moment."
        elif do == "publish":
            steps.publish(session, version_id, now, by)
            said = "Published. Courses move to it when somebody moves them."
        elif do == "retire":
            steps.retire(session, version_id, now)
            said = "Retired. What was shown on it stays."
        elif do == "sign":
            agreed = form.get("agreed") == "yes"
            side = Side(form["side"]) if form.get("side") in set(Side) else Side.LEADERSHIP
            who, note = form.get("who", ""), form.get("note", "")
            steps.sign(session, version_id, side, who, now, agreed=agreed, note=note, by=by)
            said = "Recorded."
        elif do in {f"waive-{gate.value}" for gate in Gate}:
            steps.waive(session, version_id, Gate(do.removeprefix("waive-")), form.get("reason", ""), now, by)
            said = "The waiver is recorded, with its reason."
        elif do == "discard":
            drafts.discard(session, version_id)
            gone = all(one.framework_id != framework_id for one in queries.summaries(session))
            if gone:
                return go(url_for("frameworks.index"), say="The draft is gone.")
            said = "The draft is gone."
        else:
            raise Invalid("There is no such step.", "Reload the page.")
    return go(url_for("frameworks.life_page", framework_id=framework_id), say=said)


@bp.post("/life/<int:framework_id>")
@needs(May.ADMINISTER)
def tend(viewer: Viewer, framework_id: int) -> Response:
    """What concerns the framework whole: a review done, its rhythm, who may read it, an answer to feedback."""
    now, by, form = clock.now(), viewer.person_id, request.form
    do = form.get("do", "")
    with writing(db.session()) as session:
        if do == "review":
            kind = ReviewKind.OVERHAUL if form.get("kind") == ReviewKind.OVERHAUL else ReviewKind.REVIEW
            steps.record_review(session, framework_id, kind, form.get("note", ""), now, by)
            said = "Recorded. The next date counts from today."
        elif do == "rhythm":
            months = [form.get(name, "") for name in ("review_months", "overhaul_months")]
            if not all(each.isascii() and each.isdigit() and len(each) < 4 for each in months):
                raise Invalid("Months are whole numbers.", "Choose other numbers.")
            steps.set_rhythm(session, framework_id, int(months[0]), int(months[1]))
            said = "Saved."
        elif do in ("open", "close"):
            steps.open_to_all(session, framework_id, is_open=do == "open")
            audit.record(session, viewer, f"framework.{DEEDS[do]}", f"Framework {framework_id}", now=now)
            said = "Anybody may read the published version now." if do == "open" else "Only a token opens it now."
        elif do == "settle":
            given = form.get("feedback", "")
            feedback_id = int(given) if given.isascii() and given.isdigit() and len(given) < 12 else 0
            steps.settle_feedback(session, feedback_id, form.get("answer", ""), now, by)
            said = "Answered."
        else:
            raise Invalid("There is no such step.", "Reload the page.")
    return go(url_for("frameworks.life_page", framework_id=framework_id), say=said)


@bp.get("/<int:version_id>/changes/<int:before_id>")
@needs(May.ADMINISTER)
def version_changes(viewer: Viewer, version_id: int, before_id: int) -> str:
    """What is different between two versions, in words."""
    session = db.session()
    before, after = queries.version(session, before_id), queries.version(session, version_id)
    old, new = queries.draft(session, before_id), queries.draft(session, version_id)
    goes = carried(old, new)
    page = ChangesPage(
        title=f"Version {after.number} beside version {before.number}",
        tab="frameworks.index",
        before=before,
        after=after,
        groups=grouped(changes(old, new), most=1000),
        kept=len(goes.same) + len(goes.merged),
        reworded=len(goes.changed),
        gone=len(goes.gone),
        new=len(goes.new),
    )
    return render_template("frameworks/changes.html", page=page)


@bp.get("/api-access")
@needs(May.ADMINISTER)
def api_access(viewer: Viewer) -> str:
    return _api_page()


def _api_page(shown: str = "") -> str:
    page = ApiPage(
        title="Access for other systems",
        tab="frameworks.index",
        tokens=tokens.listed(db.session()),
        shown=shown,
        name=Field("name", "Which system", required=True, hint="Such as “Data warehouse”, to tell tokens apart."),
        address=f"{current_app.extensions['waymark.settings'].base_url.rstrip('/')}{url_for('case_api.documents')}",
    )
    return render_template("frameworks/api.html", page=page)


@bp.post("/api-access")
@needs(May.ADMINISTER)
def change_api_access(viewer: Viewer) -> str | Response:
    """A new token is shown in the answer, and never again; `revoke` ends one."""
    now = clock.now()
    with writing(db.session()) as session:
        revoked = request.form.get("revoke", "")
        if revoked:
            tokens.revoke(session, int(revoked) if revoked.isascii() and revoked.isdigit() else 0, now)
            audit.record(session, viewer, "token.revoked", f"Token {revoked} for reading frameworks", now=now)
            return go(url_for("frameworks.api_access"), say="The token opens nothing any more.")
        name = request.form.get("name", "")
        token = tokens.make(session, name, viewer.institution_id, now, viewer.person_id)
        audit.record(session, viewer, "token.made", f"Token for {name}", now=now)
    return _api_page(token)
