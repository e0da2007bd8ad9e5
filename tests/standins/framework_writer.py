"""A simple mind that answers the generator's questions in good form, from what it was offered."""

from collections.abc import Callable, Mapping
from typing import Any

ACTS = (
    ("Report {x} to the shift lead before noon", "Follow the checklist for {x} with a colleague beside you"),
    ("Draft a plan for {x} and compare it with last month's figures", "Correct faults in {x} without help"),
    ("Lead a review of {x} across two teams and settle disputes", "Coach newcomers until they handle {x} alone"),
    (
        "Set the organisation's rules for {x} and publish the results",
        "Negotiate contracts on {x} with outside partners",
    ),
)
AUDIENCES = {2: "the team", 3: "two teams", 4: "the board"}
TOPICS = (
    "hazard reports", "shift handovers", "vendor contracts", "training records", "customer complaints", "stock counts",
    "lending files", "wound charts", "research notes", "fire drills", "menu cards", "network alarms", "grant forms",
    "bus timetables", "hiring interviews", "audit trails", "lesson plans", "energy bills", "spare parts", "field trips",
    "press enquiries", "payroll runs", "site surveys", "blood samples", "court filings", "seed orders", "lens tests",
    "harbour permits", "choir rehearsals", "loan returns",
)  # fmt: skip


class FrameworkWriter:
    """`worse(task, answer)` may change an answer before it is sent; `seen` holds what was asked, in order."""

    def __init__(self, worse: Callable[[str, dict[str, Any]], Any] = lambda _task, answer: answer) -> None:
        self.worse = worse
        self.seen: list[Mapping[str, Any]] = []
        self._named = 0

    def __call__(self, data: Mapping[str, Any]) -> Any:
        self.seen.append(data)
        task = str(data["task"])
        answers = {"core": self._titles, "functional": self._titles, "levels": self._levels}
        answers |= {"indicators": self._indicators, "mend": self._mend}
        return self.worse(task, answers[task](data))

    @property
    def tasks(self) -> list[str]:
        return [str(data["task"]) for data in self.seen]

    def _titles(self, data: Mapping[str, Any]) -> dict[str, Any]:
        goals = [one["id"] for one in data["goals"]]
        open_items = [one["id"] for one in data["open_items"]]
        passages = [one["id"] for one in data["passages"]]
        wanted = [one["id"] for one in data["rewrite"]] if "rewrite" in data else [""] * 4
        rows = []
        for place, key in enumerate(wanted):
            topic = TOPICS[self._named % len(TOPICS)]
            self._named += 1
            row = {
                "title": f"Handling {topic} so that others can rely on them",
                "description": f"Decides with others what {topic} have to show, and sees that they do.",
                "cites": [goals[place % len(goals)], *open_items[place : place + 1], *passages[:1]],
            }
            rows.append({"id": key, **row} if key else row)
        return {"competencies": rows}

    def _levels(self, data: Mapping[str, Any]) -> dict[str, Any]:
        listed = data.get("rewrite") or data["competencies"]
        return {
            "ladders": [
                {"id": one["id"], "levels": [{"bullets": [act.format(x=_topic(one)) for act in row]} for row in ACTS]}
                for one in listed
            ]
        }

    def _indicators(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "items": [
                {
                    "id": one["id"],
                    "level": level,
                    "indicator": f"Present a report on {_topic(one)} to {AUDIENCES[level]}",
                    "evidence": "product",
                }
                for one in data["competencies"]
                for level in (2, 3, 4)
            ]
        }

    def _mend(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {"edits": [], "merges": []}


def _topic(one: Mapping[str, Any]) -> str:
    return str(one["title"]).removeprefix("Handling ").split(" so that")[0]
