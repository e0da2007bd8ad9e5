"""A paper as a file: PDF (typst), Word (python-docx), or plain data. Imported only when somebody asks for one."""

import io
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from lti_tool.frameworks.roles.domain import Kind, Paper, Part, Role

MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def pdf(paper: Paper) -> bytes:
    """A4, tagged for screen readers."""
    import typst

    made: bytes = typst.compile(_template(), sys_inputs={"paper": json.dumps(as_json(paper))})
    return made


def docx(paper: Paper) -> bytes:
    """For whoever wants to change it."""
    from docx import Document

    file = Document()
    file.core_properties.title = paper.title
    file.core_properties.author = ""
    file.add_heading(_clean(paper.title), 0)
    for words in filter(None, (paper.about, paper.intro)):
        file.add_paragraph(_clean(words))
    for section in paper.sections:
        file.add_heading(_clean(section.title), 1)
        if section.words:
            file.add_paragraph(_clean(section.words))
        for part in section.parts:
            _part(file, part)
    file.add_paragraph(_clean(paper.foot)).runs[0].italic = True
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _part(file: Any, part: Part) -> None:
    file.add_heading(_clean(part.title), 2)
    if part.words:
        file.add_paragraph(_clean(part.words))
    if part.rungs:
        table = file.add_table(rows=1, cols=2, style="Table Grid")
        table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Level", "What it looks like"
        for rung in part.rungs:
            cells = table.add_row().cells
            cells[0].text = _clean(rung.label) + (" (asked for)" if rung.number == part.target else "")
            cells[1].text = _clean("\n".join(rung.acts)) or "–"
    for line in part.lines:
        file.add_paragraph(_clean(line), style="List Bullet" if line else None)


def as_json(paper: Paper) -> dict[str, Any]:
    """The paper as data; `label` beside each level's number and name."""
    made = asdict(paper)
    for section, own in zip(made["sections"], paper.sections, strict=True):
        for part, own_part in zip(section["parts"], own.parts, strict=True):
            for rung, own_rung in zip(part["rungs"], own_part.rungs, strict=True):
                rung["label"] = own_rung.label
    return made


def role_json(role: Role, address: str) -> dict[str, Any]:
    """A role with its levels; `address` is where its papers are."""
    return {
        "id": role.id,
        "title": role.title,
        "description": role.description,
        "framework": {"title": role.framework, "version": role.version, "attribution": role.attribution},
        "competencies": [
            {"id": asked.key, "label": asked.label, "level": asked.target, "level_name": asked.wanted.name}
            for asked in role.asks
        ],
        "not_in_this_version": list(role.gone),
        "papers": {kind.value: f"{address}/{kind.value}" for kind in Kind},
    }


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "paper.typ").read_bytes()


def _clean(text: str) -> str:
    """XML holds no control characters."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
