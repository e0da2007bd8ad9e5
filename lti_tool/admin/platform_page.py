"""One LMS: its last check step by step, what it allows, and what is known of it."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from lti_tool.admin.checking.domain import SERVICES, TITLES, Finding, State, Step, missing_services
from lti_tool.admin.checking.service import GIVEN_UP, CheckInfo
from lti_tool.admin.when import when
from lti_tool.launch.queries import PlatformInfo
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Action, Check, CheckState, Fact, Pill, Tone, Via, Weight
from lti_tool.web.pages import Page

FAMILIES = {"canvas": "Canvas", "moodle": "Moodle"}


@dataclass(frozen=True, kw_only=True)
class PlatformPage(Page):
    platform_id: int
    lede: str
    running: bool
    late: bool
    """It should have ended by now."""
    checked: str
    checks: tuple[Check, ...]
    ask: Action
    facts: tuple[Fact, ...]
    scopes: Table
    lacks: bool
    """Something of it is missing; how to allow it stands beside the finding."""
    before: Table


def page_of(
    platform: PlatformInfo, found: tuple[CheckInfo, ...], last_opened: datetime | None, now: datetime
) -> PlatformPage:
    """`found`: its checks, the newest first."""
    newest = found[0] if found else None
    done = next((one for one in found if not one.running), None)
    running = newest is not None and newest.running and newest.asked_at > now - GIVEN_UP
    token = next((one for one in done.findings if one.step is Step.TOKEN), None) if done else None
    missing = missing_services(token) if token else None
    return PlatformPage(
        title=platform.name,
        platform_id=platform.id,
        lede=lede(done),
        running=running,
        late=running and newest is not None and newest.asked_at.timestamp() < now.timestamp() - 45,
        checked=f"Checked on {when(done.finished_at)}, asked for by {done.asked_by}."
        if done and done.finished_at
        else "",
        checks=tuple(check_of(one) for one in done.findings) if done else (),
        ask=Action(
            "Check again" if done else "Check the connection",
            url_for("admin.ask_check", platform_id=platform.id),
            Weight.MAIN,
            Via.POST,
            about=platform.name,
        ),
        facts=_facts(platform, last_opened),
        scopes=_scopes(missing),
        lacks=bool(missing),
        before=_before(tuple(one for one in found if one not in (done, newest if running else None))),
    )


def lede(done: CheckInfo | None) -> str:
    """The last check in a sentence."""
    if done is None:
        return "It has not been checked yet. A check takes a few seconds and changes nothing in the LMS."
    if done.bad:
        number = len(done.bad)
        return f"{number} {'thing does' if number == 1 else 'things do'} not work. What to do stands beside it."
    if any(one.state is State.WARN for one in done.findings):
        return "It works, with a catch."
    if any(one.state is State.UNCHECKED for one in done.findings):
        return "What could be checked works."
    return "Everything works."


def check_of(one: Finding) -> Check:
    return Check(TITLES[one.step], one.words, CheckState(one.state.value), fix=one.fix, answer=_technical(one))


def _technical(one: Finding) -> str:
    return " · ".join(part for part in (one.code, one.answer) if part)


def _facts(platform: PlatformInfo, last_opened: datetime | None) -> tuple[Fact, ...]:
    family = FAMILIES.get(platform.family, platform.family) or "Not known until somebody opens it"
    read = platform.jwks_fetched_at
    return (
        Fact("LMS", family),
        Fact("Issuer", platform.issuer),
        Fact("Client id", platform.client_id),
        Fact("Last opened", when(last_opened) if last_opened else "Never"),
        Fact("Its keys last read", when(read) if read else "Never"),
        Fact("Login address", platform.auth_login_url),
        Fact("Token address", platform.auth_token_url),
        Fact("Key set address", platform.jwks_url),
    )


def _scopes(missing: tuple[str, ...] | None) -> Table:
    columns = (
        Column("Service", ColumnKind.HEAD),
        Column("State"),
        Column("Without it"),
    )
    rows = []
    for scope, (does, lost) in SERVICES.items():
        pill = Pill("Not known yet", Tone.WAIT)
        if missing is not None:
            pill = Pill("Missing", Tone.PROBLEM) if scope in missing else Pill("Allowed", icon="ok")
        rows.append(Row((Cell(f"{does[0].upper()}{does[1:]}", soft=scope), Cell(pill=pill), lost)))
    return Table(columns, tuple(rows))


def _before(found: tuple[CheckInfo, ...]) -> Table:
    columns = (Column("When", ColumnKind.NUM), Column("Asked for by"), Column("What did not work", ColumnKind.HEAD))
    return Table(
        columns, tuple(Row((when(one.asked_at), one.asked_by or "–", _outcome(one))) for one in found), empty=""
    )


def _outcome(one: CheckInfo) -> str:
    if one.running:
        return "It did not end."
    return ", ".join(TITLES[bad.step] for bad in one.bad) or "Nothing"
