"""Sources opened as display sets: what is in them, read, sorted and split."""
