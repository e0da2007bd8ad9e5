"""The cohort's beliefs as named rows of numbers, for a store that loads and writes a few at a time."""

from collections.abc import Iterable, Mapping
from typing import Any

from lti_tool.diagnostics.mastery.cohort import CohortState, Gaussian, ItemStep, Ratio, SharedDifficulty, Typical
from lti_tool.diagnostics.mastery.constants import DEFAULT, Constants
from lti_tool.diagnostics.mastery.observation import Observation

SPREAD, PRACTICE = "spread", "practice"
_SEPARATOR = ":"


def names_for(observation: Observation) -> list[str]:
    """The rows that this observation reads and changes; nothing else of the cohort is needed for it."""
    names = [SPREAD, PRACTICE, f"item:{observation.item}", f"scale:{observation.levels}"]
    names += [f"competency:{competency}" for competency in observation.competencies]
    return names if observation.rater is None else [*names, f"rater:{observation.rater}"]


def needed_for_levels(name: str) -> bool:
    """Is this row read when standings are worked out? Items and raters are not: what remains is small."""
    return not name.startswith(("item:", "rater:"))


def to_rows(cohort: CohortState, names: Iterable[str] | None = None) -> dict[str, list[Any]]:
    """{name: numbers} of the whole cohort, or of `names` only (those that exist)."""
    return dict(_rows(cohort)) if names is None else {n: row for n in names if (row := _row(cohort, n)) is not None}


def _rows(cohort: CohortState) -> Iterable[tuple[str, list[Any]]]:
    names = [SPREAD, PRACTICE]
    for kind, keys in (
        ("item", cohort.items),
        ("scale", cohort.scales),
        ("competency", cohort.competencies),
        ("rater", cohort.raters),
    ):
        names += [f"{kind}{_SEPARATOR}{key}" for key in keys]
    return ((name, row) for name in names if (row := _row(cohort, name)) is not None)


def _row(cohort: CohortState, name: str) -> list[Any] | None:
    kind, _, key = name.partition(_SEPARATOR)
    match kind:
        case "spread":
            general, arms = cohort.spread, cohort.competency_spread
            return [general.total, general.weight, arms.total, arms.weight]
        case "practice":
            p, g = cohort.practice, cohort.general_practice
            return [p.mean, p.variance, g.mean, g.variance]
        case "item" if key in cohort.items:
            return [[s.mean, s.variance, s.log_slope, s.slope_variance, *s.counted] for s in cohort.items[key]]
        case "scale" if int(key) in cohort.scales:
            return [[s.mean, s.variance] for s in cohort.scales[int(key)]]
        case "rater" if key in cohort.raters:
            return [cohort.raters[key].mean, cohort.raters[key].variance]
        case "competency" if key in cohort.competencies:
            shared = cohort.competencies[key]
            typical = [[levels, *([t.total, t.items] for t in steps)] for levels, steps in shared.scales.items()]
            return [shared.mean, shared.variance, *typical]
    return None


def from_rows(rows: Mapping[str, list[Any]], constants: Constants = DEFAULT) -> CohortState:
    """A cohort that knows these rows; everything else stands at its prior."""
    cohort = CohortState(constants)
    for name, row in rows.items():
        kind, _, key = name.partition(_SEPARATOR)
        match kind:
            case "spread":
                cohort.spread, cohort.competency_spread = Ratio(row[0], row[1]), Ratio(row[2], row[3])
            case "practice":
                cohort.practice, cohort.general_practice = Gaussian(row[0], row[1]), Gaussian(row[2], row[3])
            case "item":
                cohort.items[key] = [ItemStep(m, v, slope, sv, counted) for m, v, slope, sv, *counted in row]
            case "scale":
                cohort.scales[int(key)] = [Gaussian(*numbers) for numbers in row]
            case "rater":
                cohort.raters[key] = Gaussian(*row)
            case "competency":
                scales = {levels: [Typical(*numbers) for numbers in steps] for levels, *steps in row[2:]}
                cohort.competencies[key] = SharedDifficulty(row[0], row[1], scales)
    return cohort
