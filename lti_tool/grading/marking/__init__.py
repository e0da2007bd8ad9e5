"""Work handed in to our own assessments, and marking it by rubric."""
