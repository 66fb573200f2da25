"""Singer tap for Airmeet."""
