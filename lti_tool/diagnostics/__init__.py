"""What all the evidence says: mastery, heat maps, next steps, cohorts and reports."""
