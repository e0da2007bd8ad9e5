"""Next steps and what changed lately, in words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from lti_tool.diagnostics.evidence_panel import level_of
from lti_tool.diagnostics.mastery.words import pieces
from lti_tool.diagnostics.since import Change, Changed
from lti_tool.diagnostics.steps import Kind, Step
from lti_tool.diagnostics.subject import ENOUGH, Subject, where
from lti_tool.grading.queries import EvidenceRow
from lti_tool.web.components.maps import ListItem
from lti_tool.web.components.words import Action, StepCard, Via

SHOWN_STEPS, MORE_STEPS = 3, 9
"""Beside each other, and folded below them; who has done twelve gets the next ones."""
SHOWN_CHANGES = 4
NAMED_TASKS = 2
ICONS = {Change.UP: "up", Change.PLACED: "new", Change.MORE: "new", Change.DOWN: "down"}
COUNTED = {1: "its first", 2: "a second", 3: "a third"}


def cards(subject: Subject, steps: Sequence[Step], decline: str | None) -> tuple[StepCard, ...]:
    """The next steps in words, each with its reason, indicator, resource, and the task where it can be shown.
    `decline`: where "Not for me" is posted; None where it is not the learner who looks."""
    return tuple(_card(subject, step, decline) for step in steps)


def _card(subject: Subject, step: Step, decline: str | None) -> StepCard:
    competency = subject.framed.by_id[step.item_id]
    fitting = [r for r in subject.resources.get(step.item_id, ()) if r.level in (None, step.level)]
    resource = min(fitting, key=lambda r: r.level is None, default=None)
    chance = next(iter(subject.opportunities.get(step.item_id, ())), None)
    level = 0 if step.kind is Kind.UNPROVEN else step.level
    if resource:
        action = Action("Open the resource", resource.url, via=Via.NEW_WINDOW, about=resource.title)
    else:
        address = subject.address.cell(step.item_id, level)
        action = Action("See the results behind it", address, about=competency.title)
    return StepCard(
        title=competency.title,
        reason=_reason(subject, step),
        show=competency.what_shows(step.level) or competency.title,
        show_at=f"({competency.code}, level {step.level})" if competency.code else f"(level {step.level})",
        learn=Action(resource.title, resource.url, via=Via.NEW_WINDOW) if resource else None,
        learn_note=_minutes(resource.minutes) if resource and resource.minutes else "",
        where=where(chance) if chance else "",
        action=action,
        decline=Action(
            "Not for me", decline, via=Via.POST, about=competency.title, fields=(("item", str(step.item_id)),)
        )
        if decline
        else None,
    )


def _minutes(minutes: int) -> str:
    return "about a minute" if minutes == 1 else f"about {minutes} minutes"


def _reason(subject: Subject, step: Step) -> str:
    if step.kind is Kind.UNPROVEN and not step.pieces:
        words = "Nothing has been seen of it yet."
    elif step.kind is Kind.UNPROVEN:
        more = ENOUGH - step.pieces
        words = f"There {'is' if step.pieces == 1 else 'are'} {step.pieces} of the {ENOUGH} pieces we need. "
        words += f"{'One' if more == 1 else more} more and there is a place on the map."
    elif step.kind is Kind.CLOSE:
        words = f"Close: level {step.target} is possible already. One more result at that level could settle it."
    else:
        away = "One level" if step.gap == 1 else f"{step.gap} levels"
        words = f"{away} below the target, by {pieces(step.pieces)}."
    if step.leads_to:
        names = [subject.framed.by_id[item].title for item in step.leads_to[:2]]
        words += f" It comes first because it leads to {' and '.join(names)}."
    return words


def news(
    subject: Subject, changed: Sequence[Changed], evidence: Sequence[EvidenceRow], since: date
) -> tuple[ListItem, ...]:
    """What changed, the most important first. `evidence`: the present pieces on these competencies, all of them."""
    by_item: dict[int, list[EvidenceRow]] = {}
    for row in evidence:
        by_item.setdefault(row.item_id, []).append(row)
    return tuple(_told(subject, one, by_item.get(one.item_id, ()), since) for one in changed[:SHOWN_CHANGES])


def _told(subject: Subject, one: Changed, evidence: Sequence[EvidenceRow], since: date) -> ListItem:
    competency = subject.framed.by_id[one.item_id]
    fresh = [row for row in evidence if row.observed_at.date() > since]
    speak_for: Mapping[bool, set[int]] = {
        new: {level_of(row, subject.level_count) for row in evidence if (row in fresh) is new} for new in (True, False)
    }
    note = _tasks(subject, fresh)
    if one.change in (Change.LESS_SURE, Change.DOWN):
        note = _doubt(one.change, speak_for[False], speak_for[True])
    return ListItem(
        name=competency.title,
        code=competency.code,
        icon=ICONS.get(one.change, "same"),
        text=_what(one),
        note=note,
        href=f"#c-{competency.id}",
    )


def _doubt(change: Change, earlier: set[int], newer: set[int]) -> str:
    """Why something is less certain, or lower: by the levels that results speak for."""
    if len(earlier | newer) < 2:
        return "The range is wider than it was." if change is Change.LESS_SURE else ""
    words = "Newer results differ from the earlier ones" if earlier and not earlier & newer else "Results differ"
    return words + (", so the range is wider." if change is Change.LESS_SURE else ". Recent work counts a little more.")


def _what(one: Changed) -> str:
    match one.change:
        case Change.UP:
            return f"moved from level {one.before} to {one.now}"
        case Change.PLACED:
            return f"is on the map now, at level {one.now}"
        case Change.LESS_SURE:
            return "is less certain than before"
        case Change.DOWN:
            return f"reads level {one.now} now, level {one.before} before"
        case Change.SURER:
            return f"is more certain now: level {one.now}"
        case Change.MORE:
            if one.pieces in COUNTED:
                return f"has {COUNTED[one.pieces]} piece of evidence"
            return f"has {pieces(one.pieces)} by now"


def _tasks(subject: Subject, rows: Sequence[EvidenceRow]) -> str:
    """Which tasks brought it; of another course an instructor is told no more than that."""
    titles = dict.fromkeys(
        row.assessment_title if subject.own or row.course_id == subject.course_id else "A task of another course"
        for row in sorted(rows, key=lambda row: row.observed_at, reverse=True)
    )
    shown = list(titles)[:NAMED_TASKS]
    return ", ".join(shown) + (" and others" if len(titles) > NAMED_TASKS else "")
