"""Singer tap for Meet & Engage."""
