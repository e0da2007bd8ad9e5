"""Reading assessments, rubrics and marks from an LMS or a file, and keeping what changed."""
