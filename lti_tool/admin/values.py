"""What the pages about connections and scores show: each LMS with its checks and forms, and the scores on their
way."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from lti_tool.admin.checking.domain import TITLES
from lti_tool.admin.checking.service import CheckInfo
from lti_tool.admin.when import when as when
from lti_tool.grading.intake import connections
from lti_tool.grading.intake.connections import ConnectionInfo
from lti_tool.grading.passback.domain import DeliveryState
from lti_tool.grading.passback.queries import DeliveryInfo
from lti_tool.kit.db import db
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import DeploymentInfo, PlatformInfo
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Action, Check, CheckState, Pager, Pill, Tone, Via, Weight
from lti_tool.web.pages import Page


@dataclass(frozen=True)
class Lms:
    """One platform with its checks, its deployments and the form of its second connection."""

    platform: PlatformInfo
    deployments: tuple[DeploymentInfo, ...]
    checks: tuple[Check, ...]
    fields: tuple[Field, ...]
    connected: bool


@dataclass(frozen=True, kw_only=True)
class ConnectionsPage(Page):
    lede: str
    lmss: tuple[Lms, ...]
    addresses: tuple[tuple[str, str], ...]
    counts: str


@dataclass(frozen=True, kw_only=True)
class DeliveriesPage(Page):
    lede: str
    counts: str
    deliveries: Table
    waiting: int
    states: Field
    pager: Pager | None
    stuck: Table
    """Other work that did not get done."""


def lede(lmss: tuple[Lms, ...], stopped: int, dead: int) -> str:
    """In one sentence what does not work. `dead` counts other work that gave up."""
    bad = dead + sum(1 for lms in lmss for check in lms.checks if check.state is CheckState.BAD)
    if bad or stopped:
        parts = [f"{bad} {'thing does' if bad == 1 else 'things do'} not work" if bad else ""]
        parts.append(f"{stopped} {'score has' if stopped == 1 else 'scores have'} stopped" if stopped else "")
        return f"{' and '.join(part for part in parts if part)}. None is lost; what to do stands beside each."
    return "Everything that was checked works."


def addresses() -> tuple[tuple[str, str], ...]:
    base = current_app.extensions["waymark.settings"].base_url
    return (
        ("Tool and redirect address", f"{base}/lti/launch"),
        ("Login", f"{base}/lti/login"),
        ("Keys", f"{base}/lti/jwks.json"),
        ("Canvas configuration", f"{base}/lti/config.json"),
    )


def lms_of(platform: PlatformInfo, checked: CheckInfo | None) -> Lms:
    """`checked`: its last connection check that ended."""
    session = db.session()
    deployments = tuple(d for d in launch.deployments(session, platform.institution_id) if d.platform_id == platform.id)
    found = connections.connection_of(session, platform.id)
    return Lms(
        platform,
        deployments,
        (
            _full_check(platform, checked),
            _launch_check(platform),
            *(_deployment_check(d) for d in deployments),
            _second(platform, found),
        ),
        _fields(platform, found),
        found is not None,
    )


def _full_check(platform: PlatformInfo, checked: CheckInfo | None) -> Check:
    title = "Connection check"
    look = Action("See the check", url_for("admin.platform", platform_id=platform.id), about=platform.name)
    ask = Action("Check it now", url_for("admin.ask_check", platform_id=platform.id), via=Via.POST, about=platform.name)
    if checked is None or checked.finished_at is None:
        words = "It tries everything between this LMS and Waymark, and says what is wrong and what to do."
        return Check(title, words, CheckState.UNCHECKED, actions=(ask,))
    at = when(checked.finished_at)
    if not checked.bad:
        return Check(title, f"Nothing was wrong on {at}.", CheckState.WORKS, actions=(look, ask))
    parts = ", ".join(TITLES[one.step] for one in checked.bad)
    return Check(title, f"On {at} this did not work: {parts}.", CheckState.BAD, actions=(look, ask))


def _launch_check(platform: PlatformInfo) -> Check:
    if platform.jwks_fetched_at is None:
        return Check("Opening Waymark", "Nobody has opened it from this LMS yet.", CheckState.UNCHECKED)
    return Check("Opening Waymark", f"Works. Keys last read on {when(platform.jwks_fetched_at)}.", CheckState.WORKS)


def _deployment_check(deployment: DeploymentInfo) -> Check:
    title = f"Deployment {deployment.deployment_id}"
    decide = url_for("admin.decide_deployment", row_id=deployment.id)

    def decision(label: str, decided: str, weight: Weight = Weight.NORMAL) -> Action:
        fields = (("decision", decided),)
        return Action(label, decide, weight, Via.POST, about=deployment.deployment_id, fields=fields)

    if deployment.status == "approved":
        return Check(title, "Approved.", CheckState.WORKS, actions=(decision("Close it", "refuse", Weight.PLAIN),))
    if deployment.status == "refused":
        words = "Refused. Nobody gets in from there."
        return Check(title, words, CheckState.WARN, actions=(decision("Approve after all", "approve", Weight.PLAIN),))
    return Check(
        title,
        "Somebody opened Waymark from a place in the LMS that is not approved. They see a page that says so.",
        CheckState.WARN,
        actions=(decision("Approve", "approve"), decision("Refuse", "refuse")),
    )


def _second(platform: PlatformInfo, found: ConnectionInfo | None) -> Check:
    title = "Reading assignments, rubrics and marks"
    if found is None:
        return Check(
            title,
            "Not connected. Launches and grades work; rubrics and marks have to come as a file.",
            CheckState.WARN,
            fix=(
                "Make a token in the LMS (the guides say how).",
                "Paste it below, with the LMS’s address.",
                "Save and check.",
            ),
        )
    again = Action("Check again", url_for("admin.check", platform_id=platform.id), via=Via.POST, about=platform.name)
    if found.trouble:
        return Check(title, found.trouble, CheckState.BAD, actions=(again,))
    if found.worked_at is None:
        return Check(title, "Not checked yet.", CheckState.UNCHECKED, actions=(again,))
    return Check(title, f"Works. Last read on {when(found.worked_at)}.", CheckState.WORKS, actions=(again,))


def _fields(platform: PlatformInfo, found: ConnectionInfo | None) -> tuple[Field, ...]:
    kind = found.kind.value if found else platform.family if platform.family in ("canvas", "moodle") else "moodle"
    suffix = f"-{platform.id}"
    return (
        Field(
            f"kind{suffix}",
            "Which LMS it is",
            FieldKind.SELECT,
            kind,
            options=(Option("moodle", "Moodle"), Option("canvas", "Canvas")),
        ),
        Field(f"base_url{suffix}", "Its address", FieldKind.URL, found.base_url if found else "", required=True),
        Field(
            f"token{suffix}",
            "Token",
            FieldKind.PASSWORD,
            required=True,
            hint="Kept sealed and never shown again.",
            attributes=(("autocomplete", "off"),),
        ),
    )


NOT_TO_BE_SENT = ("test_student", "hidden")
PILLS = {
    DeliveryState.WAITING: Pill("Waiting", Tone.WAIT),
    DeliveryState.RETRYING: Pill("Trying again", Tone.WAIT),
    DeliveryState.SENT: Pill("In the gradebook", icon="ok"),
    DeliveryState.STOPPED: Pill("Stopped", Tone.PROBLEM),
    DeliveryState.SET_ASIDE: Pill("Set aside"),
}


STATE_WORDS = {
    DeliveryState.STOPPED: "Stopped",
    DeliveryState.RETRYING: "Trying again",
    DeliveryState.WAITING: "Waiting",
    DeliveryState.SENT: "In the gradebook",
    DeliveryState.SET_ASIDE: "Set aside",
}


def counts_words(counted: dict[DeliveryState, int]) -> str:
    trying = counted.get(DeliveryState.RETRYING, 0) + counted.get(DeliveryState.WAITING, 0)
    return (
        f"{counted.get(DeliveryState.SENT, 0)} in the gradebook, {trying} on their way, "
        f"{counted.get(DeliveryState.STOPPED, 0)} stopped."
    )


def state_named(name: str) -> DeliveryState | None:
    return next((state for state in DeliveryState if state.value == name), None)


def state_field(chosen: DeliveryState | None) -> Field:
    options = [Option("", "Every state"), *(Option(state.value, words) for state, words in STATE_WORDS.items())]
    return Field("state", "State", FieldKind.SELECT, chosen.value if chosen else "", options=tuple(options))


def pager(number: int, found: int, shown: int, chosen: DeliveryState | None) -> Pager | None:
    """`found` is one more than `shown` where there is a next page."""
    if number == 1 and found <= shown:
        return None
    kept: dict[str, Any] = {"state": chosen.value} if chosen else {}
    first = (number - 1) * shown + 1
    return Pager(
        f"{first} to {first + min(found, shown) - 1}" if found else "No more",
        url_for("admin.deliveries", page=number - 1, **kept) if number > 1 else "",
        url_for("admin.deliveries", page=number + 1, **kept) if found > shown else "",
    )


def deliveries_table(found: tuple[DeliveryInfo, ...]) -> Table:
    columns = (
        Column("When", ColumnKind.NUM),
        Column("Learner", ColumnKind.HEAD),
        Column("Grade item"),
        Column("Score", ColumnKind.NUM),
        Column("State"),
        Column("Details"),
        Column("Action"),
    )
    return Table(
        columns,
        tuple(Row(_delivery(one)) for one in found),
        empty="No score has been sent yet. Scores of Waymark’s own assessments appear here.",
    )


def _delivery(one: DeliveryInfo) -> tuple[Cell | str, ...]:
    about = f"{one.person_name}, {one.assessment_title}"
    actions: tuple[Action, ...] = ()
    if one.state is not DeliveryState.SENT and one.reason not in NOT_TO_BE_SENT:
        retry = Action("Send again", url_for("admin.retry", delivery_id=one.id), via=Via.POST, about=about)
        aside = Action("Set aside", url_for("admin.set_aside", delivery_id=one.id), via=Via.POST, about=about)
        actions = (retry, aside) if one.state is DeliveryState.STOPPED else (retry,)
    score = "–" if one.points is None else f"{one.points:g} of {one.max_points or 0:g}"
    details = f"{one.words} {one.next_step}".strip() or ("Arrived." if one.state is DeliveryState.SENT else "")
    return (
        when(one.changed_at),
        one.person_name,
        Cell(one.assessment_title, soft=one.course_title),
        score,
        Cell(pill=PILLS[one.state]),
        details,
        Cell(actions=actions) if actions else "–",
    )
