"""What keeps and orders the work; the only package with state."""
