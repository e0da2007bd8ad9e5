"""What every page has: its title, its tabs, the levels' colours, the attribution of what it shows."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask, url_for

from lti_tool.web.said import said
from lti_tool.web.viewer import May, Viewer, present_viewer, sample_data


@dataclass(frozen=True)
class Tab:
    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """The base of every template's page object; rooms add their own fields."""

    title: str
    tab: str = ""
    """The endpoint of the tab this page belongs to."""
    levels: int = 4
    """How many levels the framework has: the colours of cells follow it."""
    foot: str = ""
    """Attribution of the framework shown."""
    foot_url: str = ""
    tabs: tuple[Tab, ...] = field(default_factory=lambda: tabs_of(present_viewer()))


TABS: tuple[tuple[May, str, str], ...] = (
    (May.SEE_OWN_MAP, "Where I stand", "diagnostics.own_map"),
    (May.SEE_OWN_MAP, "My work", "grading.own_work"),
    (May.SEE_COURSE, "Class", "diagnostics.cohort"),
    (May.MANAGE_COURSE, "Criteria mapping", "grading.review"),
    (May.SEE_COURSE, "Assessments", "grading.assessments"),
    (May.ADMINISTER, "Frameworks", "frameworks.index"),
    (May.ADMINISTER, "Connections", "admin.connections"),
)


def tabs_of(viewer: Viewer | None) -> tuple[Tab, ...]:
    """The tabs this viewer may open, in a fixed order. Where a room has one tab, all its pages belong to it."""
    from flask import current_app, request

    if viewer is None:
        return ()
    own = [endpoint for _, _, endpoint in TABS if endpoint.split(".")[0] == request.blueprint]
    here = own[0] if len(own) == 1 else request.endpoint
    return tuple(
        Tab(label, url_for(endpoint), here == endpoint)
        for may, label, endpoint in TABS
        if viewer.may(may) and endpoint in current_app.view_functions
    )


def safe_url(url: str) -> str:
    """A link from outside, if it is http or https; else nothing. Frameworks and resources come from anywhere."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


def install(app: Flask) -> None:
    app.jinja_env.filters["safe_url"] = safe_url

    @app.context_processor
    def everywhere() -> dict[str, object]:
        return {"viewer": present_viewer(), "sample": sample_data(), "said": said()}
