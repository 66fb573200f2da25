"""Singer tap for Conferences i/o."""
