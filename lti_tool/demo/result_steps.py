"""The second half: marking, the gradebook, maps, the class. Each step returns its figure or raises WentWrong."""

import re
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.demo import content
from lti_tool.demo.course_steps import CourseSteps
from lti_tool.demo.visitor import Seen, WentWrong
from lti_tool.diagnostics.models import Estimate
from lti_tool.frameworks import queries as frameworks
from lti_tool.grading.models import Assessment, Criterion, Delivery, Evidence, Rating, Suggestion
from lti_tool.launch.models import Course, Person


class Steps(CourseSteps):
    """Every step of the demo."""

    def mark_project(self) -> str:
        """Every learner hands in; the instructor marks each by the rubric; the grades go to the gradebook."""
        names, marks = content.learner_ids(), content.simulated_marks()
        for name, person in names.items():
            visitor = self.visitors[person]
            page = visitor.launch(self.link("project"))
            text = f"Simulated work of {name} Example, who is fictional."
            done = visitor.send(page.form("/hand-in"), text=text)
            if "handed in" not in done.text:
                raise WentWrong(f"{name} Example could not hand in: {done.error or done.title}")
        teacher = self.visitors[content.INSTRUCTOR]
        listing = teacher.open(f"{self.servers.tool}/grading/assessments/{self.project_ref}/marking")
        people = self._project_people(listing)
        ratings = self.read(self._project_ratings)
        for name, row in marks.items():
            fields = {
                f"r-{criterion}": str(levels[score])
                for (criterion, levels), score in zip(ratings, row[-1], strict=True)
            }
            address = f"{self.servers.tool}/grading/assessments/{self.project_ref}/mark/{people[f'{name} Example']}"
            done = teacher.post(address, {**fields, "comment": "A simulated comment."})
            if done.status != 200 or done.error:
                raise WentWrong(f"{name} Example could not be marked: {done.error or done.title}")
        self.quiet()
        return f"{len(names)} handed in and marked by rubric"

    def _project_people(self, listing: Seen) -> dict[str, int]:
        links = [link for link in listing.links if re.search(r"/mark/\d+$", link)]
        ids = {int(link.rsplit("/", 1)[1]) for link in links}
        return self.read(
            lambda s: {name: who for who, name in s.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))}
        )

    def _project_ratings(self, session: Session) -> list[tuple[int, dict[int, int]]]:
        rows = session.execute(
            select(Criterion.id, Rating.points, Rating.id)
            .join(Assessment, Assessment.id == Criterion.assessment_id)
            .join(Rating, Rating.criterion_id == Criterion.id)
            .where(Assessment.source == "tool")
            .order_by(Criterion.position, Rating.points)
        )
        found: dict[int, dict[int, int]] = {}
        for criterion, points, rating in rows:
            found.setdefault(criterion, {})[int(points)] = rating
        return list(found.items())

    def gradebook(self) -> str:
        """What the LMS's gradebook says of the project, against the simulated marks."""
        state = self.servers.control("state")
        column = next(one for one in state["gradebook"] if one["label"] == content.course()["project"]["name"])
        ids, marks = content.learner_ids(), content.simulated_marks()
        wrong = [
            name
            for name, person in ids.items()
            if column["scores"].get(str(person), {}).get("score") != sum(marks[name][-1])
        ]
        if wrong:
            shown = column["scores"].get(str(ids[wrong[0]]))
            raise WentWrong(f"{len(wrong)} grades are wrong, the first {wrong[0]} Example’s: {shown}")
        sent = self.read(lambda s: s.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "sent")))
        if sent != len(ids):
            raise WentWrong(f"{sent} deliveries are sent instead of {len(ids)}.")
        return f"{len(ids)} of {len(ids)} scores in the gradebook, each once and right"

    def maps(self) -> str:
        """Every learner sees a map; nothing of the unreleased assignment is in any of them."""
        placed = self.read(lambda s: s.scalar(select(func.count()).select_from(Estimate).where(Estimate.pieces >= 3)))
        hidden = next(a for a in content.course()["assignments"] if a.get("unreleased"))
        leaks = 0
        for person in content.learner_ids().values():
            page = self.visitors[person].launch(self.link("map"))
            self.pages[person] = page
            if 'data-state="here"' not in page.text:
                raise WentWrong(f"A learner has no place on the map: {page.url} {page.title}")
            opened = [link for link in page.links if "open=" in link][:40]
            leaks += any(hidden["name"] in self.visitors[person].open(link).text for link in opened[::13])
        seen = self.read(self._hidden_evidence)
        if leaks or seen:
            raise WentWrong(f"Unreleased marks show: on {leaks} pages, {seen} counted as evidence.")
        cells = self.read(lambda s: s.scalar(select(func.count()).select_from(Estimate)))
        return (
            f"{len(content.learner_ids())} maps, {cells} cells with evidence, {placed} of them placed, none unreleased"
        )

    def _hidden_evidence(self, session: Session) -> int:
        hidden = next(a for a in content.course()["assignments"] if a.get("unreleased"))
        return (
            session.scalar(
                select(func.count())
                .select_from(Evidence)
                .join(Criterion, Criterion.id == Evidence.criterion_id)
                .join(Assessment, Assessment.id == Criterion.assessment_id)
                .where(Assessment.title == hidden["name"], Evidence.released_at.is_not(None))
            )
            or 0
        )

    def twins(self) -> str:
        """The same total in every assignment, opposite profiles: where one stands higher the other stands lower."""
        first, second = (content.learner_ids()[name] for name in content.course()["twins"])
        one, other = (self.read(partial(self._means, person=person)) for person in (first, second))
        both = [(one[item], other[item]) for item in one if item in other]
        higher = sum(1 for a, b in both if a - b > 0.5)
        lower = sum(1 for a, b in both if b - a > 0.5)
        if min(higher, lower) < 4:
            raise WentWrong(f"The twins' profiles are not opposite: {higher} higher, {lower} lower.")
        names = " and ".join(f"{name} Example" for name in content.course()["twins"])
        return f"{names}: equal totals; the first stands higher on {higher} competencies, the second on {lower}"

    def _means(self, session: Session, person: int) -> dict[int, float]:
        who = session.scalar(select(Person.id).where(Person.subject == str(person)))
        rows = session.execute(
            select(Estimate.item_id, Estimate.mean).where(Estimate.person_id == who, Estimate.pieces >= 2)
        )
        return {item: mean for item, mean in rows}  # noqa: C416 - rows are not pairs to the type checker

    def class_page(self) -> str:
        """The instructor's page of the class, a learner's page from it, and the resources that steps point to."""
        teacher = self.visitors[content.INSTRUCTOR]
        for code, title, url, minutes in content.course()["resources"]:
            page = teacher.open(f"{self.servers.tool}/diagnostics/resources")
            item = self.read(partial(self._item, code=code))
            teacher.send(
                page.form("/diagnostics/resources"), item=str(item), title=title, url=url, minutes=str(minutes)
            )
        page = teacher.launch(self.link("map"))
        page = teacher.send(page.form("/diagnostics/targets"), level=str(content.TARGET))
        learners = [link for link in page.links if re.search(r"/diagnostics/learners/\d+$", link)]
        if len(set(learners)) != len(content.learner_ids()) or "Never assessed" not in page.text:
            raise WentWrong(f"The class page shows {len(set(learners))} learners: {page.title}")
        drilled = teacher.open(learners[0])
        if drilled.status != 200:
            raise WentWrong(f"A learner's page does not open: {drilled.error or drilled.title}")
        return f"{len(set(learners))} learners against {self.read(self._competencies)} competencies"

    def _item(self, session: Session, code: str) -> int:
        course = session.scalars(select(Course)).first()
        assert course is not None
        version = course.framework_version_id or session.scalar(select(Suggestion.version_id).limit(1)) or 0
        return next(c.id for c in frameworks.competencies(session, version) if c.code == code)

    def _competencies(self, session: Session) -> int:
        version = session.scalar(select(Suggestion.version_id).limit(1)) or 0
        return len(frameworks.competencies(session, version))
