"""Benchmarks: what the taps' core costs, against other engines and bare requests."""
