"""Ids named by kind, so that a course is never passed where a person belongs."""

from typing import NewType

InstitutionId = NewType("InstitutionId", int)
PlatformId = NewType("PlatformId", int)
DeploymentId = NewType("DeploymentId", int)
CourseId = NewType("CourseId", int)
PersonId = NewType("PersonId", int)
FrameworkId = NewType("FrameworkId", int)
VersionId = NewType("VersionId", int)
ItemId = NewType("ItemId", int)
AssessmentId = NewType("AssessmentId", int)
CriterionId = NewType("CriterionId", int)
