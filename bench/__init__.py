"""Benchmarks: every budget beside its peer or floor, in one run: `make bench`."""
