"""The main job end to end in a sandbox LMS, as `make demo` runs it. The people are fictional, the marks simulated."""
