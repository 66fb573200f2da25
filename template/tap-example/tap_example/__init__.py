"""Singer tap for Example."""
