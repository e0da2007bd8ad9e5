"""Makes the generator's bank of open sources anew: `python scripts/generate_bank.py FOLDER`.

FOLDER holds `ddat/` (two CSV files of the UK framework), `onet-29.3/` (XLSX files of O*NET) and `nist-nice-2.1.0.json`.
Texts are cut to what the composer reads; no word is changed. The vectors are those of the local model.
"""

import csv
import gzip
import hashlib
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from lti_tool.frameworks.generate.office import xlsx_rows
from lti_tool.llm.local import MiniLm

BANK = Path(__file__).resolve().parent.parent / "lti_tool" / "frameworks" / "generate" / "bank"
LEVELS = ("Awareness", "Working", "Practitioner", "Expert")


def table(file: Path) -> list[dict[str, str]]:
    head, *rows = xlsx_rows(file.read_bytes(), 200_000)
    return [dict(zip(head, row + [""] * len(head), strict=False)) for row in rows]


def bullets(cell: str) -> list[str]:
    """`You can:` and a list of lines that begin with a dash."""
    if "not currently defined" in cell.lower():
        return []
    lines = [line.strip() for line in cell.splitlines()]
    found = [re.sub(r"^[-•]\s*", "", line) for line in lines if line.startswith(("-", "•"))]
    return [re.sub(r"\s+", " ", line).strip() for line in found if len(line) > 3]


def ddat(folder: Path) -> dict[str, object]:
    with (folder / "ddat_skills_az.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    skills = {}
    for row in rows:
        levels = [bullets(row[name]) for name in LEVELS]
        if "NOT IN USE" in row["Skill Name"] or not all(levels):
            continue
        title = re.sub(r"\s*\(.*?\)$", "", row["Skill Name"]).strip()
        skills[row["Skill Name"]] = {
            "title": title,
            "description": re.sub(r"\s+", " ", row["Skill Description"]).strip(),
            "levels": levels,
        }
    with (folder / "ddat_roles_skills.csv").open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))
    roles: dict[str, dict[str, object]] = {}
    for line in lines:
        role = roles.setdefault(
            line["Role"],
            {
                "title": line["Role"],
                "description": re.sub(r"\s+", " ", line["Role Description"].split("\n\n")[0]),
                "skills": [],
            },
        )
        name = line["Skill Name"]
        if name in skills and name not in role["skills"]:
            role["skills"].append(name)
    return {"skills": skills, "roles": [role for role in roles.values() if len(role["skills"]) >= 3]}


def onet(folder: Path) -> dict[str, object]:
    """Core tasks of each occupation below the general work activity (41 in all) that they belong to first, each with
    the name of its intermediate work activity (332)."""
    reference = {row["DWA ID"]: row for row in table(folder / "DWA Reference.xlsx")}
    general = sorted({row["Element ID"] for row in reference.values()})
    middle = sorted({row["IWA Title"].rstrip(".") for row in reference.values()})
    core = {
        (row["O*NET-SOC Code"], row["Task ID"]): row["Task"]
        for row in table(folder / "Task Statements.xlsx")
        if row["Task Type"] == "Core"
    }
    tasks: dict[str, dict[str, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    placed = set()
    for row in table(folder / "Tasks to DWAs.xlsx"):
        key = (row["O*NET-SOC Code"], row["Task ID"])
        dwa = reference.get(row["DWA ID"])
        if key in core and key not in placed and dwa:
            placed.add(key)
            name = middle.index(dwa["IWA Title"].rstrip("."))
            tasks[key[0]][str(general.index(dwa["Element ID"]))].append((name, core[key]))
    names: dict[str, list[str]] = defaultdict(list)
    for row in table(folder / "Alternate Titles.xlsx"):
        names[row["O*NET-SOC Code"]].append(row["Alternate Title"])
    roles = []
    for row in table(folder / "Occupation Data.xlsx"):
        code = row["O*NET-SOC Code"]
        if sum(map(len, tasks[code].values())) >= 5:
            roles.append(
                {
                    "code": code,
                    "title": row["Title"],
                    "description": row["Description"],
                    "names": sorted(set(names[code]) - {row["Title"]}),
                    "tasks": tasks[code],
                }
            )
    return {"activities": middle, "roles": roles}


def nice(file: Path) -> dict[str, object]:
    whole = json.loads(file.read_text(encoding="utf-8"))["response"]["elements"]
    elements = {one["element_identifier"]: one for one in whole["elements"]}
    tasks: dict[str, list[str]] = defaultdict(list)
    for link in whole["relationships"]:
        a, b = link["source_element_identifier"], link["dest_element_identifier"]
        if (
            a in elements
            and b in elements
            and elements[a]["element_type"] == "work_role"
            and elements[b]["element_type"] == "task"
        ):
            text = elements[b]["text"].strip()
            if text and text not in tasks[a]:
                tasks[a].append(text)
    return {
        "roles": [
            {"code": key, "title": one["title"], "description": one["text"], "tasks": tasks[key]}
            for key, one in elements.items()
            if one["element_type"] == "work_role" and len(tasks[key]) >= 6
        ]
    }


def keep(name: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (BANK / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(name, len(text), (BANK / f"{name}.json.gz").stat().st_size)


def vectors(texts: list[str]) -> None:
    """One byte a number (times 127 over the largest): retrieval loses nothing that matters."""
    whole = MiniLm().embed(texts)
    scale = np.abs(whole).max(axis=1, keepdims=True) / 127
    rows = np.rint(whole / scale).astype(np.int8)
    mark = hashlib.sha256("\x00".join(texts).encode()).digest()
    (BANK / "vectors.bin.gz").write_bytes(gzip.compress(mark + rows.tobytes(), 9, mtime=0))
    print("vectors", len(texts), (BANK / "vectors.bin.gz").stat().st_size)


def main() -> None:
    folder = Path(sys.argv[1])
    keep("ddat", ddat(folder / "ddat"))
    keep("onet", onet(folder / "onet-29.3"))
    keep("nice", nice(folder / "nist-nice-2.1.0.json"))
    from lti_tool.frameworks.generate import bank

    vectors(list(bank.embedded_texts()))


if __name__ == "__main__":
    main()
