"""Alignments: which competency a rubric criterion gives evidence for. The copilot suggests, a person decides."""
