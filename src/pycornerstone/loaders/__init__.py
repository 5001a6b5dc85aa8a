"""Steps 1 and 2 behind one scheme each, and the registry that finds them."""
