"""What ./dev runs: the generator of everything that follows from the taps, and the demo."""
