"""Grading: assessments and rubrics, alignments (the copilot), submissions, scores, evidence, passback."""
