"""The life of a version: drafted, tried in some courses, agreed to, published, one day retired."""

from lti_tool.frameworks.life.service import publish, retire, start_pilot

__all__ = ["publish", "retire", "start_pilot"]
