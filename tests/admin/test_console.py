"""The console's other pages: one LMS with its check, the keys, the audit trail; for both databases."""

import csv
import io
import json
import os
import subprocess

import pytest
from sqlalchemy import delete, select, update

from lti_tool.admin.models import ConnectionCheck
from lti_tool.frameworks.models import FrameworkVersion as Version
from lti_tool.kit import audit, clock
from lti_tool.kit.db import db, scoped, writing
from lti_tool.launch.models import Institution, ToolKey
from tests import processes
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.people import Someone
from tests.walks.seeds import ADMIN, TEACHER


@pytest.fixture
def admin(moodle: Lms) -> Someone:
    someone = moodle.be(ADMIN)
    assert someone.enter(seeds.COURSE, seeds.MAP).title == "Connections"
    return someone


def test_a_check_is_asked_for_done_by_a_worker_and_kept(tool: Tool, moodle: Lms, admin: Someone, canvas: Lms) -> None:
    moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
    number = moodle.platform_id
    page = admin.see(f"/admin/platforms/{number}")
    assert page.says("It has not been checked yet.", "Not known yet", moodle.registered.client_id, "Last opened")
    page = admin.press(page, "/examine")
    assert page.says("Checking now.")
    assert 'hx-trigger="every 1s"' in page.text
    admin.do(f"/admin/platforms/{number}/examine")  # a second press does not start a second check
    tool.sweep()
    page = admin.see(f"/admin/platforms/{number}")
    assert page.says(
        "What could be checked works.", "asked for by Quince Sample", "Allowed", "Class lists Works, tried in"
    )
    assert "hx-trigger" not in page.text
    assert "Earlier checks" not in page.words
    assert admin.see("/admin/connections").says("Connection check Nothing was wrong on")

    moodle.registered.scopes = tuple(one for one in moodle.registered.scopes if not one.endswith("/score"))
    with moodle.fault(nrps="403"):
        admin.press(page, "/examine")
        tool.sweep()
    page = admin.see(f"/admin/platforms/{number}")
    assert page.says("2 things do not work.", "may not: send scores (score)", "No score reaches the gradebook.")
    assert page.says("Missing", "How to allow what is missing", "the cog", "Earlier checks", "Nothing")
    assert page.words.count("Missing") == 1
    assert admin.see("/admin/connections").says("this did not work: Permission to use the LMS’s services, Class lists")
    wanted = select(ConnectionCheck.finished_at, ConnectionCheck.findings).where(ConnectionCheck.platform_id == number)
    kept = tool.read(lambda s: s.execute(wanted).all())
    assert [at is not None for at, _ in kept] == [True, True]
    assert "Example" not in json.dumps([found for _, found in kept])  # no learner

    # a Canvas with a dead connection beside it, and what is no platform of theirs
    assert admin.see(f"/admin/platforms/{canvas.platform_id}").says("The Canvas")
    assert admin.see("/admin/platforms/4711").status == 404
    assert admin.do("/admin/platforms/4711/examine").status == 404


def test_a_platform_of_another_institution_is_not_there(tool: Tool, moodle: Lms, admin: Someone) -> None:
    other = tool.add_lms(seeds.seed(seeds.course()), "canvas", "A college elsewhere")
    assert admin.see(f"/admin/platforms/{other.platform_id}").status == 404
    assert admin.do(f"/admin/platforms/{other.platform_id}/examine").status == 404


def test_keys_are_shown_and_rotated_once_with_overlap(tool: Tool, admin: Someone) -> None:
    def signing() -> str:
        with tool.app.app_context():
            header = tool.app.extensions["waymark.launch"].ring.sign({"a": 1}, clock.now()).split(".")[0]
            return str(header)

    before = signing()
    page = admin.see("/admin/keys")
    assert page.says("Signs", "/lti/jwks.json", "The key that signs has done so for")
    page = admin.press(page, "/admin/keys/rotate")
    assert page.says("Another key takes over on", "Takes over next", "In reserve", "A rotation is under way")
    refused = admin.do("/admin/keys/rotate")
    assert (refused.status, refused.error) == (409, "rotation_under_way")
    assert signing() == before  # nobody is surprised by a key they have not seen
    assert admin.see("/admin/audit").says("Let another key sign", "Quince Sample")
    published = tool.read(lambda s: s.scalars(select(ToolKey).where(ToolKey.retired_at.is_(None))).all())
    assert published


def test_what_administrators_decide_is_kept_with_their_name(tool: Tool, moodle: Lms, admin: Someone) -> None:
    moodle.registered.deployment_id, old = "88", moodle.registered.deployment_id
    assert moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP).error == "deployment_pending"
    text = admin.see("/admin/connections").text.split("Deployment 88</h3>")[1]
    action = text.split('action="')[1].split('"')[0]
    admin.do(action, {"decision": "approve"})
    admin.do(action, {"decision": "refuse"})
    moodle.registered.deployment_id = old
    number = moodle.platform_id
    fields = {"kind": "moodle", "base_url": moodle.url, "token": seeds.TOKEN}
    admin.do(f"/admin/platforms/{number}/connection", {f"{name}-{number}": value for name, value in fields.items()})
    page = admin.see("/admin/audit")
    assert page.says("Approved a deployment The Moodle, deployment 88", "Refused a deployment", "Quince Sample")
    assert page.words.index("Refused a deployment") < page.words.index("Approved a deployment")  # the newest first
    assert seeds.TOKEN not in page.text
    assert "Approved" not in admin.see("/admin/audit?what=connection.").words.split("Details", 1)[1]
    assert admin.see("/admin/audit?what=connection.").says("Changed the address or token of a connection")
    assert admin.see("/admin/audit?who=Nobody").says("Nothing of this kind has been done yet.")
    for odd in (
        "audit?page=9999999999999999999999&what=%00&who=%FF%00",
        "deliveries?page=99999999999999999999&state=x",
    ):
        assert admin.see(f"/admin/{odd}").status == 200


def test_the_trail_is_paged_filtered_and_a_file_no_spreadsheet_runs(tool: Tool, moodle: Lms, admin: Someone) -> None:
    with tool.app.app_context():
        session = db.session()
        own = tool.read(lambda s: s.scalars(select(Institution.id).order_by(Institution.id.desc()).limit(1)).one())
        with scoped(session, own), writing(session):
            for number in range(60):
                audit.record(session, f"Tester {number % 2}", "framework.published", f"Map {number}", now=clock.now())
            audit.record(session, '=HYPERLINK("x")', "odd.thing_done", "+1", "@a\r\n=b", now=clock.now())
        for statement in (delete(audit.AuditEntry), update(audit.AuditEntry).values(actor="x")):
            with scoped(session, own), pytest.raises(RuntimeError, match="only ever added to"):
                session.execute(statement)
        session.rollback()
    page = admin.see("/admin/audit")
    assert page.says("Odd thing done", "1 to 50", "Next", "Published a framework Map 59")
    assert admin.see("/admin/audit?page=2").says("51 to 61", "Map 0")
    assert admin.see("/admin/audit?who=Tester+1&what=framework.").words.count("Published a framework") == 30
    answer = admin.ask("GET", "/admin/audit.csv?what=odd.")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["at", "who", "action", "what", "subject", "details"]
    assert rows[1][1:] == ['\'=HYPERLINK("x")', "odd.thing_done", "Odd thing done", "'+1", "'@a =b"]
    assert len(list(csv.reader(io.StringIO(admin.ask("GET", "/admin/audit.csv").text)))) == 62
    moodle.be(seeds.MAPLE).enter(seeds.COURSE, seeds.MAP)
    assert moodle.be(seeds.MAPLE).see("/admin/audit.csv").error == "wrong_role"


def test_what_is_done_to_frameworks_and_their_tokens_stands_in_the_trail(
    tool: Tool, moodle: Lms, admin: Someone
) -> None:
    steps.bring_framework(admin)
    shown = admin.do("/frameworks/api-access", {"name": "Data warehouse"})
    assert shown.ok
    page = admin.see("/admin/audit?what=token.")
    assert page.says("Made a token Token for Data warehouse", "Quince Sample")
    newest = tool.read(
        lambda s: s.execute(select(Version.id, Version.framework_id).order_by(Version.id.desc())).first()
    )
    assert newest is not None
    version_id, framework_id = newest
    assert admin.do(f"/frameworks/life/{framework_id}", {"do": "open"}).ok
    assert not admin.do(f"/frameworks/{version_id}/step", {"do": "publish"}).ok  # it is published already
    page = admin.see("/admin/audit?what=framework.")
    assert page.says("Let everybody read a framework")
    assert "Published a framework" not in page.words  # what was refused was not done
    page = admin.see("/admin/audit?what=token.")
    token = shown.text.split("wm_")[1][:20] if "wm_" in shown.text else "nothing"
    assert token not in page.text


def test_the_check_as_a_command_prints_what_is_wrong(tool: Tool, moodle: Lms) -> None:
    def run(number: int) -> subprocess.CompletedProcess[str]:
        settings = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = tool.app.extensions["waymark.settings"]
        settings |= {
            "LTI_TOOL_DATABASE_URL": own.database_url,
            "LTI_TOOL_DATA_DIR": str(own.data_dir),
            "LTI_TOOL_BASE_URL": own.base_url,
            "LTI_TOOL_SECRET_KEY": own.secret_key.get_secret_value(),
            "LTI_TOOL_SEAL_KEY": own.seal_key.get_secret_value(),
        }
        return processes.run(["platform", "check", str(number)], settings)

    with moodle.fault(token="html"):
        done = run(moodle.platform_id)
    assert done.returncode == 1, done.stderr
    assert done.stdout, done.stderr
    (said,) = json.loads(done.stdout)
    assert [one["code"] for one in said["findings"] if one["state"] == "bad"] == ["token_page"]
    assert "WRONG: Permission to use the LMS’s services." in done.stderr
    assert tool.read(lambda s: s.scalar(select(ConnectionCheck.asked_by).order_by(ConnectionCheck.id.desc()))) == (
        audit.COMMAND_LINE
    )
