"""Everything this room does outside a request: importing a module registers its handlers with the outbox."""

from lti_tool.frameworks.generate import jobs as generate

__all__ = ["generate"]
