"""The room's pages: one blueprint, its routes by subject."""

from flask import Flask

from lti_tool.grading import own_data
from lti_tool.grading.alignments import views as alignments
from lti_tool.grading.assessments import views as assessments
from lti_tool.grading.assessments import views_framework
from lti_tool.grading.door import bp
from lti_tool.grading.intake import views as intake
from lti_tool.grading.marking import views as marking
from lti_tool.grading.marking import views_work
from lti_tool.grading.moving import views as moving
from lti_tool.grading.passback import views as passback

FILES = (alignments, assessments, intake, marking, moving, passback, views_work, views_framework)
"""Importing them hangs their routes on the blueprint."""


def install(app: Flask) -> None:
    app.register_blueprint(bp)
    assessments.install_links()
    own_data.install()
