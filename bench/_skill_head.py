"""Trains the linter's head that tells bare skills from competencies, and writes its weights.

    python -m bench._skill_head --data FOLDER

FOLDER holds `lint/skills.jsonl`. Trained are its `dev` titles (108 of the UK government's DDaT framework, OGL v3.0, by
hand; 257 of O*NET, CC BY 4.0, by origin) and the titles below, written for this purpose. L2 is 3 on everything but
the constant.
"""

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from lti_tool.frameworks.lint import meaning
from lti_tool.frameworks.lint.meaning import Vectors, skill_features
from lti_tool.llm.opening import local_embedder

L2 = 3.0
#: The public titles are of offices and software: what other trades can and know, and what people do with it.
SKILLS = """
Bricklaying; Plumbing; Carpentry; Wood turning; Metal casting; Spot welding; Sewing; Knitting; Pattern cutting
Forklift driving; Crane operation; Truck unloading; Pallet stacking; Parcel sorting; Stocktaking; Till operation
Baking; Butchery; Cake decorating; Knife sharpening; Coffee brewing; Wine service; Hairdressing; Manicure; Upholstery
Phlebotomy; Wound dressing; Suturing; First aid; Anatomy; Pharmacology; Dental radiography; Infection control rules
Payroll; Double-entry accounts; Invoicing; VAT returns; Touch typing; Shorthand; Filing; Minute taking
Algebra; Trigonometry; Botany; Organic chemistry; World history; French; Spanish grammar; Music theory; Sight-reading
Photo editing; Screen printing; 3D printing; CAD drawing; Sheet metal bending; Circuit wiring; Tyre changing
Tree felling; Sheep shearing; Milking; Pesticide spraying; Irrigation equipment; Hydraulics; Pneumatics
Fire extinguishers; Radio procedures; Map reading; Sailing knots; Boiler maintenance; Elevator codes
""".replace("\n", ";").split(";")
COMPETENCIES = """
Caring for patients with dignity; Keeping a workplace safe; Putting customers at ease; Running a kitchen under pressure
Responding to emergencies; Preparing lessons that reach every learner; Acting with academic integrity; Growing others
Weighing risks before acting; Working across cultures; Owning results; Learning from mistakes; Steering a project
Keeping promises to clients; Diagnosing faults and preventing their return
Choosing materials with the environment in mind
Building trust with families; Handing over work safely; Speaking up for quality; Planning a crew's day
Serving the public
Judging evidence; Arguing a case in writing; Using sources honestly; Making decisions with data; Resolving conflicts
Managing change; Taking part in a community of practice; Safeguarding children; Negotiating fair terms
Financial judgement
Digital citizenship; Copyright awareness in one's own work; Computational problem solving; Cultural humility in care
Stewardship of public money; Coordinating care; Designing with users; Leading improvement; Professional self-care
""".replace("\n", ";").split(";")


def titles_of(data: Path) -> tuple[list[str], "np.ndarray[Any, Any]"]:
    with (data / "lint" / "skills.jsonl").open(encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row["split"] == "dev"]
    labelled = [(row["title"], row["skill"]) for row in rows]
    labelled += [(title.strip(), 1) for title in SKILLS if title.strip()]
    labelled += [(title.strip(), 0) for title in COMPETENCIES if title.strip()]
    return [title for title, _ in labelled], np.array([label for _, label in labelled], np.float64)


def trained(features: "np.ndarray[Any, Any]", labels: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Weights of a logistic regression by Newton's method; the constant is the eighth column from the end."""
    x = features.astype(np.float64)
    penalty = np.full(x.shape[1], L2)
    penalty[-8] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (chances - labels) + penalty * weights
        curve = (x * (chances * (1 - chances))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def main() -> int:
    parser = argparse.ArgumentParser(description="Trains the head that tells bare skills from competencies.")
    parser.add_argument("--data", type=Path, required=True)
    titles, labels = titles_of(parser.parse_args().data)
    weights = trained(skill_features(titles, Vectors(local_embedder().embed)), labels)
    packed = base64.b64encode(weights.astype(np.float16).tobytes()).decode()
    Path(meaning.__file__).with_name("skill_head.txt").write_text(packed + "\n", encoding="ascii")
    print(f"{len(titles)} titles, {int(labels.sum())} skills, {len(weights)} weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
