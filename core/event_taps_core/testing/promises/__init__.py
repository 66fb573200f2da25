"""What every tap promises, a module per kind of promise and a test per promise."""
