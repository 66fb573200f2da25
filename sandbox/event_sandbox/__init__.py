"""Event platforms' APIs on loopback, over one invented world whose truth is known."""
