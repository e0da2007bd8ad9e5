"""The editor's use cases: changes of a draft, one row each, with what takes them back."""
