"""Assessments and their rubrics: the course's own from the LMS, and those made in the tool."""
