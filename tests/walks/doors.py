"""One case for each route: whose things its address names, and what keeps others out.

**You have added a route and `test_every_route_has_its_case` fails?** Add a line to `CASES` under its endpoint:

- The address names nothing (`/admin/audit`): `Door()`.
- It names ids by the names of `worlds.ids_of` (`<int:person_id>`): `Door()` too. Where the argument is called
  differently, say which: `Door({"row_id": "deployment"})`. Is it a new kind of id, then add it to `worlds.ids_of` (and
  make one in `worlds.populate`), and to `SHARED` below where two courses of one institution have it in common.
- Anybody may open it (`@public`): `Door(public="what makes that right")`.

Then every test of `test_strangers.py` walks it by itself: without a session, in every role, with the ids of another
course, of another institution and of another student.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from werkzeug.routing import Rule

from lti_tool.web.viewer import ALLOWS, May, Role
from tests.walks.campus import Tool
from tests.walks.worlds import Ids

SHARED = {"platform_id", "deployment", "work", "framework_id", "version_id", "item", "invitation_id"}
SHARED |= {"role_id", "generation_id", "document_id", "pending_id"}
"""What two courses of one institution have in common."""
FIXED = {"kind": "hiring-guide", "form": "json"}
"""Arguments that name no row, and what stands there; where the rule itself says what may (`any`), its first."""
CHOICE = re.compile(r"<any\(['\"]?([^,'\")]+)[^>]*:(\w+)>")


@dataclass(frozen=True)
class Door:
    """`ids`: argument of the address to the name in `worlds.ids_of`, where the two differ. `public`: what makes it
    right that anybody may. `next_door`: what makes it right that a teacher of the institution's other course may."""

    ids: Mapping[str, str] = field(default_factory=dict)
    public: str = ""
    next_door: str = ""


CASES: dict[str, Door] = {
    "static": Door(public="scripts, styles and fonts"),
    # launch
    "launch.login": Door(public="leads to registered LMSs alone"),
    "launch.launch": Door(public="the LMS's signature, the state, the nonce"),
    "launch.launch_again": Door(public="words alone"),
    "launch.start": Door(public="a ticket, bound to the browser, once"),
    "launch.start_confirmed": Door(public="a ticket out of our own page, once"),
    "launch.jwks": Door(public="public keys"),
    "launch.canvas_config": Door(public="what every Canvas is told"),
    "launch.healthz": Door(public="one word"),
    "launch.readyz": Door(public="one word"),
    "launch.metrics_page": Door(public="counts"),
    "launch.register": Door(public="an open invitation's secret"),
    "launch.finish_registration": Door(public="a sealed form of our own page"),
    "launch.invitation": Door(public="an open invitation's secret"),
    "launch.accept_invitation": Door(public="an open invitation's secret, once"),
    "launch.home": Door(),
    "launch.welcome": Door(),
    "launch.privacy": Door(),
    "launch.choose": Door(),
    "launch.chosen": Door(),
    "launch.send_links": Door(),
    # frameworks
    "case_api.documents": Door(public="frameworks that their institution opened to all; the others by token"),
    "case_api.record": Door({"identifier": "identifier"}, public="as the list of documents"),
    "case_api.nowhere": Door({"_anything": "identifier"}, public="words alone"),
    "frameworks.index": Door(),
    "frameworks.show": Door(),
    "frameworks.bring_in": Door(),
    "frameworks.new": Door(),
    "frameworks.make_new": Door(),
    "frameworks.make_default": Door(),
    "frameworks.open_draft": Door(),
    "frameworks.export": Door(),
    "frameworks.file": Door(public="a signed address of one file, good for two minutes"),
    "frameworks.preview": Door(),
    "frameworks.decide": Door(),
    "frameworks.api_access": Door(),
    "frameworks.change_api_access": Door(),
    "frameworks.feedback": Door(),
    "frameworks.give_feedback": Door(),
    "frameworks.life_page": Door(),
    "frameworks.tend": Door(),
    "frameworks.step": Door(),
    "frameworks.version_changes": Door({"before_id": "version_id"}),
    "frameworks.lint_page": Door(),
    "frameworks.lint_dismiss": Door(),
    "frameworks.lint_merge": Door(),
    "frameworks.lint_rewrites": Door(),
    "frameworks.lint_undo": Door(),
    "frameworks.generations": Door(),
    "frameworks.begin_generation": Door(),
    "frameworks.generation": Door(),
    "frameworks.save_brief": Door(),
    "frameworks.add_document": Door(),
    "frameworks.remove_document": Door(),
    "frameworks.tick_read": Door(),
    "frameworks.start_generation": Door(),
    "frameworks.cancel_generation": Door(),
    "frameworks.generate_again": Door(),
    "frameworks.roles": Door(),
    "frameworks.add_role": Door(),
    "frameworks.role": Door(),
    "frameworks.save_role": Door(),
    "frameworks.remove_role": Door(),
    "frameworks.role_paper": Door(),
    "frameworks.role_file": Door(public="a signed address of one paper, good for ten minutes"),
    "api.roles": Door(public="asks for a token of the institution's own"),
    "api.role": Door(public="asks for a token of the institution's own"),
    "api.role_paper": Door(public="asks for a token of the institution's own"),
    "frameworks.edit": Door(),
    "frameworks.edit_change": Door(),
    "frameworks.edit_changes": Door(),
    "frameworks.edit_content": Door(),
    "frameworks.edit_findings": Door(),
    "frameworks.edit_history": Door(),
    "frameworks.edit_places": Door(),
    # grading
    "grading.rubric_from_framework": Door(),
    "grading.make_from_framework": Door(),
    "grading.course_framework": Door(),
    "grading.move_own_course": Door(),
    "grading.framework_of_course": Door(),
    "grading.move_course": Door(),
    "grading.assessments": Door(),
    "grading.new_assessment": Door(),
    "grading.create_assessment": Door(),
    "grading.open_assessment": Door(),
    "grading.continue_assessment": Door(next_door="a copied course: the rubric alone comes along, see its own test"),
    "grading.edit_assessment": Door(),
    "grading.change_assessment": Door(),
    "grading.marking": Door(),
    "grading.mark": Door(),
    "grading.keep_mark": Door(),
    "grading.release": Door(),
    "grading.send_all": Door(),
    "grading.send_one": Door(),
    "grading.hand_in": Door(),
    "grading.own_work": Door(),
    "grading.ask_download": Door(),
    "grading.download": Door(public="a ticket of a minute, once"),
    "grading.look_again": Door(),
    "grading.upload": Door(),
    "grading.look_at_upload": Door(),
    "grading.preview_upload": Door(),
    "grading.keep_upload": Door(),
    "grading.review": Door(),
    "grading.decide": Door(),
    "grading.reopen": Door(),
    "grading.ask_again": Door(),
    "grading.switch_rule": Door(),
    "grading.accept_several": Door(),
    "grading.undo": Door(),
    # diagnostics
    "diagnostics.course_roles": Door(),
    "diagnostics.readiness_for": Door(),
    "diagnostics.plan_of": Door(),
    "diagnostics.own_roles": Door(),
    "diagnostics.own_plan": Door(),
    "diagnostics.cohort": Door(),
    "diagnostics.class_csv": Door(),
    "diagnostics.class_cells": Door(),
    "diagnostics.overview": Door(),
    "diagnostics.overview_picture": Door(),
    "diagnostics.learner": Door(),
    "diagnostics.over_time": Door(),
    "diagnostics.own_map": Door(),
    "diagnostics.own_over_time": Door(),
    "diagnostics.ask_check": Door(),
    "diagnostics.settle_check": Door(),
    "diagnostics.decline": Door(),
    "diagnostics.restore": Door(),
    "diagnostics.set_target": Door(),
    "diagnostics.resources": Door(),
    "diagnostics.add_resource": Door(),
    "diagnostics.remove_resource": Door(),
    # admin
    "admin.connections": Door(),
    "admin.check": Door(),
    "admin.ask_check": Door(),
    "admin.platform": Door(),
    "admin.deliveries": Door(),
    "admin.keys": Door(),
    "admin.rotate_keys": Door(),
    "admin.audit": Door(),
    "admin.audit_file": Door(),
    "admin.connect": Door(),
    "admin.decide_deployment": Door({"row_id": "deployment"}),
    "admin.retry_work": Door({"row_id": "work"}),
    "admin.set_aside": Door(),
    "admin.retry": Door(),
    "admin.retry_all": Door(),
    "admin.invitations": Door(),
    "admin.make_invitation": Door(),
    "admin.revoke_invitation": Door(),
}


def faults(tool: Tool) -> list[str]:
    """What is wrong with the table: routes without a case, cases without a route, and what a case says wrongly."""
    rules = list(tool.app.url_map.iter_rules())
    endpoints = {rule.endpoint for rule in rules}
    said = [f"{one} has no case in tests/walks/doors.py" for one in sorted(endpoints - set(CASES))]
    said += [f"{one} is no route any more" for one in sorted(set(CASES) - endpoints)]
    for endpoint in sorted(endpoints & set(CASES) - {"static"}):
        guarded = hasattr(tool.app.view_functions[endpoint], "__waymark_needs__")
        if guarded is bool(CASES[endpoint].public):
            said.append(f"{endpoint}: the case and the guard disagree on whether anybody may")
    return said


def case(rule: Rule) -> Door:
    return CASES.get(rule.endpoint, Door())


def guarded(tool: Tool) -> list[tuple[Rule, str]]:
    """Every route that asks who one is, with each of its methods."""
    found = []
    for rule in tool.app.url_map.iter_rules():
        if hasattr(tool.app.view_functions[rule.endpoint], "__waymark_needs__"):
            found += [(rule, method) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    assert len(found) > 60
    return found


def may(tool: Tool, rule: Rule, role: Role) -> bool:
    return need(tool, rule) in ALLOWS[role]


def need(tool: Tool, rule: Rule) -> May:
    found: May = getattr(tool.app.view_functions[rule.endpoint], "__waymark_needs__")  # noqa: B009 - functions have none
    return found


def kinds(rule: Rule) -> set[str]:
    """The kinds of ids that its address names."""
    door = case(rule)
    return {door.ids.get(name, name) for name in rule.arguments if name not in FIXED}


def addresses(rule: Rule, ids: Ids, most: int = 2) -> list[str]:
    """The rule's address filled with these ids, each combination."""
    door = case(rule)
    names = re.findall(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", rule.rule)
    choices = [[_fixed(rule, name)] if name in FIXED else ids[door.ids.get(name, name)][:most] for name in names]
    shape = re.sub(r"<[^>]+>", "{}", rule.rule)
    return [shape.format(*one) for one in product(*choices)]


def _fixed(rule: Rule, name: str) -> str:
    return {str(chosen): str(first) for first, chosen in CHOICE.findall(rule.rule)}.get(name, FIXED[name])
