"""Waymark: an LTI 1.3 tool that puts a competency framework to work inside an LMS."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from lti_tool.settings import Settings

__version__ = "0.1.0"


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The web application, wired. Without `settings` they are read from configs and the environment."""
    from lti_tool.wiring import build

    return build(settings)
