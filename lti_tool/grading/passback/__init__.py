"""Grades on their way to the gradebook: the newest wins, and none is lost or doubled."""
