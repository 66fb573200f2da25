"""Singer tap for Accelevents."""
