"""What a table cannot draw: the profile over time and the class as a whole, as Altair specifications, and the same as
pictures without a browser. Imported only where a chart is asked for: pandas and Altair are heavy."""

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from lti_tool.settings import ROOT

Spec = dict[str, Any]
THEME = ROOT / "configs" / "chart_theme.json"


def over_time(points: Sequence[tuple[str, str, float, float, float]], levels: Sequence[str]) -> Spec:
    """Estimates after each day with evidence: (competency, ISO day, estimate, low, high), on the scale of levels."""
    frame = pd.DataFrame(points, columns=["Competency", "Day", "Estimate", "Low", "High"])
    scale = alt.Scale(domain=[0.5, len(levels) + 0.5])
    names = "[" + ",".join(json.dumps(f"{n} {name}") for n, name in enumerate(levels, 1)) + "]"
    axis = alt.Axis(
        values=list(range(1, len(levels) + 1)), title=None, labelExpr=f"{names}[datum.value - 1]", labelLimit=140
    )
    day = alt.X("Day:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=4))
    base = alt.Chart(frame).encode(x=day)
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("Low:Q", scale=scale, axis=axis), y2="High:Q")
    line = base.mark_line(point=alt.OverlayMarkDef(size=45, filled=True), interpolate="step-after").encode(
        y=alt.Y("Estimate:Q", scale=scale, axis=axis),
        tooltip=["Competency", "Day:T", alt.Tooltip("Estimate:Q", format=".1f")],
    )
    chart = alt.layer(band, line).properties(width=230, height=110)
    faceted = chart.facet(
        facet=alt.Facet("Competency:N", title=None, header=alt.Header(labelLimit=230), sort=None), columns=3
    )
    return _plain(faceted)


def distribution(counts: Sequence[tuple[str, str, int, int]], levels: int) -> Spec:
    """How many learners stand on each level of each competency: (competency, level in words, level, learners)."""
    frame = pd.DataFrame(counts, columns=["Competency", "Where", "Level", "Learners"])
    return _plain(
        alt.Chart(frame)
        .mark_bar()
        .encode(
            y=alt.Y("Competency:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            x=alt.X("Learners:Q", title="Placed learners", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "Level:O",
                title="Level",
                sort=list(range(1, levels + 1)),
                scale=alt.Scale(domain=list(range(1, levels + 1))),
            ),
            order=alt.Order("Level:O"),
            tooltip=["Competency", "Where", "Learners"],
        )
        .properties(width="container", height=alt.Step(24))
    )


def _plain(chart: Any) -> Spec:
    spec: Spec = json.loads(chart.to_json(validate=True))
    spec.pop("config", None)
    return spec


def picture(spec: Spec, form: str) -> bytes:
    """The same drawing as a PNG or SVG file, in the theme for paper. `form` is `png` or `svg`."""
    import vl_convert

    themed = {**spec, "config": json.loads(THEME.read_text(encoding="utf-8"))}
    if spec.get("width") == "container":
        themed["width"] = 640
    if form == "svg":
        return str(vl_convert.vegalite_to_svg(themed)).encode()
    return bytes(vl_convert.vegalite_to_png(themed, scale=2))
