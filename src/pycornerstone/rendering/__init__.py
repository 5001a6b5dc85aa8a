"""Arrays in, RGBA out: pure functions."""
