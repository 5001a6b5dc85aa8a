"""Step 1: from an address to bytes."""
