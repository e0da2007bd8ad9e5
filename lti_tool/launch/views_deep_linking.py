"""Adding a link to a course: the instructor chooses, the LMS gets a signed answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Fault
from lti_tool.launch import deep_linking, links, parts, sessions
from lti_tool.launch.blueprint import bp
from lti_tool.launch.domain.facts import origins
from lti_tool.web.components import Field, FieldKind, Note, Option, Tone
from lti_tool.web.guard import needs
from lti_tool.web.headers import allow_forms_to
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Viewer


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
    deep_linking.request_of(db.session(), viewer)
    return _choose_page({})


@bp.post("/deep-linking")
@needs(May.MANAGE_COURSE)
def chosen(viewer: Viewer) -> AnyResponse | tuple[str, int]:
    deep_linking.request_of(db.session(), viewer)
    choice = links.choice(request.form.get("opens", ""))
    if choice is None:
        return _choose_page(request.form, Note("Choose what to add.", tone=Tone.LOOK, announce=True)), 400
    try:
        with writing(db.session()) as session:
            made = choice.make(session, viewer, request.form)
            item = deep_linking.content_item(made, choice.opens, parts.parts().launch_url)
            kept = sessions.claims_of(session, viewer)
            sessions.keep_claims(session, viewer, {**kept, deep_linking.ANSWER: item})
    except Fault as fault:
        note = Note(fault.words, fault.next_step, tone=Tone.LOOK, announce=True)
        return _choose_page(request.form, note), fault.status
    return redirect(url_for("launch.send_links"), 303)


@bp.get("/deep-linking/answer")
@needs(May.MANAGE_COURSE)
def send_links(viewer: Viewer) -> str | AnyResponse:
    """A form for the LMS that a script submits; without script its button does."""
    now = clock.now()
    asked = deep_linking.request_of(db.session(), viewer)
    if asked.answer is None:
        return redirect(url_for("launch.choose"), 303)
    claims = deep_linking.answer_claims(db.session(), viewer, asked, now)
    token = parts.parts().ring.sign(claims, now)
    allow_forms_to(*origins((asked.return_url,)))
    page = SendPage(
        title="Add to the course", return_url=asked.return_url, token=token, what=str(asked.answer["title"])
    )
    return render_template("launch/send_links.html", page=page)


def _choose_page(form: Mapping[str, str], trouble: Note | None = None) -> str:
    chosen = form.get("opens") or links.CHOICES[0].opens
    options = tuple(Option(choice.opens, choice.label, choice.opens == chosen, choice.hint) for choice in links.CHOICES)
    fields = [Field("opens", "What should it open?", FieldKind.RADIOS, options=options)]
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
