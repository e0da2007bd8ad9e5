"""Two institutions, and two courses of one of them: nobody gets at what belongs to the others, by any address.

Every route of the application is walked; `tests/walks/doors.py` has its case and says how to add one.
"""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from lti_tool.kit.db import Base
from lti_tool.launch.sessions import BROWSER_COOKIE, COOKIE
from lti_tool.web.viewer import May, Role
from tests.conftest import SECRETS
from tests.walks import doors, seeds, steps, worlds
from tests.walks.campus import Lms
from tests.walks.neighbours import (
    ELSEWHERE,
    HERE,
    LARIX_ONE,
    LARIX_TEACHER,
    NEXT_DOOR,
    Neighbours,
    forms,
    leaks,
    neighbours,
)
from tests.walks.people import Someone
from tests.walks.seeds import ADMIN, HELPER, MAPLE, ROWAN, TEACHER
from tests.walks.worlds import World

ROLES = {Role.INSTRUCTOR: TEACHER, Role.ASSISTANT: HELPER, Role.LEARNER: MAPLE, Role.ADMINISTRATOR: ADMIN}


@pytest.fixture(scope="module")
def both(first_lock_alone: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    with neighbours(first_lock_alone, tmp_path_factory.mktemp("tool")) as found:
        yield found


@pytest.fixture(scope="module")
def campus(both: Neighbours) -> dict[str, World]:
    return both.worlds


def test_every_route_has_its_case(campus: dict[str, World]) -> None:
    assert doors.faults(campus[HERE].lms.tool) == []


def test_without_a_session_no_guarded_address_opens(campus: dict[str, World]) -> None:
    here = campus[HERE]
    ids = worlds.ids_of(here)
    stranger = Someone(here.lms.url, 0, here.lms.tool.url)
    for rule, method in doors.guarded(here.lms.tool):
        for address in doors.addresses(rule, ids, most=1):
            answer = stranger.ask(method, address, data=forms(ids) if method == "POST" else None)
            assert answer.status_code == 401, (method, address, answer.status_code)
            assert not leaks(answer.text, HERE, "Maple"), address
    stranger.session.close()


@pytest.mark.parametrize("role", ROLES)
def test_the_wrong_role_is_refused_at_every_address(campus: dict[str, World], role: Role) -> None:
    here = campus[HERE]
    someone = here.lms.be(ROLES[role])
    someone.enter(here.course, here.link)
    ids = worlds.ids_of(here)
    before = worlds.everything(here.lms.tool)
    tried = 0
    for rule, method in doors.guarded(here.lms.tool):
        if doors.may(here.lms.tool, rule, role):
            continue
        for address in doors.addresses(rule, ids, most=1):
            answer = someone.ask(method, address, data=forms(ids) if method == "POST" else None)
            assert (answer.status_code, 'data-error="wrong_role"' in answer.text) == (403, True), (method, address)
            tried += 1
    assert tried > 10
    assert worlds.everything(here.lms.tool) == before


def test_the_ids_that_strangers_try_open_for_those_whose_they_are(campus: dict[str, World]) -> None:
    """Otherwise every refusal below would prove nothing."""
    for word in (NEXT_DOOR, ELSEWHERE):
        there = campus[word]
        people = {Role.INSTRUCTOR: there.teacher, Role.LEARNER: there.learners[0], Role.ADMINISTRATOR: ADMIN}
        ids = worlds.ids_of(there)
        for role, person in people.items():
            if role is Role.ADMINISTRATOR and word == NEXT_DOOR:
                continue  # the same person as of the course here
            someone = there.lms.be(person)
            there.enter(person)
            for rule, method in doors.guarded(there.lms.tool):
                if method == "GET" and doors.kinds(rule) and doors.may(there.lms.tool, rule, role):
                    statuses = [someone.ask(method, one).status_code for one in doors.addresses(rule, ids, most=9)]
                    assert {200, 303, 400} & set(statuses), (word, role, rule.rule, statuses)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("word", [NEXT_DOOR, ELSEWHERE])
def test_no_address_with_the_ids_of_others_opens_or_changes_anything(
    campus: dict[str, World], role: Role, word: str
) -> None:
    here, there = campus[HERE], campus[word]
    someone = here.lms.be(ROLES[role])
    someone.enter(here.course, here.link)
    ids = worlds.ids_of(there)
    shared = doors.SHARED if word == NEXT_DOOR else set()
    before = worlds.everything(here.lms.tool)
    tried = 0
    for rule, method in doors.guarded(here.lms.tool):
        if not doors.kinds(rule) or doors.kinds(rule) & shared:
            continue
        if word == NEXT_DOOR and doors.need(here.lms.tool, rule) is May.ADMINISTER:
            continue  # of the whole institution
        if word == NEXT_DOOR and role is Role.INSTRUCTOR and doors.case(rule).next_door:
            continue
        for address in doors.addresses(rule, ids):
            answer = someone.ask(method, address, data=forms(ids) if method == "POST" else None)
            # a form may be found wrong before its row is looked for
            refused = (400, 403, 404) if method == "POST" else (403, 404)
            assert answer.status_code in refused, (method, address, answer.status_code)
            assert not leaks(answer.text, word), (method, address)
            words = (
                'data-error="' in answer.text
                or 'data-state="' in answer.text
                or answer.headers["Content-Type"] == "application/json"
            )
            assert words, address  # not a bare status
            tried += 1
    assert tried > 15
    assert worlds.everything(here.lms.tool) == before


@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_ones_own_shows_anything_of_others_whatever_is_sent_along(
    campus: dict[str, World], role: Role
) -> None:
    """Addresses that name nothing, opened with the others' ids in query and form."""
    here, there = campus[HERE], campus[ELSEWHERE]
    someone = here.lms.be(ROLES[role])
    someone.enter(here.course, here.link)
    sent = forms(worlds.ids_of(there))
    before = worlds.everything(there.lms.tool, worlds.owner_of(there))
    for rule, method in doors.guarded(here.lms.tool):
        if doors.kinds(rule):
            continue
        (address,) = doors.addresses(rule, {})
        more = {"data": sent} if method == "POST" else {"params": sent}
        answer = someone.ask(method, address, **more)
        assert answer.status_code < 500, (method, address, answer.text)
        others = [ELSEWHERE] if role is Role.ADMINISTRATOR else [ELSEWHERE, NEXT_DOOR]
        assert not leaks(answer.text, *others), (method, address)
    assert worlds.everything(there.lms.tool, worlds.owner_of(there)) == before


def test_what_anybody_may_open_shows_nothing_of_anybody(campus: dict[str, World]) -> None:
    tool = campus[HERE].lms.tool
    stranger = Someone(campus[HERE].lms.url, 0, tool.url)
    ids = {name: each + worlds.ids_of(campus[ELSEWHERE])[name] for name, each in worlds.ids_of(campus[HERE]).items()}
    names = {name: each[0] for name, each in ids.items()}
    sent = names | {"ticket": "x", "invitation": ids["invitation_id"][0], "path": "x", "filename": "css/waymark.css"}
    tried = 0
    for rule in tool.app.url_map.iter_rules():
        if not doors.case(rule).public:
            continue
        guesses = {**ids, "ticket": ["x", ids["submission_id"][0]], "filename": ["../settings.py", "css/none.css"]}
        guesses["version"] = ["x"]
        for address in doors.addresses(rule, guesses):
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}):
                answer = stranger.ask(method, address, **({"params": sent} if method == "GET" else {"data": sent}))
                assert answer.status_code < 500, (method, address)
                assert not leaks(answer.text, HERE, NEXT_DOOR, ELSEWHERE, "Maple", "Tamarack"), (method, address)
                tried += 1
    stranger.session.close()
    assert tried > 20


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.LEARNER])
@pytest.mark.parametrize("word", [NEXT_DOOR, ELSEWHERE])
def test_foreign_ids_in_queries_and_forms_bring_and_change_nothing(
    campus: dict[str, World], role: Role, word: str
) -> None:
    """Addresses without ids, or with one's own, and the others' in what is sent."""
    here, there = campus[HERE], campus[word]
    someone = here.lms.be(ROLES[role])
    someone.enter(here.course, here.link)
    ids, mine = worlds.ids_of(there), worlds.ids_of(here)
    person, item, criterion = ids["person_id"][0], ids["item"][0], ids["criterion_id"][0]
    asked = [
        f"/grading/review?c={criterion}",
        f"/grading/review?did={','.join(ids['criterion_id'])}&at=2026-11-22T09:00:00%2B00:00",
        f"/grading/assessments/new?like={ids['assessment'][0]}",
        f"/diagnostics/class?person={person}&item={item}",
        f"/diagnostics/class?group={word}&area={word}",
        f"/diagnostics/map?open={item}&level=1",
        f"/diagnostics/learners/{mine['person_id'][0]}?open={item}",
        f"/diagnostics/class/cells?person={person}",
    ]
    for address in asked:
        answer = someone.ask("GET", address)
        assert answer.status_code < 500, address
        assert word not in answer.text.replace(f"area={word}", "").replace(f"group={word}", ""), address
    before = worlds.everything(here.lms.tool)
    own = mine["criterion_id"][-1]  # of the assessment made in the tool
    sent = [
        ("/grading/review/several", {"take": f"{criterion}:{item}"}),
        ("/grading/review/undo", {"criteria": criterion, "at": "2026-11-22T09:00:00+00:00"}),
        (f"/diagnostics/checks/{ids['request_id'][0]}/settle", {"learner": mine["person_id"][0]}),
        (f"/grading/assessments/{mine['ref'][0]}/mark/{person}", {f"r-{own}": "1", "points": "1"}),
        (f"/grading/assessments/{mine['ref'][0]}/send/{person}", {}),
        (f"/grading/assessments/{mine['ref'][0]}/mark/{mine['person_id'][0]}", {f"r-{own}": ids["rating"][0]}),
    ]
    if word == ELSEWHERE:  # a competency of another institution's framework
        sent += [
            (f"/grading/review/{own}", {"do": "accept", "pick": item}),
            ("/diagnostics/targets", {"item": item, "level": "1"}),
            ("/diagnostics/resources", {"item": item, "title": "Book", "url": "https://example.org/"}),
            ("/diagnostics/steps/decline", {"item": item}),
        ]
    for address, form in sent:
        answer = someone.ask("POST", address, data=form)
        assert answer.status_code in (400, 403, 404), (address, form, answer.status_code)
        assert word not in answer.text
    assert worlds.everything(here.lms.tool) == before


def test_a_copied_course_takes_the_rubric_along_and_nothing_else(campus: dict[str, World]) -> None:
    """A link with the ref of another course of the same institution: its rubric, nobody's work or marks."""
    here, there = campus[HERE], campus[NEXT_DOOR]
    theirs, ours = here.lms.be(LARIX_TEACHER), here.lms.be(TEACHER)
    there.enter(LARIX_TEACHER)
    form = {"title": "Taken along", "points": "3", "c-0-title": "Carries a rubric"}
    form |= {f"c-0-r-{at}-points": str(at) for at in range(4)}
    ref = theirs.do("/grading/assessments/new", form).url.split("/assessments/")[1].split("/")[0]
    person = steps.person_id(here.lms, LARIX_ONE)
    theirs.do(f"/grading/assessments/{ref}/mark/{person}", {"points": "2", "comment": "Stays there"})
    ours.enter(here.course, here.link)
    page = ours.do(f"/grading/assessments/{ref}/continue")
    assert page.says("Taken along", "Maple Example", "Not yet")
    assert NEXT_DOOR not in page.words
    assert "Stays there" not in page.text


def everything_readable(lms: Lms, person: int, *more: str) -> dict[str, str]:
    someone = lms.be(person)
    someone.enter(seeds.COURSE, seeds.MAP)
    starts = ("/", "/welcome", "/diagnostics/map", "/diagnostics/map/over-time.json", "/grading/own-work", *more)
    return {address: page.text for address, page in steps.pages_of(someone, *starts).items()}


def test_a_student_reads_of_no_other_student(campus: dict[str, World]) -> None:
    here = campus[HERE]
    mine = everything_readable(here.lms, MAPLE)
    assert len(mine) > 10
    others = ("Rowan", "Linden", "Hazel", f"work of {ROWAN}", f"file of {ROWAN}", NEXT_DOOR, ELSEWHERE)
    for address, text in mine.items():
        assert not [name for name in others if name in text], address
    assert any(f"work of {MAPLE}" in text for text in mine.values())
    assert any(f"{HERE} remark" in text for text in mine.values())


def test_a_student_opens_nothing_of_another_student_by_its_address(campus: dict[str, World]) -> None:
    here = campus[HERE]
    ids = worlds.ids_of(here)
    someone = here.lms.be(ROWAN)
    someone.enter(here.course, here.link)
    person, (ref,) = str(steps.person_id(here.lms, MAPLE)), ids["ref"]
    before = worlds.everything(here.lms.tool)
    for method, address in (
        ("GET", f"/diagnostics/learners/{person}"),
        ("GET", f"/diagnostics/learners/{person}/over-time.json"),
        ("GET", f"/grading/assessments/{ref}/mark/{person}"),
        ("POST", f"/grading/assessments/{ref}/mark/{person}"),
        ("GET", f"/grading/assessments/{ref}/marking"),
        ("GET", "/diagnostics/class.csv"),
        ("GET", "/diagnostics/class/cells"),
        *(("POST", f"/grading/work/{each}/download") for each in not_of(here.lms, ids["submission_id"], ROWAN)),
    ):
        answer = someone.ask(method, address, data=forms(ids) if method == "POST" else None)
        assert answer.status_code in (403, 404), address
        assert "Maple" not in answer.text
    assert worlds.everything(here.lms.tool) == before


def not_of(lms: Lms, submissions: list[str], person: int) -> list[str]:
    from sqlalchemy import select

    from lti_tool.grading.models import Submission

    mine = steps.person_id(lms, person)
    found = lms.tool.read(
        lambda s: s.scalars(
            select(Submission.id).where(Submission.id.in_(map(int, submissions)), Submission.person_id != mine)
        ).all()
    )
    assert found
    return [str(one) for one in found]


def test_a_visitor_without_a_name_reads_of_nobody(campus: dict[str, World]) -> None:
    here = campus[HERE]
    someone = here.lms.be(0)
    someone.enter(here.course, here.link)
    for rule, method in doors.guarded(here.lms.tool):
        for address in doors.addresses(rule, worlds.ids_of(here)):
            text = someone.ask(method, address).text
            assert not leaks(text, "Maple", "Rowan", f"{HERE} remark", f"{HERE} comment"), address


def test_the_log_of_all_this_names_nobody_and_holds_no_secret(both: Neighbours) -> None:
    events = both.logged.splitlines()
    assert len(events) > 20
    for happened in ("launch.refused", "deployment_pending", "roster.read"):
        assert happened in both.logged, happened
    for secret in (*people_of(both), *secrets_of(both)):
        assert secret not in both.logged, [line for line in events if secret in line][:3]


def test_no_secret_stands_in_any_column_of_the_database(both: Neighbours) -> None:
    tool = both.worlds[HERE].lms.tool
    whole = tool.read(
        lambda session: {
            table.name: repr([tuple(row) for row in session.execute(select(table))])
            for table in Base.metadata.sorted_tables
        }
    )
    for must in ("access_token", "tool_key", "launch", "outbox", "invitation", "lms_connection"):
        assert len(whole[must]) > 100, must
    for name, rows in whole.items():
        for secret in secrets_of(both):
            assert secret not in rows, name
    private = [column for column in ("'d':", '"d":', "PRIVATE") if column in whole["tool_key"]]
    assert private == []
    # a column for a secret says by its name how it is kept
    wanted = re.compile(r"token|secret|passw|private|bearer")
    named = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    assert not {one for one in named if wanted.search(one.split(".")[1]) and not one.endswith(("_sealed", "_hash"))} - {
        "platform.auth_token_url",
        *NO_SECRETS,
    }


NO_SECRETS = {"spend.prompt_tokens", "spend.answer_tokens"}
"""Columns whose names sound like one."""


def people_of(both: Neighbours) -> set[str]:
    """Names, addresses and identifiers of everybody in both LMSs."""
    found = {"@example.org", "remark", "comment of"}
    for world in both.worlds.values():
        campus = world.lms.served.campus
        for person in campus.seed.people:
            if person.given not in ("Test",):
                found |= {person.given, person.email}
            found |= {sub for sub in [campus.sub(person)] if len(sub) > 8}  # Moodle counts: 21 stands in every number
    return found - {""}


def secrets_of(both: Neighbours) -> set[str]:
    """The web services' token, access tokens, what browsers hold, the tool's own keys, signed tokens, invitations."""
    found = {seeds.TOKEN, *SECRETS.values(), "eyJhbGciOi"}
    for world in both.worlds.values():
        found |= set(world.lms.served.campus.grants)
        cookies = [cookie for someone in world.lms.people.values() for cookie in someone.session.cookies]
        found |= {str(cookie.value) for cookie in cookies if cookie.name in (COOKIE, BROWSER_COOKIE)}
        page = world.lms.be(ADMIN).see("/admin/invitations").text
        found |= set(re.findall(r"register\?invitation=([\w-]{20,})", page))
    assert len(found) > 10
    return found
