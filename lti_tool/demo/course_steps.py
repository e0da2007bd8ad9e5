"""The first half of the main job: everybody in, assignments in, criteria mapped. Each step returns its figure in words
or raises WentWrong."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.demo import content
from lti_tool.demo.visitor import Seen, Visitor, WentWrong
from lti_tool.demo.walk import Walk
from lti_tool.frameworks import queries as frameworks
from lti_tool.grading.models import Alignment, Assessment, Criterion, CriterionScore, Evidence, Score, Suggestion

LEAST_AGREE = 0.6
"""Fewer first suggestions than this share that agree with the answer key: something is wrong with the aligner."""


class CourseSteps(Walk):
    def launches(self) -> str:
        """Everybody opens the tool from the course."""
        everyone = [content.INSTRUCTOR, content.ASSISTANT, content.ADMINISTRATOR, *content.learner_ids().values()]
        for person in everyone:
            visitor = Visitor(self.servers.sandbox, person)
            self.pages[person] = visitor.launch(self.link("map"))
            self.visitors[person] = visitor
        anonymous = Visitor(self.servers.sandbox, 0).launch(self.link("map"))
        if "without saying who you are" not in anonymous.text:
            raise WentWrong("An anonymous launch showed something personal.")
        return f"{len(everyone) + 1} of {len(everyone) + 1}, one of them anonymous"

    def intake(self) -> str:
        """The instructor asks for the LMS's assignments; they arrive with rubrics and marks."""
        teacher = self.visitors[content.INSTRUCTOR]
        page = teacher.open(f"{self.servers.tool}/grading/assessments")
        teacher.send(page.form("/look-again"))
        wanted = len(content.course()["assignments"])

        def all_here(session: Session) -> bool | None:
            return True if session.scalar(select(func.count()).select_from(Assessment)) == wanted else None

        self.wait("the assignments arrive", all_here)
        self.quiet()
        return f"{wanted} assignments, {self.count(Criterion)} criteria, {self.count(CriterionScore)} marks on them"

    def again(self) -> str:
        """Reading the LMS a second time changes nothing."""
        before = [self.count(table) for table in (Assessment, Criterion, Score, CriterionScore, Evidence)]
        teacher = self.visitors[content.INSTRUCTOR]
        teacher.send(teacher.open(f"{self.servers.tool}/grading/assessments").form("/look-again"))
        self.quiet()
        after = [self.count(table) for table in (Assessment, Criterion, Score, CriterionScore, Evidence)]
        if before != after:
            raise WentWrong(f"A second reading changed {before} to {after}.")
        return "nothing changed"

    def make_project(self) -> str:
        """By deep linking, an assessment of the tool's own with a grade column; its rubric is added in the tool."""
        project = content.course()["project"]
        teacher = self.visitors[content.INSTRUCTOR]
        choose = teacher.launch(f"/courses/{content.COURSE_ID}/add/launch")
        points = 3 * len(project["criteria"])
        answer = teacher.send(
            choose.form("/deep-linking"), opens="assessment", title=project["name"], points=str(points)
        )
        jwt = next((form for form in answer.forms if form.value("JWT")), None)
        if jwt is None:
            raise WentWrong(f"Deep linking ended at {answer.url}: {answer.error or answer.title}")
        teacher.send(jwt)
        state = self.servers.control("state")
        link = next((one for one in state["links"] if one["custom"].get("waymark_opens") == "assessment"), None)
        if link is None:
            raise WentWrong("The LMS did not keep the new link.")
        self.project_link, self.project_ref = int(link["id"]), str(link["custom"]["waymark_ref"])
        fields = {"title": project["name"], "instructions": project["instructions"], "points": str(points)}
        for place, (_, text) in enumerate(project["criteria"]):
            fields[f"c-{place}-title"] = text
            for score, words in enumerate(project["scale"]):
                fields[f"c-{place}-r-{score}-points"], fields[f"c-{place}-r-{score}-words"] = str(score), words
        done = teacher.post(f"{self.servers.tool}/grading/assessments/{self.project_ref}/edit", fields)
        if done.status != 200 or done.error:
            raise WentWrong(f"The rubric was not saved: {done.error or done.title}")
        self.quiet()
        return f"“{project['name']}”, {len(project['criteria'])} criteria, with a column in the gradebook"

    def align(self) -> str:
        """The instructor goes through the criteria: the first suggestion where the answer key agrees, else the key's
        own competency, by its number on the page or by looking it up. Strong suggestions that agree are left to the
        end and accepted together."""
        key = content.answer_key()
        rows = self.wait("suggestions for every criterion", lambda s: self._suggested(s, len(key)))
        open_ = {criterion: (key[text], offered) for criterion, text, offered in rows}
        agree = sum(offered[:1] == [code] for code, offered in open_.values())
        in_three = sum(code in offered[:3] for code, offered in open_.values())
        page = self.visitors[content.INSTRUCTOR].open(f"{self.servers.tool}/grading/review")
        strong = self._strong(page)
        for criterion, (code, offered) in list(open_.items()):
            if criterion not in strong or offered[:1] != [code]:
                page = self._decide(page, criterion, *open_.pop(criterion))
        if together := self._strong(page) & set(open_):
            page = self.visitors[content.INSTRUCTOR].send(page.form("/review/several"))
            open_ = {criterion: rest for criterion, rest in open_.items() if criterion not in together}
        for criterion, rest in open_.items():  # no longer strong, after all those decisions
            page = self._decide(page, criterion, *rest)
        self.quiet()
        accepted = self.read(
            lambda s: s.scalar(select(func.count()).select_from(Alignment).where(Alignment.ended_at.is_(None)))
        )
        if accepted != len(key):
            raise WentWrong(f"{accepted} criteria are mapped instead of {len(key)}.")
        if agree < len(key) * LEAST_AGREE:
            raise WentWrong(f"Only {agree} of {len(key)} first suggestions agree with the answer key.")
        return f"{len(key)} criteria; the answer key agrees with {agree} first suggestions, {in_three} of three"

    @staticmethod
    def _strong(page: Seen) -> set[int]:
        """The criteria that the page offers to accept together."""
        pairs = page.form("/review/several").values("take") if page.has_form("/review/several") else []
        return {int(pair.partition(":")[0]) for pair in pairs}

    def _decide(self, page: Seen, criterion: int, code: str, offered: list[str]) -> Seen:
        teacher = self.visitors[content.INSTRUCTOR]
        if not page.has_form(f"/review/{criterion}"):  # the page that came is mostly that of the next criterion
            page = teacher.open(f"{self.servers.tool}/grading/review?c={criterion}")
        page = teacher.send(page.form(f"/review/{criterion}"), **self._pick(code, offered, criterion))
        if page.status != 200 or page.error:
            raise WentWrong(f"{code} could not be accepted: {page.error or page.title}")
        return page

    def _suggested(self, session: Session, wanted: int) -> list[tuple[int, str, list[str]]] | None:
        criteria = session.execute(select(Criterion.id, Criterion.title).order_by(Criterion.id)).all()
        version = session.scalar(select(Suggestion.version_id).limit(1))
        if len(criteria) != wanted or version is None:
            return None
        codes = {c.id: c.code for c in frameworks.competencies(session, version)}
        offered: dict[int, list[str]] = {}
        for criterion, item in session.execute(
            select(Suggestion.criterion_id, Suggestion.item_id).order_by(Suggestion.criterion_id, Suggestion.rank)
        ):
            offered.setdefault(criterion, []).append(codes[item])
        if len(offered) != wanted:
            return None
        return [(criterion, title, offered[criterion]) for criterion, title in criteria]

    def _pick(self, code: str, offered: list[str], criterion: int) -> dict[str, str]:
        def item(session: Session) -> int | None:
            place = offered.index(code) + 1
            return session.scalar(
                select(Suggestion.item_id).where(Suggestion.criterion_id == criterion, Suggestion.rank == place)
            )

        if code in offered[:3]:
            return {"do": "accept", "pick": str(self.read(item))}
        return {"do": "accept", "pick": "other", "find": code}
