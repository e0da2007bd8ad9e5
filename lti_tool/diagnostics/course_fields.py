"""The fields of the class page and of the resources: what can be chosen, with what is chosen now. Pure."""

from collections.abc import Mapping

from lti_tool.diagnostics.cohort_page import EVERYTHING, Chosen, Class, column_sets, is_wide
from lti_tool.diagnostics.queries import Targets
from lti_tool.diagnostics.subject import level_names
from lti_tool.frameworks.queries import Framed
from lti_tool.web.components.forms import Field, FieldKind, Option

ALL = "0"


def filters(group: Class, wanted: Chosen) -> tuple[Field, ...]:
    """Group and area only where there is more than one."""
    view = wanted.view
    fields = []
    if group.sections:
        options = (Option("", f"All groups ({len(group.members)})"), *(Option(s, s) for s in group.sections))
        fields.append(Field("group", "Group", FieldKind.SELECT, view.group, options=options))
    orders = (Option("name", "Name"), Option("gap", "Distance to target"))
    fields.append(Field("sort", "Sort learners by", FieldKind.SELECT, view.sort, options=orders))
    sets = tuple(column_sets(group.framed))
    named = tuple(Option(title, title) for title in sets)
    if is_wide(group.framed):
        options = (*named, Option(EVERYTHING, f"All {len(group.framed.competencies)} competencies"))
        fields.append(Field("area", "Area", FieldKind.SELECT, wanted.part or EVERYTHING, options=options))
    elif len(sets) > 1:
        options = (Option("", f"All {len(sets)} areas"), *named)
        fields.append(Field("area", "Area", FieldKind.SELECT, view.area, options=options))
    return tuple(fields)


def target(framed: Framed, targets: Targets) -> tuple[Field, ...]:
    """For one competency, or for all that have no target of their own."""
    others = tuple(
        Option(str(c.id), f"{c.label}: level {targets.own[c.id]}" if c.id in targets.own else c.label)
        for c in framed.competencies
    )
    everything = Option(ALL, f"All others: level {targets.default}" if targets.own else "All competencies")
    levels = tuple(Option(str(n), f"{n} {name}") for n, name in enumerate(level_names(framed), 1))
    as_others = Option(ALL, "As for the others")
    return (
        Field("item", "For", FieldKind.SELECT, ALL, options=(everything, *others)),
        Field("level", "Target level", FieldKind.SELECT, str(targets.default), options=(*levels, as_others)),
    )


def resource(framed: Framed, given: Mapping[str, str], faults: Mapping[str, str]) -> tuple[Field, ...]:
    """The form that links a resource; `given` and `faults` by field name where it comes back."""
    competencies = tuple(Option(str(c.id), c.label) for c in framed.competencies)
    levels = tuple(Option(str(n), f"{n} {name}") for n, name in enumerate(level_names(framed), 1))

    def field(name: str, label: str, kind: FieldKind = FieldKind.TEXT, hint: str = "", **more: object) -> Field:
        return Field(name, label, kind, given.get(name, ""), hint, faults.get(name, ""), **more)  # type: ignore[arg-type]

    return (
        field("item", "Competency", FieldKind.SELECT, options=competencies),
        field(
            "level", "For the step to", FieldKind.SELECT, "The level that it helps to reach.",
            options=(Option("", "Any level"), *levels),
        ),
        field("title", "Title", required=True),
        field("url", "Web address", FieldKind.URL, "Begins with https://", required=True),
        field("minutes", "Minutes it takes", FieldKind.NUMBER, "Leave empty if you do not know."),
    )  # fmt: skip
