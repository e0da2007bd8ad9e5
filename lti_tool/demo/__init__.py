"""The main job, end to end, in a sandbox LMS: what `make demo` runs. Everyone in it is fictional, every mark simulated."""
