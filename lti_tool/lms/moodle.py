"""Moodle's own assignments, rubrics and marks by its web services: the second connection beside LTI.

The service account needs `webservice/rest:use, moodle/course:view, mod/assign:view, mod/assign:viewgrades,
moodle/grade:managegradingforms`, and for people and groups `moodle/course:viewparticipants`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Http
from lti_tool.lms import moodle_wire as shapes
from lti_tool.lms import wire
from lti_tool.lms.faults import AccessDenied, NotThere, OddAnswer, RequestRefused, TokenRejected
from lti_tool.lms.moodle_calls import MoodleCalls, NoAdvancedGrading
from lti_tool.lms.moodle_marks import Release, marks_of, submissions_of
from lti_tool.lms.moodle_reading import MoodleReading
from lti_tool.lms.moodle_rubrics import assignment_of, rubric_of
from lti_tool.lms.values import Assignment, CourseSnapshot, Member, MemberStatus, Rubric, Warning_

NEEDED_FUNCTIONS = (
    "core_webservice_get_site_info",
    "core_grading_get_definitions",
    "core_grading_get_gradingform_instances",
    "mod_assign_get_assignments",
    "mod_assign_get_grades",
    "mod_assign_get_submissions",
    "mod_assign_get_user_flags",
)
GRADEBOOK = "gradereport_user_get_grade_items"
AT_ONCE = 50
ROLES = {
    "editingteacher": "Instructor",
    "teacher": "TeachingAssistant",
    "student": "Learner",
    "manager": "Administrator",
}

ONE_ACTIVITY = (AccessDenied, NotThere, OddAnswer, RequestRefused)
"""Troubles of one activity; others (a dead token, a site that is down) stop the whole reading."""


@dataclass(frozen=True, slots=True)
class MoodleSite:
    """What a token reaches: the site, its account, and the functions it lacks for this tool."""

    name: str
    release: str
    user_id: str
    lacks: tuple[str, ...]


class Moodle:
    """One Moodle site, read with the token of its service account."""

    def __init__(self, http: Http, base_url: str, token: str) -> None:
        self._calls = MoodleCalls(http, base_url, token)

    def check(self) -> MoodleSite:
        """Try the connection. Raises a `Fault` when the token does not work at all."""
        site = self._calls.call("core_webservice_get_site_info", shapes.SiteWire)
        has = {function.name for function in site.functions}
        lacks = tuple(name for name in NEEDED_FUNCTIONS if name not in has)
        return MoodleSite(site.sitename, site.release, site.userid, lacks)

    def read_course(self, course_id: str) -> CourseSnapshot:
        """Every assignment of a course with its rubric, marks and hand-ins.

        An activity that cannot be read is left out with a warning and makes the snapshot incomplete. Raises a
        `Fault` when nothing can be read: a dead token, no access to the course, the site down.
        """
        reading = MoodleReading()
        rows = self._assignments(course_id, reading)
        listed = {row.id: assignment for row in rows if (assignment := self._assignment(row, reading))}
        reading.assignments.extend(listed.values())
        grades = self._grades(list(listed), reading)
        states = self._states([id_ for id_ in listed if listed[id_].holds_back], reading)
        for id_, assignment in listed.items():
            release = Release(states.get(id_, {}) if assignment.holds_back else None, hidden=assignment.anonymous)
            self._marks(assignment, grades.get(id_), release, reading)
            self._submissions(id_, reading)
        self._respect_gradebook(course_id, reading)
        return reading.snapshot()

    def people(self, course_id: str) -> tuple[Member, ...]:
        """Everybody enrolled; whose enrolment is suspended is inactive. Roles by the names NRPS uses."""
        function = "core_enrol_get_enrolled_users"
        everyone = self._calls.raw(function, courseid=course_id)
        few = [{"name": "onlyactive", "value": 1}, {"name": "userfields", "value": "id"}]
        active = {
            row.id
            for row in wire.parse_all(
                shapes.UserWire,
                self._calls.raw(function, courseid=course_id, options=few),
                self._calls.base_url,
            )
        }
        return tuple(
            Member(
                user_id=row.id,
                roles=frozenset(ROLES.get(role.shortname, role.shortname) for role in row.roles),
                status=MemberStatus.ACTIVE if row.id in active else MemberStatus.INACTIVE,
                name=row.fullname,
                given_name=row.firstname,
                family_name=row.lastname,
                email=row.email,
                lms_user_id=row.id,
            )
            for row in wire.parse_all(shapes.UserWire, everyone, self._calls.base_url)
        )

    def _assignments(self, course_id: str, reading: MoodleReading) -> list[shapes.AssignmentWire]:
        # Without the last argument an account that is not enrolled sees nothing, whatever its rights.
        answer = self._calls.call(
            "mod_assign_get_assignments",
            shapes.AssignmentsWire,
            courseids=[course_id],
            includenotenrolledcourses=1,
        )
        course = next((course for course in answer.courses if course.id == str(course_id)), None)
        if course is None:
            raise AccessDenied(
                "Moodle shows nothing of this course to the account of this connection.",
                "Enrol it in the course as a teacher or give it moodle/course:view; or the course may be deleted.",
            )
        reading.told(answer)
        return reading.rows(shapes.AssignmentWire, course.assignments, "assignments")

    def _assignment(self, row: shapes.AssignmentWire, reading: MoodleReading) -> Assignment | None:
        try:
            return assignment_of(row, self._rubric(row, reading), self._calls.base_url)
        except ONE_ACTIVITY as fault:
            reading.lost(fault.reason, f"The rubric of “{row.name}” could not be read: {fault.words}", row.id)
            return None

    def _rubric(self, row: shapes.AssignmentWire, reading: MoodleReading) -> Rubric | None:
        """The rubric or guide in use. One activity at a time: a single one without makes Moodle refuse
        them all.
        """
        try:
            answer = self._calls.call(
                "core_grading_get_definitions",
                shapes.DefinitionsWire,
                cmids=[row.cmid],
                areaname="submissions",
                activeonly=1,
            )
        except NoAdvancedGrading:
            return None
        if not answer.areas and answer.warnings:
            raise AccessDenied("Moodle does not show it to the account of this connection.")
        for area in answer.areas:
            for definition in area.definitions:
                if definition.method != area.activemethod:
                    continue
                if definition.status == shapes.READY:
                    return rubric_of(definition)
                reading.warnings.append(
                    Warning_("rubric_is_a_draft", f"The rubric of “{row.name}” is still a draft.", row.id)
                )
        return None

    def _grades(self, ids: list[str], reading: MoodleReading) -> dict[str, list[shapes.GradeWire]]:
        found: dict[str, list[shapes.GradeWire]] = {}
        for some in _in_chunks(ids):
            answer = self._calls.call("mod_assign_get_grades", shapes.GradesWire, assignmentids=some)
            reading.told(answer)
            for part in answer.assignments:
                found[part.assignmentid] = reading.rows(shapes.GradeWire, part.grades, "grades", part.assignmentid)
        return found

    def _states(self, ids: list[str], reading: MoodleReading) -> Mapping[str, Mapping[str, str]]:
        """Workflow states by assignment and user. What cannot be read counts as not released."""
        found: dict[str, dict[str, str]] = {}
        for some in _in_chunks(ids):
            try:
                answer = self._calls.call("mod_assign_get_user_flags", shapes.FlagsWire, assignmentids=some)
            except (*ONE_ACTIVITY, TokenRejected) as fault:
                words = "Whether marks are released could not be read, so they count as not released: "
                reading.lost("release_unknown", words + fault.words)
                continue
            reading.told(answer)
            for part in answer.assignments:
                rows = reading.rows(shapes.FlagWire, part.userflags, "release flags", part.assignmentid)
                found[part.assignmentid] = {row.userid: row.workflowstate for row in rows}
        return found

    def _marks(
        self,
        assignment: Assignment,
        grades: list[shapes.GradeWire] | None,
        release: Release,
        reading: MoodleReading,
    ) -> None:
        if not grades:
            return
        instances: list[shapes.InstanceWire] = []
        if assignment.rubric:
            try:
                answer = self._calls.call(
                    "core_grading_get_gradingform_instances",
                    shapes.InstancesWire,
                    definitionid=assignment.rubric.source_id,
                )
            except ONE_ACTIVITY as fault:
                # Totals alone would read as "no criterion assessed" and take evidence away.
                words = f"The marks of “{assignment.title}” could not be read: {fault.words} {fault.next_step}"
                reading.lost(fault.reason, words.strip(), assignment.source_id)
                return
            instances = reading.rows(shapes.InstanceWire, answer.instances, "filled-in rubrics", assignment.source_id)
        joined = marks_of(assignment, grades, instances, release)
        reading.marks.extend(joined.marks)
        reading.unmarked.update((assignment.source_id, user_id) for user_id in joined.unmarked)
        reading.warnings.extend(joined.warnings(assignment.source_id))

    def _submissions(self, assignment_id: str, reading: MoodleReading) -> None:
        try:
            answer = self._calls.call(
                "mod_assign_get_submissions", shapes.SubmissionsWire, assignmentids=[assignment_id]
            )
        except (*ONE_ACTIVITY, TokenRejected) as fault:
            reading.lost("submissions_unknown", f"Who handed in is not known: {fault.words}", assignment_id)
            return
        reading.told(answer)
        for part in answer.assignments:
            rows = reading.rows(shapes.SubmissionWire, part.submissions, "hand-ins", assignment_id)
            reading.submissions.extend(submissions_of(assignment_id, rows))

    def _respect_gradebook(self, course_id: str, reading: MoodleReading) -> None:
        """Hide what a teacher has hidden in the gradebook, seen by the gradebook of one marked learner.

        The function is not among those the connection needs: where it is missing the flags alone decide.
        """
        shown = [mark for mark in reading.marks if mark.released]
        if not shown:
            return
        sample = min((mark.user_source_id for mark in shown), key=lambda id_: (len(id_), id_))
        try:
            answer = self._calls.call(GRADEBOOK, shapes.GradebookWire, courseid=course_id, userid=sample)
        except Fault:
            return
        items = [item for user in answer.usergrades for item in user.gradeitems]
        hidden = {
            item.iteminstance
            for item in wire.parse_each(shapes.GradeItemWire, items)[0]
            if item.itemmodule == "assign" and item.hidden
        }
        if hidden:
            reading.marks = [
                replace(mark, released=False) if mark.assignment_source_id in hidden else mark for mark in reading.marks
            ]


def _in_chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
