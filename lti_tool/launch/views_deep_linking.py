"""Adding a link to a course: the instructor chooses, the LMS gets a signed answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Fault
from lti_tool.launch import deep_linking, links, parts, sessions
from lti_tool.launch.blueprint import bp
from lti_tool.launch.deep_linking import LinkRequest
from lti_tool.launch.domain.facts import origins
from lti_tool.web.components import Field, FieldKind, Note, Option, Tone
from lti_tool.web.guard import needs
from lti_tool.web.headers import allow_forms_to
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Viewer

SEVERAL = "Each one becomes a link of its own in the course."


@dataclass(frozen=True, kw_only=True)
class ChoosePage(Page):
    fields: tuple[Field, ...]
    trouble: Note | None = None


@dataclass(frozen=True, kw_only=True)
class SendPage(Page):
    return_url: str
    token: str
    what: str


@bp.get("/deep-linking")
@needs(May.MANAGE_COURSE)
def choose(viewer: Viewer) -> str:
    return _choose_page(viewer, deep_linking.request_of(db.session(), viewer), {}, ())


@bp.post("/deep-linking")
@needs(May.MANAGE_COURSE)
def chosen(viewer: Viewer) -> AnyResponse | tuple[str, int]:
    asked = deep_linking.request_of(db.session(), viewer)
    values = request.form.getlist("opens")
    try:
        with writing(db.session()) as session:
            made = links.make(session, viewer, values, request.form, several=asked.several)
            url = parts.parts().launch_url
            items = [deep_linking.content_item(one, opens, url, graded=asked.takes_line_items) for opens, one in made]
            kept = sessions.claims_of(session, viewer)
            sessions.keep_claims(session, viewer, {**kept, deep_linking.ANSWER: items})
    except Fault as fault:
        note = Note(fault.words, fault.next_step, tone=Tone.LOOK, announce=True)
        return _choose_page(viewer, asked, request.form, values, note), fault.status
    return redirect(url_for("launch.send_links"), 303)


@bp.get("/deep-linking/answer")
@needs(May.MANAGE_COURSE)
def send_links(viewer: Viewer) -> str | AnyResponse:
    """A form for the LMS that a script submits; without script its button does."""
    now = clock.now()
    asked = deep_linking.request_of(db.session(), viewer)
    if not asked.answer:
        return redirect(url_for("launch.choose"), 303)
    claims = deep_linking.answer_claims(db.session(), viewer, asked, now)
    token = parts.parts().ring.sign(claims, now)
    allow_forms_to(*origins((asked.return_url,)))
    what = ", ".join(str(item["title"]) for item in asked.answer)
    page = SendPage(title="Add to the course", return_url=asked.return_url, token=token, what=what)
    return render_template("launch/send_links.html", page=page)


def _choose_page(
    viewer: Viewer, asked: LinkRequest, form: Mapping[str, str], values: Sequence[str], trouble: Note | None = None
) -> str:
    offers = links.offers(db.session(), viewer)
    chosen = tuple(values) or (() if asked.several else (offers[0].value,))
    options = tuple(Option(offer.value, offer.label, offer.value in chosen, offer.hint) for offer in offers)
    kind = FieldKind.CHECKS if asked.several else FieldKind.RADIOS
    fields = [Field("opens", "What should it open?", kind, options=options, hint=SEVERAL if asked.several else "")]
    titled = [choice.label for choice in links.CHOICES if choice.asks_title]
    marked = [choice.label for choice in links.CHOICES if choice.asks_points]
    if titled:
        hint = f"For: {', '.join(titled)}."
        fields.append(Field("title", "Title", value=form.get("title", ""), hint=hint))
    if marked:
        hint = f"The most that the gradebook can show. For: {', '.join(marked)}."
        attributes = (("min", "0"), ("step", "any"))
        fields.append(
            Field("points", "Points", FieldKind.NUMBER, form.get("points", ""), hint=hint, attributes=attributes)
        )
    page = ChoosePage(title="Add Waymark to the course", fields=tuple(fields), trouble=trouble)
    return render_template("launch/choose.html", page=page)
