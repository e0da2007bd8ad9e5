"""What the linter says of a version: findings with place, reason and a way out; set aside with a note, taken back,
merged."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import merging, queries
from lti_tool.frameworks.domain import FrameworkDraft, Severity, Status
from lti_tool.frameworks.lint import LintFinding, Rule
from lti_tool.frameworks.lint import queries as reading
from lti_tool.frameworks.lint import service as setting_aside
from lti_tool.frameworks.lint.queries import Dismissal, Judged
from lti_tool.frameworks.lint.rewriting import rewritten
from lti_tool.frameworks.queries import VersionInfo
from lti_tool.frameworks.views import bp
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.llm.opening import cohere_of, local_embedder
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

SHOWN = 60
"""Findings of one group on a page: who has mended these sees the next."""
MOST_TEXTS = 1500
"""With more to embed, the first look would take too long for a page, and the command has the time."""
QUESTIONS = 2
"""To the language model, while somebody waits."""
WORDS_ONLY = (
    "This framework is very large: overlaps, bare skills and levels that say the same in other words are left to"
    " the command “lti-tool framework lint”."
)
RULE_WORDS = {
    Rule.PLACEHOLDER: "Placeholder",
    Rule.MISSING_LEVEL: "Missing level",
    Rule.COPY: "Exact copy",
    Rule.COUNT: "Number of competencies",
    Rule.MONTHS: "Months of a step",
    Rule.GENERIC: "Generic label",
    Rule.UNOBSERVABLE: "Not observable",
    Rule.NOT_MEASURABLE: "Not measurable",
    Rule.ALIKE: "Levels too alike",
    Rule.PROGRESSION: "Order of levels",
    Rule.OVERLAP: "Overlap",
    Rule.SKILL: "Skill or competency",
    Rule.LANGUAGE: "Language",
}


@dataclass(frozen=True)
class Shown:
    finding: LintFinding
    rule: str
    where: str
    number: int
    """Counts on the page, for ids."""
    merge_into: str = ""
    """Title of the competency that stays, where the two may be merged here."""
    note: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    lede: str
    findings: tuple[Shown, ...]
    more: int = 0


@dataclass(frozen=True, kw_only=True)
class LintPage(Page):
    version: VersionInfo
    groups: tuple[Group, ...]
    aside: tuple[tuple[Shown, Dismissal], ...]
    is_draft: bool
    can_ask: bool
    """Is there a language model to ask for rewrites?"""
    asked: str = ""
    """What came of asking, in words."""


@bp.get("/<int:version_id>/lint")
@needs(May.ADMINISTER)
def lint_page(viewer: Viewer, version_id: int) -> str:
    version = queries.version(db.session(), version_id)
    return _page(version, _judged(version_id))


def _judged(version_id: int) -> Judged:
    """By all rules; of a very large framework by those that need no vectors, since somebody waits for the page."""
    return reading.judged(db.session(), version_id, local_embedder().embed, MOST_TEXTS)


@bp.post("/<int:version_id>/lint/rewrites")
@needs(May.ADMINISTER)
def lint_rewrites(viewer: Viewer, version_id: int) -> str:
    """The page once more, with the language model's rewrites where they pass the rules."""
    version = queries.version(db.session(), version_id)
    found = _judged(version_id)
    db.session.rollback()  # nothing is held open while the model thinks
    cohere = cohere_of(current_app.extensions["waymark.settings"])
    if cohere is None:
        return _page(version, found, "No language model is set up here, so the proposals are the tool's own.")
    with replace(cohere, retries=0) as connection:
        better = rewritten(found.draft, found.open, connection.writer, questions=QUESTIONS)
    said = f"New from the language model: {better.count}. Each passed the same rules."
    if not better.count:
        said = "The proposals are the tool’s own: the language model gave none that passes the rules."
    if better.fell_back_because:
        said = f"{better.fell_back_because} {said if better.count else 'The proposals are the tool’s own.'}"
    return _page(version, replace(found, open=better.findings), said)


@bp.post("/<int:version_id>/lint/dismiss")
@needs(May.ADMINISTER)
def lint_dismiss(viewer: Viewer, version_id: int) -> Response:
    form = request.form
    with writing(db.session()) as session:
        setting_aside.dismiss(
            session,
            version_id,
            form.get("rule", ""),
            form.get("item", ""),
            form.get("hash", ""),
            form.get("note", ""),
            clock.now(),
            viewer.person_id,
        )
    return go(url_for("frameworks.lint_page", version_id=version_id), say="Set aside, with your reason.")


@bp.post("/<int:version_id>/lint/undo")
@needs(May.ADMINISTER)
def lint_undo(viewer: Viewer, version_id: int) -> Response:
    with writing(db.session()) as session:
        setting_aside.take_back(session, version_id, request.form.get("dismissal", 0, type=int))
    return go(url_for("frameworks.lint_page", version_id=version_id), say="It is shown again.")


@bp.post("/<int:version_id>/lint/merge")
@needs(May.ADMINISTER)
def lint_merge(viewer: Viewer, version_id: int) -> Response:
    keep, drop = request.form.get("keep", ""), request.form.get("drop", "")
    with writing(db.session()) as session:
        merging.merge(session, version_id, keep, drop, clock.now(), viewer.person_id)
    said = "Merged. When this draft is published, evidence for either counts for the one that stays."
    return go(url_for("frameworks.lint_page", version_id=version_id), say=said)


def _page(version: VersionInfo, found: Judged, asked: str = "") -> str:
    is_draft = version.status == Status.DRAFT
    kinds = (
        ("Stops publishing", "These have to be mended.", [one for one in found.open if one.blocking]),
        (
            "Worth mending",
            "Advice: mend it, or set it aside with a reason.",
            [one for one in found.open if not one.blocking and one.severity is not Severity.NOTE],
        ),
        (
            "To look at",
            "Weaker grounds: many of these may stay as they are.",
            [one for one in found.open if _is_note(one)],
        ),
    )
    groups = []
    number = 0
    for title, lede, members in kinds:
        shown = tuple(
            _shown(found.draft, one, number + place, is_draft) for place, one in enumerate(members[:SHOWN], 1)
        )
        number += len(shown)
        if shown:
            groups.append(Group(title, lede, shown, len(members) - len(shown)))
    page = LintPage(
        title="What the linter says",
        version=version,
        groups=tuple(groups),
        aside=tuple(_aside(found, number, is_draft)),
        is_draft=is_draft,
        can_ask=bool(current_app.extensions["waymark.settings"].cohere_api_key.get_secret_value()),
        asked=asked or (WORDS_ONLY if found.words_only else ""),
    )
    return render_template("frameworks/lint.html", page=page)


def _is_note(finding: LintFinding) -> bool:
    return not finding.blocking and finding.severity is Severity.NOTE


def _aside(found: Judged, number: int, is_draft: bool) -> Iterable[tuple[Shown, Dismissal]]:
    for place, (finding, dismissal) in enumerate(found.aside, number + 1):
        yield _shown(found.draft, finding, place, is_draft), dismissal


def _shown(draft: FrameworkDraft, finding: LintFinding, number: int, is_draft: bool) -> Shown:
    item = draft.by_key.get(finding.place.item_key)
    names = {level.number: level.name for level in draft.levels}
    parts = [f"{item.code} {item.title}".strip()] if item else ["The framework"]
    if finding.place.level is not None:
        name = names.get(finding.place.level, "")
        plain = f"level {finding.place.level}"
        parts.append(plain if not name or name.lower() == plain else f"{plain} ({name})")
    mergeable = is_draft and (finding.offers_merge or finding.rule is Rule.OVERLAP) and finding.others
    return Shown(
        finding,
        RULE_WORDS[finding.rule],
        ", ".join(parts),
        number,
        merge_into=item.title if mergeable and item else "",
    )
