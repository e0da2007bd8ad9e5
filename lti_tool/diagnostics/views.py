"""The room's pages: one blueprint, its routes by subject."""

from flask import Flask

from lti_tool.diagnostics import (
    doors,
    own_data,
    views_charts,
    views_cohort,
    views_course,
    views_learner,
    views_own,
    views_readiness,
)

FILES = (views_learner, views_own, views_cohort, views_course, views_charts, views_readiness)
"""Importing them hangs their routes on the blueprint."""


def install(app: Flask) -> None:
    app.register_blueprint(doors.bp)
    own_data.install()
