"""Assignment and Grade Services. Canvas and Moodle differ in nearly every answer, so each has its own file."""

from flask import Blueprint

from lti_tool.sandbox import ags_canvas, ags_moodle
from lti_tool.sandbox.places import Temper


def blueprint(temper: Temper) -> Blueprint:
    return ags_moodle.bp if temper == "moodle" else ags_canvas.bp
