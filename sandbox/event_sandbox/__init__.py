"""Event platforms' APIs on loopback, over one invented world whose truth is known."""

__version__ = "0.1.0"
