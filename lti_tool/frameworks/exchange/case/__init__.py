"""CASE 1.0 and 1.1 packages (1EdTech Competencies and Academic Standards Exchange): read with their dirt, write 1.1.

What the standard has no place for (kinds, levels, descriptors, our own keys) travels under `extensions.waymark`,
descriptors also as a CFRubric, so that a package read back is the framework that was written.
"""

from lti_tool.frameworks.exchange.case.read import is_case, read
from lti_tool.frameworks.exchange.case.write import package, write

__all__ = ["is_case", "package", "read", "write"]
