"""Role profiles, and what one framework gives to talent decisions: a hiring guide, a review rubric, a development plan,
a conversation guide."""
