"""Singer tap for ExpoPlatform's export of meetings."""
