"""Evidence: one observation of one learner on one competency, from one scored criterion and one present alignment."""
