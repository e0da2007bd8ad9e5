"""The review page as its template takes it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for

from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.grading.alignments.domain import DecidedBy, Review
from lti_tool.grading.alignments.reading import Course, Item
from lti_tool.grading.alignments.service import UNDO_DAYS
from lti_tool.web.components import Action, Note, Tone, Via, Weight
from lti_tool.web.components.forms import Choice, Field, FieldKind, Option, QueueItem, engine
from lti_tool.web.components.maps import StripArea, StripTile
from lti_tool.web.components.words import Fact, Pill
from lti_tool.web.pages import Page

MOST_TILES = 120
MOST_LISTED = 300
CLOSE = 0.75
"""A second suggestion this near to the first may well be meant too."""
ENGINES = {"cohere": "Cohere", "local": "Local"}
WORDS = {"strong": "Strong match.", "fair": "Fair match.", "weak": "Weak match."}


@dataclass(frozen=True, kw_only=True)
class ReviewPage(Page):
    above: str
    side: tuple[Fact, ...]
    notes: tuple[Note, ...]
    strip: tuple[StripArea, ...]
    covered: str
    queue: tuple[QueueItem, ...]
    told: str
    strong: tuple[Item, ...]
    together: tuple[Action, ...]
    """Acceptances of several at once that can still be taken back."""
    rule: str
    rule_action: Action | None
    item: Item | None
    place: str
    choices: tuple[Choice, ...]
    other: Field | None
    second: Field | None
    close: bool
    decided: tuple[Fact, ...]
    how: tuple[Fact, ...]
    previous: str
    following: str
    arrived: bool
    """After an action: the focus goes to the criterion's heading."""


def pill_of(item: Item) -> Pill:
    if item.review is Review.ACCEPTED:
        by_rule = any(one.decided_by == DecidedBy.RULE for one in item.decisions)
        return Pill("Accepted by rule" if by_rule else "Accepted", icon="ok")
    if item.review is Review.LEFT_OUT:
        return Pill("Left out")
    if item.review is Review.WAITING:
        return Pill("Waiting", Tone.WAIT)
    return Pill("No match", Tone.LOOK) if item.no_match else Pill("To check", Tone.WAIT)


def queue_of(course: Course, current: Item | None) -> tuple[QueueItem, ...]:
    return tuple(
        QueueItem(
            item.criterion.title,
            address(item.criterion.id),
            pill_of(item),
            _detail(course, item),
            current is not None and item.criterion.id == current.criterion.id,
        )
        for item in course.items
    )


def address(criterion_id: int) -> str:
    return url_for("grading.review", c=criterion_id, _anchor="cr")


def _detail(course: Course, item: Item) -> str:
    parts = [item.assessment]
    if item.decisions:
        parts += [" and ".join(one.competency.label for one in item.decisions)]
    elif item.no_match:
        parts += ["nothing close enough"]
    elif item.best:
        parts += [item.best.competency.label, f"{item.best.confidence:.2f}" if course.calibrated else item.best.word]
    if item.engine == "local" and item.fell_back_because:
        parts += ["Local"]
    return " · ".join(parts)


def told_of(course: Course) -> str:
    counts = Counter(pill_of(item).words.split(" by ")[0] for item in course.items)
    said = [
        f"{counts[word]} {shown}"
        for word, shown in (
            ("Accepted", "accepted"),
            ("To check", "to check"),
            ("No match", "without a match"),
            ("Waiting", "waiting for suggestions"),
            ("Left out", "left out"),
        )
        if counts[word]
    ]
    return ", ".join(said)


def strip_of(course: Course) -> tuple[StripArea, ...]:
    """Nothing for a framework so large that squares would be a wall."""
    if len(course.framed.competencies) > MOST_TILES:
        return ()
    areas: dict[str, list[CompetencyInfo]] = {}
    for one in course.framed.competencies:
        areas.setdefault(f"{one.area_code} {one.area_title}".strip(), []).append(one)
    return tuple(
        StripArea(
            title,
            tuple(
                StripTile(one.label, _criteria(course.covered.get(one.id, 0)), str(count), dashed=not count)
                for one in members
                for count in [course.covered.get(one.id, 0)]
            ),
        )
        for title, members in areas.items()
    )


def _criteria(count: int) -> str:
    return "1 criterion" if count == 1 else f"{count} criteria"


def covered_of(course: Course) -> str:
    return (
        f"Accepted criteria for each competency. {len(course.covered)} of {len(course.framed.competencies)} are "
        "assessed; a dashed square means no criterion yet. Three results are needed before a learner is placed."
    )


def side_of(course: Course) -> tuple[Fact, ...]:
    engines = Counter(item.engine for item in course.items if item.engine)
    facts = []
    if engines:
        remote = [f"{count} by {ENGINES.get(name, name)}" for name, count in engines.most_common()]
        pills = tuple(engine(ENGINES.get(name, name), remote=name != "local") for name, _ in engines.most_common())
        facts.append(Fact("Suggested by", f"({', '.join(remote)})" if len(remote) > 1 else "", pills=pills))
    facts.append(Fact("Decided so far", f"{_criteria(course.rule.decided)} in this framework"))
    return tuple(facts)


def notes_of(course: Course) -> tuple[Note, ...]:
    notes = []
    fallen = [item for item in course.items if item.fell_back_because and item.review is Review.TO_CHECK]
    if fallen:
        one = len(fallen) == 1
        notes.append(
            Note(
                f"{_criteria(len(fallen)).capitalize()} {'was' if one else 'were'} ranked by the local engine.",
                f"{fallen[0].fell_back_because} Their order is usually right, their sentences are shorter.",
                Action("Ask again", url_for("grading.ask_again"), via=Via.POST),
                tone=Tone.LOOK,
            )
        )
    if any(item.review is Review.WAITING for item in course.items):
        notes.append(
            Note("Suggestions are being made.", "They come within a minute; reload this page then.", icon="wait")
        )
    return tuple(notes)


def choices_of(course: Course, item: Item, found: Sequence[CompetencyInfo] = ()) -> tuple[Choice, ...]:
    """The top three suggestions, or what a search found. The first is chosen, or what was decided."""
    chosen = item.decisions[0].competency.id if item.decisions else None
    if found:
        return tuple(
            Choice(str(one.id), one.code, one.title, one.description, chosen=at == 0) for at, one in enumerate(found)
        )
    offers = item.offers[:3]
    if chosen is None and offers:
        chosen = offers[0].competency.id
    return tuple(
        Choice(
            str(one.competency.id),
            one.competency.code,
            one.competency.title,
            one.rationale if course.calibrated else f"{WORDS.get(one.word, '')} {one.rationale}".strip(),
            sure=min(max(one.confidence, 0.0), 1.0) if course.calibrated else None,
            strength=one.word if course.calibrated else "",
            chosen=one.competency.id == chosen,
        )
        for one in offers
    )


def other_of(course: Course, typed: str, error: str) -> Field:
    """Search by a word or a code; a small framework is offered as a list under it."""
    listed = course.framed.competencies if len(course.framed.competencies) <= MOST_LISTED else ()
    return Field(
        "find",
        "Find a competency",
        FieldKind.SEARCH,
        typed,
        error=error,
        options=tuple(Option(one.label, one.title) for one in listed),
        attributes=(("placeholder", "Type a word or a code"),),
    )


def second_of(course: Course, item: Item) -> Field | None:
    """The other competency, where a criterion speaks for two."""
    chosen = item.decisions[1].competency.id if len(item.decisions) > 1 else None
    listed = [one.competency for one in item.offers]
    if len(course.framed.competencies) <= MOST_LISTED:
        listed += [one for one in course.framed.competencies if one not in listed]
    if len(listed) < 2:
        return None
    preset = chosen if chosen is not None else listed[1].id
    options = tuple(Option(str(one.id), one.label, one.id == preset) for one in listed)
    return Field("second", "The second competency", FieldKind.SELECT, options=options)


def is_close(item: Item) -> bool:
    if len(item.offers) < 2 or item.no_match:
        return False
    first, second = item.offers[0].confidence, item.offers[1].confidence
    return second >= CLOSE * first


def decided_of(item: Item, names: dict[int, str]) -> tuple[Fact, ...]:
    """What stands, who decided and when."""
    facts = [
        Fact("Accepted", f"{one.competency.label}{f' ({one.weight:.0%} of it)' if one.weight < 1 else ''}")
        for one in item.decisions
    ]
    if item.decisions:
        one = item.decisions[0]
        who = names.get(one.decided_by_id or 0, "")
        by = f"the rule that {who or 'somebody'} switched on" if one.decided_by == DecidedBy.RULE else who
        facts.append(Fact("By", f"{by}, {one.decided_at:%d %b %Y}".removeprefix(", ")))
    return tuple(facts)


def how_of(item: Item) -> tuple[Fact, ...]:
    best = item.best
    if best is None:
        return ()
    remote = best.engine != "local"
    facts = [
        Fact("Engine", f"{ENGINES.get(best.engine, best.engine)}, {best.model}"),
        Fact("Sent", "The criterion’s words. No names, no learners’ work." if remote else "Nothing: it runs here."),
        Fact("Method", best.prompt_version),
        Fact("When", f"{best.created_at:%d %b %Y, %H:%M} UTC"),
    ]
    if item.fell_back_because:
        facts.append(Fact("Fallback", item.fell_back_because))
    return tuple(facts)


def together_of(course: Course, now: datetime) -> tuple[Action, ...]:
    """What was accepted several at once in the last days, latest first, each with its undo."""
    groups: dict[datetime, list[Item]] = {}
    for item in course.items:
        for one in item.decisions[:1]:
            if one.decided_by == DecidedBy.PERSON and now - one.decided_at < timedelta(days=UNDO_DAYS):
                groups.setdefault(one.decided_at, []).append(item)
    return tuple(
        Action(
            f"Undo the {len(items)} of {moment:%d %b, %H:%M}",
            url_for("grading.undo"),
            Weight.PLAIN,
            Via.POST,
            fields=(("criteria", ",".join(str(one.criterion.id) for one in items)), ("at", moment.isoformat())),
        )
        for moment, items in sorted(groups.items(), reverse=True)[:3]
        if len(items) > 1
    )


def rule_of(course: Course) -> tuple[str, Action | None]:
    rule = course.rule
    if rule.on:
        off = Action("Switch it off", url_for("grading.switch_rule"), via=Via.POST, fields=(("on", "no"),))
        now = "" if rule.possible else " At the moment nothing is sure enough for it."
        return f"Accepting without asking is on for this framework.{now}", off
    if rule.possible:
        on = Action("Switch it on", url_for("grading.switch_rule"), via=Via.POST, fields=(("on", "yes"),))
        return "Accepting without asking is off. Decisions so far show that it would be right often enough.", on
    if rule.decided >= rule.needed:
        return "Accepting without asking is off: decisions so far show that it would be wrong too often.", None
    return (
        f"Accepting without asking is off. It becomes possible after {rule.needed} decided criteria "
        f"({rule.decided} now), if they show that it would be right often enough.",
        None,
    )
