"""What a table cannot draw: the profile over time and the class as a whole, as Altair specifications, and the same as
pictures without a browser. Imported only where a chart is asked for: Altair is heavy, and the picture maker more so.

Altair builds and checks each drawing once, with no rows; the rows are put in for each answer.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from lti_tool.settings import ROOT

Spec = dict[str, Any]
BAR = 24
"""Pixels of a bar with the space around it."""
THEME = ROOT / "configs" / "chart_theme.json"
STEPS = {2: "15", 3: "024", 4: "0235", 5: "01245", 6: "012345", 7: "0123345", 8: "00223355"}
"""Which steps of the theme's ramp a framework uses, as in the page's tokens; the last for more levels."""


def over_time(points: Sequence[tuple[str, str, float, float, float]], levels: Sequence[str]) -> Spec:
    """Estimates after each day with evidence: (competency, ISO day, estimate, low, high), on the scale of levels."""
    names = ("Competency", "Day", "Estimate", "Low", "High")
    rows = [dict(zip(names, point, strict=True)) for point in points]
    return {**json.loads(_over_time(tuple(levels))), "data": {"values": rows}}


@lru_cache(maxsize=16)
def _over_time(levels: tuple[str, ...]) -> str:
    scale = alt.Scale(domain=[0.5, len(levels) + 0.5])
    names = "[" + ",".join(json.dumps(f"{n} {name}") for n, name in enumerate(levels, 1)) + "]"
    axis = alt.Axis(
        values=list(range(1, len(levels) + 1)), title=None, labelExpr=f"{names}[datum.value - 1]", labelLimit=150
    )
    day = alt.X("Day:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=3, labelOverlap=True))
    base = alt.Chart().encode(x=day)
    band = base.mark_area(opacity=0.18, interpolate="step-after").encode(
        y=alt.Y("Low:Q", scale=scale, axis=axis), y2="High:Q"
    )
    line = base.mark_line(point=alt.OverlayMarkDef(size=45, filled=True), interpolate="step-after").encode(
        y=alt.Y("Estimate:Q", scale=scale, axis=axis),
        tooltip=["Competency:N", "Day:T", alt.Tooltip("Estimate:Q", format=".1f")],
    )
    facets = alt.Facet("Competency:N", title=None, header=alt.Header(labelLimit=290, labelAnchor="start"), sort=None)
    chart = alt.layer(band, line, data=alt.InlineData([])).properties(width=300, height=24 + 26 * len(levels))
    return _plain(chart.facet(facet=facets, columns=3))


def distribution(counts: Sequence[tuple[str, str, int, int]], levels: int) -> Spec:
    """How many learners stand on each level of each competency: (competency, level in words, level, learners)."""
    names = ("Competency", "Where", "Level", "Learners")
    rows = [dict(zip(names, count, strict=True)) for count in counts]
    tall = BAR * max(1, len({count[0] for count in counts}))
    return {**json.loads(_distribution(levels)), "height": tall, "data": {"values": rows}}


@lru_cache(maxsize=16)
def _distribution(levels: int) -> str:
    order = list(range(1, levels + 1))
    return _plain(
        alt.Chart(alt.InlineData([]))
        .mark_bar()
        .encode(
            y=alt.Y("Competency:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            x=alt.X("Learners:Q", title="Placed learners", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "Level:O", title="Level", sort=order, scale=alt.Scale(domain=order), legend=alt.Legend(orient="top")
            ),
            order=alt.Order("Level:O"),
            tooltip=["Competency:N", "Where:N", "Learners:Q"],
        )
        .properties(width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    )


def _plain(chart: Any) -> str:
    spec: Spec = json.loads(chart.to_json(validate=True))
    for part in ("config", "datasets", "data"):
        spec.pop(part, None)
    return json.dumps(spec)


def picture(spec: Spec, form: str, levels: int) -> bytes:
    """The same drawing as a PNG or SVG file, in the theme for paper. `form` is `png` or `svg`."""
    import vl_convert

    theme = json.loads(THEME.read_text(encoding="utf-8"))
    ramp = theme["range"]["ordinal"]
    theme["range"]["ordinal"] = [ramp[int(step)] for step in STEPS[min(max(levels, 2), 8)]]
    themed = {**spec, "config": theme}
    if spec.get("width") == "container":
        themed["width"] = 640
    if form == "svg":
        return str(vl_convert.vegalite_to_svg(themed)).encode()
    return bytes(vl_convert.vegalite_to_png(themed, scale=2))
