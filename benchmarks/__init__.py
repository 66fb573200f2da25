"""Benchmarks: what the taps' core costs, against a stock singer-sdk stream and the floor."""
