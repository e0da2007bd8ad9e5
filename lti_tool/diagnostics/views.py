"""The room's pages: one blueprint, its routes in three files."""

from flask import Flask

from lti_tool.diagnostics import views_cohort, views_course, views_learner

FILES = (views_learner, views_cohort, views_course)
"""Importing them hangs their routes on the blueprint."""


def install(app: Flask) -> None:
    app.register_blueprint(views_learner.bp)
