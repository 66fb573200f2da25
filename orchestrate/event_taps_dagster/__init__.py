"""Dagster definitions that load many accounts of the event taps, shard by shard."""
