"""Everything this room does outside a request: importing a module registers its handlers with the outbox."""

from lti_tool.grading.alignments import jobs as alignments
from lti_tool.grading.intake import jobs as intake
from lti_tool.grading.moving import jobs as moving
from lti_tool.grading.passback import jobs as passback

__all__ = ["alignments", "intake", "moving", "passback"]
